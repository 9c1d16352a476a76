import ast

import pytest

from trl_rlvr.sandbox.harness.expectations import Expectations, kept
from trl_rlvr.sandbox.rewrite.comparisons import protect_comparisons
from trl_rlvr.sandbox.rewrite.expected_side import Reach
from trl_rlvr.sandbox.rewrite.injected import CATCHABLE, CHANGES, FETCH, KEPT, UNCHANGED


class Refused(Exception):  # noqa: N818 - a condition
    """The test cannot be judged."""


def run(source, fetched=()):
    """Run a test whose `f` empties its argument and returns another empty list."""
    changes = []

    def empty(values):
        changes.append(values)
        values.clear()
        return []

    expectations = Expectations(lambda: len(changes), lambda verdict, text: Refused(text))
    namespace = {
        KEPT: kept,
        CHANGES: expectations.changes,
        UNCHANGED: expectations.unchanged,
        FETCH: lambda name: fetched[name].pop() if name in fetched else namespace[name],
        CATCHABLE: lambda kinds: kinds,
        "f": empty,
    }
    tree = ast.parse(source)
    names = "f", *fetched
    tree = protect_comparisons(tree, Reach([tree], names), frozenset(names))
    exec(compile(tree, "<test>", "exec"), namespace)


@pytest.mark.parametrize(
    "test",
    [
        "x = [1, 2]\nassert f(x) == x",
        "x = [2, 1]\nassert sorted(x) == f(x)",
        "def check(candidate):\n    x = [1]\n    assert candidate(x) == sorted(x)\ncheck(f)",
        "x = [1, 2]\nassert len(f(x)) >= max(x)",
        "x = [1]\nassert all(n < 0 for n in [*f(x), *sorted(x)])",
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
    with pytest.raises((AssertionError, Refused)):
        run(test)


@pytest.mark.parametrize(
    "test",
    [
        "x = [1]\nf(x)\nassert x == []",
        "x = [1]\nassert f(x) is not x",
        "x = [1]\nassert f(x) == [] and x == []",
        "for x in ([1], [2]):\n    f(x)\n    assert x == []",
        "x = [1]\ntry:\n    assert f(x) == 1 / 0\nexcept ZeroDivisionError:\n    f(x)\n    assert x == []",
        "x = [1]\nassert all(n < 0 for n in f(x) or x)",
        "number = [3]\nassert f(number) == sorted([], key=lambda n: -n)",
        "def emptied(v):\n    f(v)\n    return v\nassert emptied([1]) == []",
        "def emptied(v):\n    before = v[:]\n    f(v)\n    return v != before\nassert emptied([1])",
        "x = [1]\nassert all(f(x) == [] and x == [] for _ in range(1))",
        "def emptied(cases):\n    for c in cases:\n        f(c)\n        yield c == []\n"
        "assert all(emptied([[1], [2]]))",
        "def inner(x):\n    f(x)\n    yield x\n    return 7\ndef outer(x):\n    seven = yield from inner(x)\n"
        "    yield seven\nassert list(outer([1])) == [[], 7]",
        "def closing(log):\n    try:\n        yield 1\n    except KeyError:\n        yield 2\n    finally:\n"
        "        log.append(3)\nlog = []\ng = closing(log)\nnext(g)\nassert g.throw(KeyError) == 2\ng.close()\n"
        "assert log == [3]",
        "def g():\n    x = (yield 1) == 5\n    yield x\ni = g()\nnext(i)\nassert i.send(5)\ny = [3]\nf(y)\n"
        "assert y == []",
        "def case(x, y):\n    return locals()\nassert case(1, 2) == {'x': 1, 'y': 2}\nassert case.__name__ == 'case'",
        "import contextlib\nx = [1]\nwith contextlib.suppress(ZeroDivisionError):\n    assert f([2]) == 1 / 0\n"
        "f(x)\nfor _ in x:\n    assert False",
        "def check(f):\n    'What it checks.'\n    y = [1]\n    if y:\n        f(y)\n    assert not y\ncheck(f)",
    ],
)
def test_honest_tests_see_the_changes_of_earlier_statements(test):
    run(test)


@pytest.mark.parametrize(
    "test",
    [
        "x = [1]\nassert [n for n in x if f(x) == []] == []",
        "x = [1]\ny = x\nassert (f(x) if y else y) == []",
        "class T:\n    x = [1]\n    assert f(x) == sorted(x)",
        "class Table:\n    def __init__(self):\n        self.rows = [1]\n"
        "    def size(self):\n        return f(self.rows)\nt = Table()\nassert t.size() == [] == t.rows",
    ],
)
def test_what_can_neither_go_first_nor_be_sure_is_refused(test):
    with pytest.raises(Refused):
        run(test)


def test_what_is_kept_is_a_copy_of_containers_alone():
    held = object()
    value = {"a": [1, (2, [3])], "b": held}
    twin = kept(value)
    value["a"][1][1].append(4)

    assert twin == {"a": [1, (2, [3])], "b": held}
    assert kept(value)["b"] is held


def test_data_of_the_solution_is_read_anew_each_time():
    run("assert count == 1\nassert count == 2", {"count": [2, 1]})


def test_data_that_the_test_binds_itself_is_its_own():
    run("count = 5\nassert count == 5", {"count": []})
