"""Several sets to train on as one, each with its share of the problems."""

import random
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace

from trl_rlvr.data.sameness import problem_digest
from trl_rlvr.data.stored import LazyProblems
from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem


def mixed(
    sets: Mapping[str, Sequence[CodeProblem]], weights: Mapping[str, float], generator: random.Random
) -> Sequence[CodeProblem]:
    """Draw problems of several sets in the proportion of their weights, as many as there are without repeating one.

    Args:
        sets: name to problems.
        weights: name to weight, above 0; they need not sum to 1.
        generator: draws the problems and their order.

    Raises:
        DataError: a set is so small that its share is less than one problem.
    """
    seen: set[bytes] = set()
    distinct: dict[str, array[int]] = {}
    for name, problems in sets.items():
        distinct[name] = array("Q")
        for row, problem in enumerate(problems):
            key = problem_digest(problem)
            if key not in seen:
                seen.add(key)
                distinct[name].append(row)
    share = {name: weight / sum(weights.values()) for name, weight in weights.items()}
    total = min(len(rows) / share[name] for name, rows in distinct.items())
    counts = {name: int(share[name] * total + 1e-9) for name in distinct}
    if min(counts.values()) < 1:
        raise DataError(f"data_mix gives {counts} problems; give the small sets less weight, or leave them out")
    names = list(sets)
    chosen = [
        number + len(names) * row
        for number, name in enumerate(names)
        for row in generator.sample(distinct[name], counts[name])
    ]
    generator.shuffle(chosen)

    def drawn(place: int) -> CodeProblem:
        row, number = divmod(place, len(names))
        problem = sets[names[number]][row]
        return replace(problem, task_id=f"{names[number]}:{problem.task_id}") if len(names) > 1 else problem

    lazy = LazyProblems(array("Q", chosen), drawn)
    return lazy if any(isinstance(problems, LazyProblems) for problems in sets.values()) else list(lazy)
