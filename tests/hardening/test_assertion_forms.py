"""What tests ask, read from their source, and new tests of the same form."""

import pytest

from trl_rlvr.hardening.assertion_forms import Form, known_calls
from trl_rlvr.problem import CodeProblem


def known(*tests, entry_point="f"):
    return known_calls(CodeProblem("1", "", tests=tests, entry_point=entry_point, entry_points=(entry_point,)))


def only(test):
    (call,) = known(test)
    return call


@pytest.mark.parametrize(
    ("test", "args", "answer", "form"),
    [
        ("assert f(1, [2]) == 3", (1, [2]), 3, Form.EQUAL),
        ("assert 3 == f(1, [2])", (1, [2]), 3, Form.EQUAL),
        ("assert f(1, key=-2) == (1, None), 'why'", (1, -2), (1, None), Form.EQUAL),
        ("assert f('a') is True", ("a",), True, Form.EQUAL),
        ("assert set(f([1])) == {1}", ([1],), {1}, Form.EQUAL),
        ("assert f(2)", (2,), True, Form.TRUTH),
        ("assert not f(2)", (2,), False, Form.TRUTH),
        ("assert math.isclose(f(2), 0.5, rel_tol=0.01)", (2,), 0.5, Form.CLOSE),
        ("assert isclose(0.5, f(2))", (2,), 0.5, Form.CLOSE),
        ("assert abs(f(2) - 0.5) < 0.001", (2,), 0.5, Form.CLOSE),
    ],
)
def test_arguments_and_answer_are_read(test, args, answer, form):
    call = only(test)

    assert (call.args, call.answer, call.frame.form) == (args, answer, form)


@pytest.mark.parametrize(
    "test",
    [
        "assert f(x) == 3",
        "assert f(1) == g(1)",
        "assert f(f(1)) == 1",
        "assert f(*[1]) == 1",
        "assert f(1) < 3",
        "assert f(1) == float('nan')",
        "assert max(f(i) for i in [1, 2]) == 2",
        "x = f(1)",
        "assert f(1) == 1e999",
    ],
)
def test_what_is_no_comparison_of_one_call_with_a_literal_is_passed_over(test):
    assert known(test) == []


def test_a_function_that_checks_its_parameter_asks_the_solution():
    test = "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate([]) == 0\n\ncheck(f)"

    calls = known(test)

    assert [(call.frame.function, call.args, call.answer) for call in calls] == [("f", (1,), 2), ("f", ([],), 0)]


def test_both_sides_of_an_and_are_read():
    assert [call.args for call in known("assert f(1) == 2 and f(2) == 3")] == [(1,), (2,)]


@pytest.mark.parametrize(
    ("test", "args", "answer", "expected"),
    [
        ("assert f(1, key=2) == 3", (4, 5), 9, "assert f(4, key=5) == 9"),
        ("assert sorted(f([1])) == [1]", ([2, 1],), [1, 2], "assert sorted(f([2, 1])) == [1, 2]"),
        ("assert f(2)", (3,), False, "assert not f(3)"),
        ("assert not f(2)", (3,), True, "assert f(3)"),
        ("assert isclose(f(2), 1, rel_tol=0.5)", (3,), 2, "assert math.isclose(f(3), 2, rel_tol=0.5)"),
        ("assert abs(f(2) - 1) < 0.5", (3,), 2, "assert math.isclose(f(3), 2, rel_tol=0.0, abs_tol=0.5)"),
        ("assert f(2) == 0.5", (3,), 0.25, "assert math.isclose(f(3), 0.25, rel_tol=1e-06, abs_tol=1e-09)"),
    ],
)
def test_a_new_test_keeps_the_form_of_the_old_one(test, args, answer, expected):
    frame = only(test).frame

    assert frame.test(frame.question(args), answer) == expected


def test_floats_inside_of_other_data_make_no_test():
    frame = only("assert f(2) == [0.5]").frame

    assert frame.test(frame.question((3,)), [0.1 + 0.2]) is None
