"""Comparisons that do not believe an object which equals everything."""

import unittest.mock
from fractions import Fraction
from typing import Any

import pytest

from trl_rlvr.sandbox.together import equality

CLASSES: dict[str, Any] = {}
exec(
    compile(
        """
class Liar:
    __hash__ = object.__hash__
    def __eq__(self, other): return True
class Half:
    def __eq__(self, other): return other == 0.5
class Rows(list):
    def __eq__(self, other): return list(self) == list(other)
""",
        "solution.py",
        "exec",
    ),
    CLASSES,
)
LIAR = CLASSES["Liar"]()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(LIAR, 4), (LIAR, "a"), (LIAR, [1]), (LIAR, None), ([LIAR], [1]), ({"a": (1, LIAR)}, {"a": (1, 2)}), (LIAR, True)],
)
def test_who_equals_everything_equals_nothing(answer: object, expected: object) -> None:
    assert not equality.is_equal(answer, expected)
    assert equality.is_different(answer, expected)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (CLASSES["Half"](), 0.5),
        (CLASSES["Rows"]([1, 2]), [1, 2]),
        (Fraction(1, 2), 0.5),
        ([1, {"a": (2,)}], [1, {"a": (2,)}]),
        (3, unittest.mock.ANY),
        (LIAR, LIAR),
        (1.0, pytest.approx(1.0)),
    ],
)
def test_honest_comparisons_are_what_they_are(answer: object, expected: object) -> None:
    assert equality.is_equal(answer, expected)
    assert not equality.is_different(answer, expected)


def test_no_liar_is_within() -> None:
    assert not equality.within(LIAR, [1, 2])
    assert equality.within(1, [1, 2])
    assert equality.within("a", "abc")


def test_assertions_of_unittest_compare_in_the_same_way() -> None:
    class Case(unittest.TestCase):
        """Only this class is changed."""

    equality.guard_assertions(Case)
    require_equal, require_in = Case().assertEqual, Case().assertIn

    require_equal([1], [1])
    require_in(1, (1, 2))
    with pytest.raises(AssertionError, match="Liar and int are not equal"):
        require_equal(LIAR, 4)
    with pytest.raises(AssertionError):
        require_in(LIAR, [4])
