"""Several sets to train on as one, each with its share of the problems."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from trl_rlvr.data.sameness import problem_key
from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem


def mixed(
    sets: Mapping[str, Sequence[CodeProblem]], weights: Mapping[str, float], generator: random.Random
) -> list[CodeProblem]:
    """Draw problems of several sets in the proportion of their weights, as many as there are without repeating one.

    Args:
        sets: name to problems.
        weights: name to weight, above 0; they need not sum to 1.
        generator: draws the problems and their order.

    Raises:
        DataError: a set is so small that its share is less than one problem.
    """
    seen: set[tuple[str, str]] = set()
    distinct: dict[str, list[CodeProblem]] = {}
    for name, problems in sets.items():
        distinct[name] = []
        for problem in problems:
            key = problem_key(problem)
            if key not in seen:
                seen.add(key)
                distinct[name].append(problem)
    share = {name: weight / sum(weights.values()) for name, weight in weights.items()}
    total = min(len(problems) / share[name] for name, problems in distinct.items())
    counts = {name: int(share[name] * total + 1e-9) for name in distinct}
    if min(counts.values()) < 1:
        raise DataError(f"data_mix gives {counts} problems; give the small sets less weight, or leave them out")
    several = len(sets) > 1
    chosen = [
        replace(problem, task_id=f"{name}:{problem.task_id}") if several else problem
        for name, problems in distinct.items()
        for problem in generator.sample(problems, counts[name])
    ]
    generator.shuffle(chosen)
    return chosen
