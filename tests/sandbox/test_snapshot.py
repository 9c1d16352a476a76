import ast

import pytest

from trl_rlvr.sandbox.snapshot import PULL, PUSH, Snapshots, with_snapshots


def run(source, **names):
    snapshots = Snapshots()
    namespace = {PUSH: snapshots.push, PULL: snapshots.pull, **names}
    exec(compile(with_snapshots(ast.parse(source), frozenset({"f"})), "<test>", "exec"), namespace)


def empty_it(values):
    values.clear()
    return []


@pytest.mark.parametrize(
    "test",
    [
        "x = [1, 2]\nassert f(x) == x",
        "x = [2, 1]\nassert f(x) == sorted(x)",
        "x = [2, 1]\nassert sorted(x) == f(x)",
        "def check(f):\n    x = [1]\n    assert f(x) == [i for i in x]\ncheck(f)",
    ],
)
def test_expected_side_reads_names_as_they_were_before_the_call(test):
    with pytest.raises(AssertionError):
        run(test, f=empty_it)


@pytest.mark.parametrize(
    "test",
    [
        "x = [1]\nf(x)\nassert x == []",
        "x = [1]\nassert f(x) is not x",
        "assert all(f([i]) == [] for i in range(3))",
        "assert [i for i in (1, 2) if f([i]) == []] == [1, 2]",
        "for i in (1, 2):\n    assert f([i]) == [][:i]",
    ],
)
def test_honest_comparisons_are_unchanged(test):
    run(test, f=empty_it)
