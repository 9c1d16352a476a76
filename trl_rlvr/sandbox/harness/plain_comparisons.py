"""Compares plain data with what a literal check expects of it.

The data is decoded and budgeted. The only arithmetic on it is that of two numbers.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from trl_rlvr.analysis.literal_checks import (
    ALL_CLOSE,
    AT_MOST,
    BELOW,
    EQUAL,
    FALSE,
    IN,
    IS,
    IS_CLOSE,
    ROUNDS_TO,
    TRUE,
    WITHIN,
)

_NUMBERS = (int, float, bool, complex, Decimal, Fraction)


def holds(value: Any, kind: int, expected: Any, details: tuple[Any, ...]) -> bool:
    """Tell whether a comparison of `trl_rlvr.analysis.literal_checks` holds.

    Raises:
        Exception: whatever comparing these values raises, as it would in the test.
    """
    return bool(_COMPARISONS[kind](value, expected, *details))


def _distance(value: Any, expected: Any) -> Any:
    if type(value) not in _NUMBERS:
        raise TypeError("an answer that is no number")
    return abs(value - expected)


def _is_close(value: Any, expected: Any, relative: Any, absolute: Any) -> bool:
    if type(value) not in _NUMBERS:
        raise TypeError("an answer that is no number")
    return math.isclose(value, expected, rel_tol=relative, abs_tol=absolute)


def _all_close(value: Any, expected: Any, relative: Any, absolute: Any) -> bool:
    if isinstance(expected, list | tuple):  # as long as the answer: nothing is repeated to fit, as numpy would
        is_as_long = type(value) in (list, tuple) and len(value) == len(expected)
        pairs = zip(value, expected, strict=True) if is_as_long else ()
        return is_as_long and all(_all_close(one, other, relative, absolute) for one, other in pairs)
    if type(value) not in (int, float, bool, complex) or (type(value) is int and not -(1 << 63) <= value < 1 << 64):
        raise TypeError("an answer that is no number of numpy's")
    return bool(abs(value - expected) <= absolute + relative * abs(expected))


_COMPARISONS: dict[int, Callable[..., Any]] = {
    EQUAL: lambda value, expected: value == expected,
    IS: lambda value, expected: value is expected,
    IN: lambda value, expected: any(value == one for one in expected),
    TRUE: lambda value, expected: value is True,
    FALSE: lambda value, expected: value is False,
    BELOW: lambda value, expected, most: _distance(value, expected) < most,
    AT_MOST: lambda value, expected, most: _distance(value, expected) <= most,
    WITHIN: lambda value, expected, most: value == expected or _distance(value, expected) <= most,
    IS_CLOSE: _is_close,
    ALL_CLOSE: _all_close,
    ROUNDS_TO: lambda value, expected, places: value == expected or round(_distance(value, expected), places) == 0,
}
