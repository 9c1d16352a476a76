"""Hardened problems as files: what is written can be loaded again."""

import json
from dataclasses import replace

import pytest

from trl_rlvr.data import load_problems
from trl_rlvr.errors import DataError
from trl_rlvr.hardening import Augmentation, Strength, hardened_row, read_augmented, with_augmented
from trl_rlvr.problem import CodeProblem, IOTest

DOUBLE = CodeProblem(
    "12",
    "Double a number.",
    tests=("assert double(2) == 4",),
    setup_code="one = 1",
    reference_solution="def double(x):\n    return 2 * x",
)
NEW = ("assert double(3) == 6", "assert double(0) == 0")
STDIN = CodeProblem("io", "Echo.", io_tests=(IOTest("1\n", "1\n"),), reference_solution="print(input())")


def written(tmp_path, *rows):
    path = tmp_path / "hardened.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


OTHERS = [
    replace(DOUBLE, task_id="a/b", reference_solution=None),
    replace(DOUBLE, prelude="import math", visible_limit=0),
    replace(STDIN, io_numbers="value"),
]


@pytest.mark.parametrize("problem", [DOUBLE, STDIN, *OTHERS])
def test_a_problem_survives_the_file(problem, tmp_path):
    path = written(tmp_path, hardened_row(Augmentation(problem), None))

    assert load_problems(path) == [problem]


def test_new_tests_stand_in_a_field_of_their_own(tmp_path):
    path = written(tmp_path, hardened_row(Augmentation(DOUBLE, tests=NEW), None))

    assert load_problems(path)[0].tests == DOUBLE.tests
    assert read_augmented(path) == {"12": NEW}


def test_new_tests_count_where_that_was_asked_for(tmp_path):
    path = written(tmp_path, hardened_row(Augmentation(DOUBLE, tests=NEW), None, append=True))

    (problem,) = load_problems(path)
    assert (problem.tests, problem.augmented) == (DOUBLE.tests + NEW, 2)


@pytest.mark.parametrize("append", [False, True])
def test_the_new_tests_come_last_whichever_way_they_were_written(append, tmp_path):
    path = written(tmp_path, hardened_row(Augmentation(DOUBLE, tests=NEW), None, append=append))

    (problem,) = load_problems(path)

    assert with_augmented(problem, read_augmented(path)["12"]).tests == DOUBLE.tests + NEW


def test_strengths_are_written_where_they_exist():
    row = hardened_row(Augmentation(DOUBLE, tests=NEW), Strength(4, 1, 2, 3))

    assert (row["strength_before"], row["strength_after"]) == (0.3333, 0.6667)
    assert "strength_before" not in hardened_row(Augmentation(DOUBLE), None)


def test_names_that_are_no_files_have_no_new_tests():
    assert read_augmented("starter") == {}


def test_a_broken_field_names_its_place(tmp_path):
    path = written(tmp_path, {**hardened_row(Augmentation(DOUBLE), None), "augmented_tests": ["assert ("]})

    with pytest.raises(DataError, match=r"line 1, field 'augmented_tests\[0\]': does not parse"):
        read_augmented(path)
