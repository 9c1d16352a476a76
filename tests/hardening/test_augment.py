"""New tests from references: sound, new, bounded, and none where the answers cannot be trusted."""

import ast
from dataclasses import replace

import pytest

from trl_rlvr.errors import ConfigError
from trl_rlvr.hardening import augment_problems
from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox import Program
from trl_rlvr.verdict import Verdict

LARGEST = CodeProblem(
    "largest",
    "Return the largest number of a list.",
    tests=("assert largest([3, 1, 2]) == 3", "assert largest([4, 9]) == 9"),
    reference_solution="def largest(xs):\n    return max(xs)",
)


def problem(reference, *tests, **fields):
    return CodeProblem("p", "", tests=tests, reference_solution=reference, **fields)


def augmented(problem, sandbox, **options):
    (found,) = augment_problems([problem], sandbox, **options)
    return found


@pytest.fixture(scope="module")
def largest(sandbox):
    return augmented(LARGEST, sandbox, tests=5)


def test_new_tests_say_what_the_reference_answers(largest):
    for test in largest.tests:
        compare = ast.parse(test).body[0].test
        (argument,) = compare.left.args
        assert ast.literal_eval(compare.comparators[0]) == max(ast.literal_eval(argument))


def test_new_tests_are_as_many_as_were_wanted_and_distinct(largest):
    assert len({*LARGEST.tests, *largest.tests, *largest.probes}) == 2 + 5 + len(largest.probes)


def test_the_first_tests_expect_different_answers(sandbox):
    found = augmented(problem("def f(x):\n    return x > 3", "assert f(3) is False", "assert f(8) is True"), sandbox)

    assert {test.rpartition(" ")[2] for test in found.tests[:2]} == {"True", "False"}


def test_the_same_seed_gives_the_same_tests_whatever_stands_beside(largest, sandbox):
    other = replace(LARGEST, task_id="other")

    _, again = augment_problems([other, LARGEST], sandbox, tests=5)

    assert again.tests == largest.tests


def test_a_solution_for_the_known_inputs_alone_fails_the_new_tests(largest, sandbox):
    code = "def largest(xs):\n    return {3: 3, 2: 9}[len(xs)]"

    known, new = sandbox.run([Program(code, LARGEST), Program(code, replace(LARGEST, tests=largest.tests))])

    assert (known.verdict is Verdict.PASSED, new.verdict is Verdict.PASSED) == (True, False)


def test_another_right_solution_passes_the_new_tests(largest, sandbox):
    code = (
        "def largest(xs):\n    best = xs[0]\n    for x in xs:\n        best = x if x > best else best\n    return best"
    )

    (result,) = sandbox.run([Program(code, replace(LARGEST, tests=(*largest.tests, *largest.probes)))])

    assert result.verdict is Verdict.PASSED


def test_floats_are_compared_within_a_tolerance(sandbox):
    found = augmented(problem("def f(x):\n    return x / 7", "assert f(7) == 1.0", "assert f(14) == 2.0"), sandbox)

    assert found.tests
    assert all(test.startswith("assert math.isclose(f(") for test in found.tests)


def test_an_answer_of_a_kind_that_no_known_test_expects_makes_no_test(sandbox):
    reference = "def f(x):\n    return x if x < 6 else None"

    found = augmented(problem(reference, "assert f(4) == 4", "assert f(5) == 5"), sandbox)

    assert found.tests
    assert not any("None" in test for test in found.tests)


def test_humaneval_s_form_gives_tests_of_the_entry_point(sandbox):
    test = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(7) == 14\n\ncheck(double)"

    found = augmented(problem("def double(x):\n    return 2 * x", test, entry_point="double"), sandbox)

    assert "assert double(3) == 6" in (*found.tests, *found.probes)


def test_the_reference_s_cost_is_kept(largest):
    assert 0 < largest.problem.reference_cpu_s < 1


COUNTER = "calls = 0\ndef f(x):\n    global calls\n    calls += 1\n    return x + calls"

NOTHING = {
    "it has no reference": replace(LARGEST, reference_solution=None),
    "its reference does not parse": replace(LARGEST, reference_solution="def"),
    "it reads standard input": CodeProblem("io", "", io_tests=(IOTest("1", "1"),), reference_solution="print(1)"),
    "its reference fails: wrong_answer": replace(LARGEST, reference_solution="def largest(xs):\n    return 0"),
    "its reference uses random, whose": problem("import random\ndef f(x):\n    return x", "assert f(1) == 1"),
    "its reference uses today, whose": problem("def f(x):\n    return x.today()", "assert f(1) == 1"),
    "no test calls the solution": problem("def f(x):\n    return x", "y = 1\nassert f(y) == 1"),
    "its reference gives no stable answers": problem(
        "def f(x):\n    return x if x == 1 else object()", "assert f(1) == 1"
    ),
    "its reference gives no stable": problem(COUNTER, "assert f(1) == 2", "assert f(1) == 3"),
}


@pytest.mark.parametrize("reason", NOTHING)
def test_where_no_sound_test_can_be_made_the_reason_is_said(reason, sandbox):
    found = augmented(NOTHING[reason], sandbox)

    assert found.tests == ()
    assert found.reason.startswith(reason)


def test_less_than_one_test_is_refused(sandbox):
    with pytest.raises(ConfigError, match="tests is 0; give the number of new tests a problem, 1 or more"):
        augment_problems([LARGEST], sandbox, tests=0)
