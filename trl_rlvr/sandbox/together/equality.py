"""Comparisons of tests that do not believe an object which equals everything.

An object whose class compares by code of the solution's is also asked about a value that is another one; who equals
that as well equals nothing.
"""

import types
from collections.abc import Callable
from typing import Any

from trl_rlvr.sandbox.rewrite.injected import EQUAL, UNEQUAL, WITHIN
from trl_rlvr.sandbox.runner.plan import TEST_FILE

_MOST_ITEMS = 2000
_ASSERTIONS = (
    "assertEqual", "assertAlmostEqual", "assertCountEqual", "assertDictEqual", "assertListEqual", "assertSequenceEqual",
    "assertSetEqual", "assertTupleEqual", "assertMultiLineEqual", "assertIn",
)  # fmt: skip


class _Other:
    """Something that no test expects."""


def lies(left: Any, right: Any) -> bool:
    """Say whether one of two values, or what they hold in the same place, equals another value as well."""
    pairs = [(left, right)]
    for seen in range(_MOST_ITEMS):
        if not pairs:
            return False
        one, other = pairs.pop()
        if _equals_everything(one, other) or _equals_everything(other, one):
            return True
        kind = type(one)
        if kind is type(other) and seen < _MOST_ITEMS:
            if kind in (list, tuple):
                pairs += list(zip(one[:_MOST_ITEMS], other[:_MOST_ITEMS], strict=False))
            elif kind is dict:
                pairs += [(one[key], other[key]) for key in list(one)[:_MOST_ITEMS] if key in other]
    return False


def _equals_everything(one: Any, other: Any) -> bool:
    if not _compares_by_itself(type(one)) or _compares_by_itself(type(other)):
        return False
    try:
        return bool(one == _unlike(other)) or bool(one == _Other())
    except Exception:
        return False


def _compares_by_itself(kind: type) -> bool:
    """Say whether a class compares by a function that is neither of a library nor of the test."""
    for base in type.mro(kind):
        method = vars(base).get("__eq__")
        if method is not None:
            file = method.__code__.co_filename if type(method) is types.FunctionType else ""
            from_library = file.startswith(("/", "<frozen ")) or file == TEST_FILE
            return type(method) is not types.WrapperDescriptorType and not from_library
    return False


def _unlike(value: Any) -> Any:
    """Return a value of the same kind that is not equal to this one."""
    kind = type(value)
    if kind is bool:
        return not value
    if kind in (int, float, complex):
        return value + 1
    if kind in (str, bytes):
        return value * 2 + ("~" if kind is str else b"~")
    if kind in (list, tuple):
        return kind([*value, _Other()])
    return _Other()


def is_equal(left: Any, right: Any) -> Any:
    """Return `left == right`."""
    return False if lies(left, right) else left == right


def is_different(left: Any, right: Any) -> Any:
    """Return `left != right`."""
    return True if lies(left, right) else left != right


def within(item: Any, container: Any) -> bool:
    """Return `item in container`."""
    if type(container) in (list, tuple, set, frozenset, dict, str) and _equals_everything(item, _Other()):
        return False
    return item in container


HOOKS = {EQUAL: is_equal, UNEQUAL: is_different, WITHIN: within}
"""By the variable of a test through which each is called."""


def guard_assertions(case: type) -> None:
    """Let the assertions of unittest's class compare in the same way."""
    for name in _ASSERTIONS:
        setattr(case, name, _guarded(getattr(case, name), within if name == "assertIn" else None))


def _guarded(method: Callable[..., Any], test: Callable[[Any, Any], bool] | None) -> Callable[..., Any]:
    def assertion(self: Any, first: Any, second: Any, *args: Any, **options: Any) -> Any:
        if (test is not None and not test(first, second)) or (test is None and lies(first, second)):
            raise self.failureException(f"{type(first).__name__} and {type(second).__name__} are not equal")
        return method(self, first, second, *args, **options)

    assertion.__name__ = method.__name__
    return assertion
