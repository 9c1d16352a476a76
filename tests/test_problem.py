import pickle

import pytest

from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem, IOTest


def problem(**fields):
    return CodeProblem(**{"task_id": "1", "prompt": "Add.", "tests": ("assert add(1, 2) == 3",), **fields})


def test_the_entry_point_and_its_company_are_settled_at_once():
    made = problem(tests=("assert add(Pair(1, 2)) == 3",))

    assert (made.entry_point, made.entry_points) == ("add", ("add", "Pair"))


def test_more_tests_than_the_sandbox_can_number_are_refused():
    with pytest.raises(DataError, match="has 65001 tests; give it 65000 at most"):
        problem(tests=(), io_tests=(IOTest("1", "2"),) * 65_001)


def test_setup_code_beside_io_tests_must_be_a_checker():
    checker = "def check_output(given, printed, expected):\n    return True"

    assert problem(tests=(), io_tests=(IOTest("1", "2"),), setup_code=checker).total == 1
    with pytest.raises(DataError, match=r"defines no check_output\(given, printed, expected\)"):
        problem(tests=(), io_tests=(IOTest("1", "2"),), setup_code="import math")


def test_a_given_entry_point_stays():
    assert problem(entry_point="plus").entry_point == "plus"


def test_names_of_the_setup_are_not_asked_of_the_candidate():
    made = problem(tests=("assert near(add(1, 2), 3)",), setup_code="def near(a, b): return a == b")

    assert made.entry_points == ("add",)


def test_a_problem_without_tests_is_refused():
    with pytest.raises(DataError, match="problem '1' has no tests"):
        problem(tests=())


def test_a_problem_with_tests_of_both_kinds_is_refused():
    with pytest.raises(DataError, match="has both tests and io_tests"):
        problem(io_tests=(IOTest("1", "2"),))


def test_tests_may_come_as_a_list():
    assert hash(problem(tests=["assert add(1, 2) == 3"]).suite_key) == hash(problem().suite_key)


def test_tests_in_one_string_are_refused():
    with pytest.raises(DataError, match="tests of problem '1' are one string"):
        problem(tests="assert add(1, 2) == 3")


def test_a_program_that_reads_input_has_no_entry_point():
    made = problem(tests=(), io_tests=(IOTest("1 2", "3"), IOTest("2 2", "4")))

    assert (made.entry_point, made.entry_points, made.total) == (None, (), 2)


def test_the_reference_does_not_decide_a_verdict():
    with_reference = problem(reference_solution="def add(a, b): return a + b")

    assert with_reference.suite_key == problem().suite_key


def test_the_setup_decides_a_verdict():
    assert problem(setup_code="x = 1").suite_key != problem().suite_key


def test_a_problem_pickles():
    made = problem()

    assert pickle.loads(pickle.dumps(made)) == made


def test_blank_code_is_no_reference():
    assert problem(reference_solution=" \n").reference_solution is None


def test_a_plain_constant_of_the_reference_stands_before_the_tests():
    asked = problem(
        tests=["assert abs(root(4) - 2) < EPS"], reference_solution="EPS = 1e-6\ndef root(x):\n    return x ** 0.5"
    )

    assert (asked.setup_code, asked.entry_points) == ("EPS = 1e-06", ("root",))
