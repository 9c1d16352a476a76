"""Make the bundled set `ambiguous`: problems that one turn can only guess, and that a feedback explains.

Run `python tools/make_ambiguous_set.py` (a few seconds; the same files each time); `--output DIRECTORY` writes
elsewhere. The schema is MBPP's. Every statement occurs twice, word for word: once for each of the operations that it
names. No kind of the test split, a filter with two operations, occurs in the training split.
"""

import random

from ambiguous_task import AmbiguousKind, AmbiguousTask, keeps_all, kinds, twins
from make_starter_set import answer, write_splits
from starter_operations import NAMES, OPENERS

SEED = 21
TRAIN_KINDS, TEST_KINDS = 47, 25
STATEMENTS_OF_A_KIND = 2
TESTS = 3
_DRAWS = 80
_LONGEST_ANSWER = 24  # characters
Example = tuple[str, str]


def draw_example(task: AmbiguousTask, rng: random.Random) -> Example | None:
    """One argument with its answer, at least two items joined; None where the draw does not make a good test."""
    value = task.draw(rng)
    expected = answer(task.expression(), task.kind.family.argument, value)
    if not isinstance(expected, str) or expected.count(task.sign) < 1 or len(expected) > _LONGEST_ANSWER:
        return None
    every = answer(task.expression({"filter": "forgotten"}), task.kind.family.argument, value)
    return (value, expected) if keeps_all(task) or every != expected else None


def choose_tests(task: AmbiguousTask, rng: random.Random) -> list[Example] | None:
    """The first catches the other operation by itself, all together catch every wrong solution; None: a bad draw."""
    argument = task.kind.family.argument
    other = AmbiguousTask(task.kind, task.constant, 1 - task.wanted, task.sign).expression()
    wrong = sorted(task.wrong_expressions())
    candidates: dict[str, tuple[Example, frozenset[str]]] = {}
    for _ in range(_DRAWS):
        example = draw_example(task, rng)
        if example is not None:
            caught = frozenset(code for code in wrong if answer(code, argument, example[0]) != example[1])
            candidates.setdefault(example[1], (example, caught))
    best = sorted(candidates.values(), key=lambda candidate: -len(candidate[1]))[:TESTS]
    if len(best) < TESTS or set().union(*(caught for _, caught in best)) != set(wrong) or other not in best[0][1]:
        return None
    return [example for example, _ in best]


def make_twins(kind: AmbiguousKind, rng: random.Random) -> list[dict[str, object]] | None:
    """Two problems of one statement without their numbers; None where a draw makes no good tests."""
    name, opener = rng.choice(NAMES), rng.choice(OPENERS)
    rows: list[dict[str, object]] = []
    for task in twins(kind, rng):
        chosen = choose_tests(task, rng)
        if chosen is None:
            return None
        rows.append(
            {
                "text": task.statement(opener, name),
                "code": task.solution(name),
                "test_list": [f"assert {name}({value!r}) == {expected!r}" for value, expected in chosen],
                "test_setup_code": "",
                "challenge_test_list": [],
                "kind": kind.name,
            }
        )
    return rows


def _problems_of_a_kind(kind: AmbiguousKind, rng: random.Random) -> list[dict[str, object]] | None:
    found: dict[str, list[dict[str, object]]] = {}
    for _ in range(8 * STATEMENTS_OF_A_KIND):
        rows = make_twins(kind, rng)
        if rows is not None:
            found.setdefault(str(rows[0]["text"]), rows)
        if len(found) == STATEMENTS_OF_A_KIND:
            return [row for both in found.values() for row in both]
    return None


def ambiguous_set() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The problems of the training split and those of the test split."""
    rng = random.Random(SEED)
    shuffled = list(kinds())
    rng.shuffle(shuffled)
    found = [problems for kind in shuffled if (problems := _problems_of_a_kind(kind, rng)) is not None]
    assert len(found) >= TRAIN_KINDS + TEST_KINDS, len(found)
    splits = (
        [problem for problems in found[:TRAIN_KINDS] for problem in problems],
        [problem for problems in found[TRAIN_KINDS : TRAIN_KINDS + TEST_KINDS] for problem in problems],
    )
    for split in splits:
        rng.shuffle(split)
    for number, problem in enumerate(splits[0] + splits[1], start=1):
        problem["task_id"] = number
    return splits


if __name__ == "__main__":
    write_splits(__doc__, "ambiguous", ambiguous_set)
