"""Hardened problems as rows of MBPP's schema, and back.

The new tests stand in a field of their own, `augmented_tests`, which no loader reads as tests: where they shall decide
verdicts, they go into `test_list`, behind the others, and there they stay hidden as long as the prompt shows fewer.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.files import FILE_SUFFIXES, file_rows
from trl_rlvr.data.rows import problem_row
from trl_rlvr.hardening.augment import Augmentation
from trl_rlvr.hardening.strength import Strength
from trl_rlvr.problem import CodeProblem

AUGMENTED = "augmented_tests"


def hardened_row(augmentation: Augmentation, strength: Strength | None, *, append: bool = False) -> dict[str, Any]:
    """Write one problem as a row of MBPP's schema, or of our own where that says less than the problem is.

    Args:
        augmentation: the problem and its new tests.
        strength: of its tests; None: not measured.
        append: put the new tests into `test_list` as well.
    """
    problem, new = augmentation.problem, augmentation.tests
    tests = [*problem.tests, *(new if append else ())]
    if problem.io_tests or problem.prelude or problem.messages or problem.visible_limit is not None:
        row = problem_row(problem) | ({} if problem.io_tests else {"tests": tests})
    else:
        row = {
            "task_id": int(problem.task_id) if problem.task_id.isdecimal() else problem.task_id,
            "text": problem.prompt,
            "code": problem.reference_solution,
            "entry_point": problem.entry_point,
            "test_list": tests,
            "test_setup_code": problem.setup_code,
            "challenge_test_list": [],
        }
    row[AUGMENTED] = list(new)
    if strength is not None and strength.mistaken:
        row |= {"strength_before": round(strength.before, 4), "strength_after": round(strength.after, 4)}
    return row


def read_augmented(name: str) -> dict[str, tuple[str, ...]]:
    """Read the new tests of each problem of a hardened file, by task id.

    What is no local file has none, nor has a row without the field.

    Raises:
        DataError: the file cannot be read, or the field of a row holds no Python source.
    """
    path = Path(name).expanduser()
    if path.is_dir() or not name.endswith(FILE_SUFFIXES):
        return {}
    rows = [Fields(row, where) for where, row in file_rows(path)]
    return {fields.task_id(): fields.codes(AUGMENTED) for fields in rows if fields.has(AUGMENTED)}


def with_augmented(problem: CodeProblem, augmented: Sequence[str]) -> CodeProblem:
    """Put a problem's new tests behind its own, also where they stand among them already."""
    own = [test for test in problem.tests if test not in set(augmented)]
    return replace(problem, tests=(*own, *augmented)) if augmented else problem
