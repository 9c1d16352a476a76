"""Fixtures, parameters and the stand-in for pytest."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from trl_rlvr.sandbox.runner.fixtures import Fixture, calls_of, fixture
from trl_rlvr.sandbox.runner.pytest_stand_in import pytest_stand_in

STAND_IN = pytest_stand_in()


def run(function: Callable[..., Any], *fixtures: Fixture) -> int:
    """Run a test with all its parameters; return how often that was."""
    return len([call() for call in calls_of(function, {one.name: one for one in fixtures})])


@pytest.mark.parametrize("module", [pytest, STAND_IN], ids=["pytest", "stand-in"])
def test_each_set_of_parameters_is_a_call(module: Any) -> None:
    seen = []

    @module.mark.parametrize("a, b", [(1, 2), module.param(3, 4)])
    @module.mark.parametrize("c", [5, 6])
    def given(a: int, b: int, c: int) -> None:
        seen.append((a, b, c))

    assert run(given) == 4
    assert sorted(seen) == [(1, 2, 5), (1, 2, 6), (3, 4, 5), (3, 4, 6)]


def test_fixtures_are_made_in_order_and_ended_the_other_way_round() -> None:
    told = []

    @fixture(autouse=True)
    def around() -> Iterator[None]:
        told.append("begin")
        yield
        told.append("end")

    @fixture(params=[1, 2])
    def number(request: Any) -> int:
        return int(request.param)

    @fixture
    def double(number: int) -> Iterator[int]:
        yield 2 * number
        told.append("ended")

    assert run(lambda double: told.append(double), around, number, double) == 2
    assert told == ["begin", 2, "ended", "end", "begin", 4, "ended", "end"]


def test_what_a_test_prints_is_captured(capsys: pytest.CaptureFixture[str]) -> None:
    def prints(capsys: Any) -> None:
        print("word")
        assert capsys.readouterr().out == "word\n"
        assert capsys.readouterr() == ("", "")

    assert run(prints) == 1
    assert capsys.readouterr().out == ""


def test_a_fixture_that_there_is_not_is_named() -> None:
    with pytest.raises(LookupError, match="'benchmark'"):
        run(lambda benchmark: None)


@pytest.mark.parametrize("module", [pytest, STAND_IN], ids=["pytest", "stand-in"])
def test_the_stand_in_expects_exceptions_as_pytest_does(module: Any) -> None:
    with module.raises(ValueError, match="zero") as found:
        raise ValueError("below zero")
    assert str(found.value) == "below zero"
    with pytest.raises(BaseException, match=r"(?i)did not raise"), module.raises(ValueError):
        pass
    with pytest.raises(KeyError), module.raises(ValueError):
        raise KeyError
    with pytest.raises(AssertionError), module.raises(ValueError, match="one"):
        raise ValueError("two")


@pytest.mark.parametrize("module", [pytest, STAND_IN], ids=["pytest", "stand-in"])
@pytest.mark.parametrize(
    ("value", "expected", "options", "close"),
    [
        (0.1 + 0.2, 0.3, {}, True),
        (1.0, 1.1, {}, False),
        (1.0, 1.1, {"abs": 0.2}, True),
        (100, 101, {"rel": 0.02}, True),
        ([0.1 + 0.2, 1], [0.3, 1], {}, True),
        ([1], [1, 2], {}, False),
        ({"a": 0.1 + 0.2}, {"a": 0.3}, {}, True),
        (float("nan"), float("nan"), {}, False),
        (float("inf"), float("inf"), {}, True),
        (1e-13, 0.0, {}, True),
        (5, 5.0, {"abs": 0}, True),
    ],
)
def test_the_stand_in_allows_as_much_as_pytest_does(
    module: Any, value: Any, expected: Any, options: dict[str, float], close: bool
) -> None:
    assert (value == module.approx(expected, **options)) is close
