import ast

import pytest

from trl_rlvr.sandbox.settling import ENTER, FETCH_DATA, HOLD, MARK, RESTORE, with_settling


class Frames:
    """Functions of a test that run, the last one innermost: its open comparisons, and what waits for their end."""

    def __init__(self):
        self.frames = [[0, []]]

    def mark(self):
        return len(self.frames), self.frames[-1][0]

    def hold(self):
        mark = self.mark()
        self.frames[-1][0] += 1
        return mark

    def enter(self):
        mark = self.mark()
        self.frames.append([0, []])
        return mark

    def restore(self, mark, value=None):
        level, depth = mark
        while len(self.frames) > level:
            self.settle(self.frames.pop())
        if len(self.frames) == level:
            self.frames[-1][0] = depth
            if not depth:
                self.settle(self.frames[-1])
        return value

    @staticmethod
    def settle(frame):
        while frame[1]:
            frame[1].pop().clear()

    def empty(self, values):
        """Be the solution: empty the argument, at the end of what is being compared."""
        self.frames[-1][1].append(values)
        if not self.frames[-1][0]:
            self.settle(self.frames[-1])
        return []


def run(source, fetched=None):
    """Run a test whose `f` empties its argument, the change held back while the test holds."""
    frames = Frames()
    namespace = {
        MARK: frames.mark,
        HOLD: frames.hold,
        ENTER: frames.enter,
        RESTORE: frames.restore,
        FETCH_DATA: lambda name: fetched[name].pop(),
        "f": frames.empty,
    }
    exec(compile(with_settling(ast.parse(source), frozenset(fetched or ())), "<test>", "exec"), namespace)
    assert frames.mark() == (1, 0)


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
        "x = [1]\nassert any([f(x) == x for _ in range(2)][:1])",
        "def assert_same(a, b):\n    assert a == b\nx = [1]\nassert_same(f(x), list(x))",
        "def raises(g, *a):\n    try:\n        g(*a)\n    except KeyError:\n        return True\n"
        "def fails():\n    raise KeyError\nassert raises(fails)\nx = [1]\nassert f(x) == x",
        "def words(v):\n    try:\n        int(v[0])\n    except ValueError:\n        return list(v)\n"
        "x = ['a']\nassert f(x) == words(x)",
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
        "def emptied(v):\n    f(v)\n    return v\nassert emptied([1]) == []",
        "def emptied(v):\n    before = v[:]\n    f(v)\n    return v != before\nassert emptied([1])",
        "x = [1]\nassert all(f(x) == [] and x == [] for _ in range(1))",
        "import asyncio\nx = [1]\nasync def main():\n    f(x)\n    return x\nassert asyncio.run(main()) == []",
        "import contextlib\nx = [1]\nwith contextlib.suppress(ZeroDivisionError):\n    assert f([2]) == 1 / 0\n"
        "f(x)\nfor _ in x:\n    assert False",
        "x = [1]\ndef items():\n    yield f(x)\n    yield x\nassert list(items()) == [[], x]\nassert x == []",
        "def check(f):\n    'What it checks.'\n    y = [1]\n    if y:\n        f(y)\n    assert not y\ncheck(f)",
    ],
)
def test_honest_tests_see_the_changes_of_earlier_statements(test):
    run(test)


def test_data_of_the_solution_is_read_anew_each_time():
    run("assert count == 1\nassert count == 2", {"count": [2, 1]})


def test_data_that_the_test_binds_itself_is_its_own():
    run("count = 5\nassert count == 5", {"count": []})
