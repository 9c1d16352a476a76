"""Make the bundled starter set: small programming problems in MBPP's schema, split by kind of problem.

Run `python tools/make_starter_set.py` (a few seconds; the same files each time); `--output DIRECTORY` writes elsewhere.
A kind is a combination of operations; no kind of the test split occurs in the training split, each operation does.
"""

import argparse
import json
import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from starter_operations import EVERYTHING, NAMES, OPENERS, Combination, combinations, draw_task
from starter_task import Task

SEED = 20
TRAIN_KINDS, TEST_KINDS = 120, 50
ROWS_OF_A_KIND = 2
TESTS = 3
_DRAWS = 60
_LONGEST_ANSWER = 36  # characters; longer ones make a statement hard to read
_BUILTINS = {f.__name__: f for f in (abs, int, len, map, max, min, ord, range, set, sorted, str, sum)}


@cache
def _function(expression: str, argument: str) -> Callable[[object], object]:
    return eval(f"lambda {argument}: {expression}", {"__builtins__": _BUILTINS})


def answer(expression: str, argument: str, value: object) -> object:
    """What an expression of the operations gives for this argument, or the class of the exception that it raises."""
    try:
        return _function(expression, argument)(value)
    except Exception as error:
        return type(error)


def _usable(task: Task, value: object, expected: object) -> bool:
    """Whether a test on this value reads well and says something: some items pass the filter, not all, and not few."""
    if isinstance(expected, type) or len(repr(expected)) > _LONGEST_ANSWER:
        return False
    source = task.family.source.right.format(x=task.family.argument)
    condition = task.filter.right.format(x="", k=task.constants["filter"])
    kept = answer(f"[v for v in {source} if {condition or True}]", task.family.argument, value)
    every = answer(f"[v for v in {source}]", task.family.argument, value)
    assert isinstance(kept, list)
    assert isinstance(every, list)
    return len(kept) >= 2 and (task.filter is EVERYTHING or len(kept) < len(every))


def draw_example(task: Task, rng: random.Random) -> tuple[object, object] | None:
    """One argument with its answer, or None where the draw does not make a good test."""
    value = task.family.draw(rng)
    expected = answer(task.expression(), task.family.argument, value)
    return (value, expected) if _usable(task, value, expected) else None


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def choose_tests(task: Task, rng: random.Random) -> list[tuple[object, object]] | None:
    """The arguments that catch the most wrong solutions, with their answers; None where one escapes them all."""
    argument = task.family.argument
    wrong = sorted(task.wrong_expressions())
    candidates: dict[str, tuple[object, object, frozenset[str]]] = {}
    for _ in range(_DRAWS):
        example = draw_example(task, rng)
        if example is not None:
            value, expected = example
            caught = frozenset(code for code in wrong if not _same(answer(code, argument, value), expected))
            candidates.setdefault(repr(expected), (value, expected, caught))
    best = sorted(candidates.values(), key=lambda candidate: -len(candidate[2]))[:TESTS]
    if len(best) < TESTS or set().union(*(caught for *_, caught in best)) != set(wrong):
        return None
    return [(value, expected) for value, expected, _ in best]


def make_problem(task: Task, rng: random.Random) -> dict[str, object] | None:
    """One problem without its number; None where no tests tell the right solution from the wrong ones."""
    chosen = choose_tests(task, rng)
    if chosen is None:
        return None
    name = rng.choice(NAMES)
    return {
        "text": task.statement(rng.choice(OPENERS)),
        "code": task.solution(name),
        "test_list": [f"assert {name}({value!r}) == {expected!r}" for value, expected in chosen],
        "test_setup_code": "",
        "challenge_test_list": [],
        "kind": task.kind,
    }


def _problems_of_a_kind(combination: Combination, rng: random.Random) -> list[dict[str, object]] | None:
    rows: dict[str, dict[str, object]] = {}
    for _ in range(4 * ROWS_OF_A_KIND):
        problem = make_problem(draw_task(rng, combination), rng)
        if problem is not None:
            rows.setdefault(str(problem["text"]), problem)
        if len(rows) == ROWS_OF_A_KIND:
            return list(rows.values())
    return None


def starter_set() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The problems of the training split and those of the test split."""
    rng = random.Random(SEED)
    shuffled = list(combinations())
    rng.shuffle(shuffled)
    splits: tuple[list[dict[str, object]], list[dict[str, object]]] = ([], [])
    seen: set[tuple[str, str]] = set()
    kinds = 0
    for combination in shuffled:
        parts = {(combination[0].name, operation.name) for operation in combination[1:]}
        problems = None
        if kinds < TRAIN_KINDS or parts <= seen:
            problems = _problems_of_a_kind(combination, rng)
        if problems is None:
            continue
        if kinds < TRAIN_KINDS:
            seen |= parts
        splits[kinds >= TRAIN_KINDS].extend(problems)
        kinds += 1
        if kinds == TRAIN_KINDS + TEST_KINDS:
            break
    for split in splits:
        rng.shuffle(split)
    for number, problem in enumerate(splits[0] + splits[1], start=1):
        problem["task_id"] = number
    return splits


def write_splits(description: str | None, name: str, splits: Callable[[], Sequence[list[dict[str, object]]]]) -> None:
    """Write the training split and the test split of a bundled set, to its folder or to `--output`.

    Args:
        description: of the command.
        name: of the set.
        splits: makes the problems of both.
    """
    parser = argparse.ArgumentParser(description=description)
    bundled = Path(__file__).resolve().parent.parent / "trl_rlvr" / "data" / name
    parser.add_argument("--output", type=Path, default=bundled, help="where train.jsonl and test.jsonl go")
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    for split, problems in zip(("train", "test"), splits(), strict=True):
        lines = (json.dumps({"task_id": problem["task_id"], **problem}) + "\n" for problem in problems)
        (output / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")
        print(f"{len(problems)} problems in {output / split}.jsonl")


if __name__ == "__main__":
    write_splits(__doc__, "starter", starter_set)
