import ast

import pytest

from trl_rlvr.sandbox.settling import FETCH_DATA, HOLD, RELEASE, RESET, with_settling


def run(source, fetched=None):
    """Run a test whose `f` empties its argument, the change held back while the test holds."""
    pending, held = [], []

    def empty_it(values):
        pending.append(values)
        if not held:
            settle()
        return []

    def settle():
        while pending:
            pending.pop().clear()

    def release():
        held.pop()
        if not held:
            settle()

    namespace = {
        HOLD: lambda: held.append(1),
        RELEASE: release,
        RESET: lambda: (held.clear(), settle()),
        FETCH_DATA: lambda name: fetched[name].pop(),
        "f": empty_it,
    }
    exec(compile(with_settling(ast.parse(source), frozenset(fetched or ())), "<test>", "exec"), namespace)


@pytest.mark.parametrize(
    "test",
    [
        "x = [1, 2]\nassert f(x) == x",
        "x = [2, 1]\nassert sorted(x) == f(x)",
        "def check(candidate):\n    x = [1]\n    assert candidate(x) == sorted(x)\ncheck(f)",
        "x = [1, 2]\nassert len(f(x)) >= max(x)",
        "assert all(f(x) == sorted(x) for x in [[3, 1]])",
        "assert f(x := [3]) == x",
        "g = f\nx = [1]\nassert g(x) == x",
        "x = ([1], 2)\nassert f(x[0]) == x[0]",
        "def run(v):\n    return f(v)\nx = [1]\nassert run(x) == x",
        "x = [1]\nok = f(x) == x\nassert ok",
        "x = [1]\nif f(x) != sorted(x):\n    assert False",
        "x = [1]\nassert len(x) - len(f(x)) == 0",
    ],
)
def test_expected_side_sees_no_change_of_its_own_statement(test):
    with pytest.raises(AssertionError):
        run(test)


@pytest.mark.parametrize(
    "test",
    [
        "x = [1]\nf(x)\nassert x == []",
        "x = [1]\nassert f(x) is not x",
        "x = [1]\nassert f(x) == [] and x == []",
        "for x in ([1], [2]):\n    f(x)\n    assert x == []",
        "x = [1]\ntry:\n    assert f(x) == 1 / 0\nexcept ZeroDivisionError:\n    f(x)\n    assert x == []",
        "number = [3]\nassert f(number) == sorted([], key=lambda n: -n)",
        "def check(f):\n    'What it checks.'\n    y = [1]\n    if y:\n        f(y)\n    assert not y\ncheck(f)",
    ],
)
def test_honest_tests_see_the_changes_of_earlier_statements(test):
    run(test)


def test_data_of_the_solution_is_read_anew_each_time():
    run("assert count == 1\nassert count == 2", {"count": [2, 1]})


def test_data_that_the_test_binds_itself_is_its_own():
    run("count = 5\nassert count == 5", {"count": []})
