"""What may hold for an input by the meaning of its task: order, ties, shape, and how two arguments relate.

Each invariant is tried on all known inputs and kept where it holds for every one, so an invariant that says nothing
about a value must hold for it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import eq, ge, gt, itemgetter, le, lt, ne
from typing import Any

Invariant = Callable[[Any], bool]
Relation = Callable[[Any, Any], bool]


def _key(value: Any) -> Any:
    """Return what plain data hashes by: equal keys where the values are equal, in time linear in their size."""
    if isinstance(value, list | tuple):
        return type(value), tuple(map(_key, value))
    if isinstance(value, dict):
        return dict, frozenset((key, _key(item)) for key, item in value.items())
    return frozenset(value) if isinstance(value, set) else value


def _counts(values: Any) -> Counter[Any]:
    """Count equal items; characters, of a text."""
    return Counter(values if isinstance(values, str) else map(_key, values))


def _distinct(values: Sequence[Any]) -> bool:
    return len(_counts(values)) == len(values)


def _one_least(values: list[Any]) -> bool:
    return values.count(min(values)) == 1


def _one_greatest(values: list[Any]) -> bool:
    return values.count(max(values)) == 1


def _one_most_common(values: Any) -> bool:
    """Tell whether one item, or character, occurs more often than any other."""
    counts = sorted(_counts(values).values())
    return len(counts) < 2 or counts[-1] > counts[-2]


def _on(measure: Callable[[Any], Any], invariant: Invariant) -> Invariant:
    """Apply an invariant to what is measured of each item; it holds where the items cannot be measured."""

    def measured(values: Sequence[Any]) -> bool:
        try:
            return not values or invariant([measure(value) for value in values])
        except (TypeError, IndexError, KeyError):
            return True

    return measured


def _itself(value: Any) -> Any:
    return value


def _ordered(in_order: Relation) -> Invariant:
    def invariant(values: Sequence[Any]) -> bool:
        try:
            return all(in_order(left, right) for left, right in pairwise(values))
        except TypeError:
            return False

    return invariant


_MEASURES: tuple[Callable[[Any], Any], ...] = (_itself, len, itemgetter(0), itemgetter(1), itemgetter(2))
_TIES = tuple(_on(measure, invariant) for measure in _MEASURES for invariant in (_distinct, _one_least, _one_greatest))
"""A task that asks for the shortest, or to sort, seldom says what becomes of ties, so none come where none were."""

SEQUENCE_INVARIANTS: tuple[Invariant, ...] = (
    bool,
    _ordered(le),
    _ordered(ge),
    *_TIES,
    _one_most_common,
    lambda values: len({len(value) if hasattr(value, "__len__") else 0 for value in values}) <= 1,
    lambda values: len({type(value) for value in values}) <= 1,
)
"""Of lists and tuples."""

TEXT_INVARIANTS: tuple[Invariant, ...] = (
    bool,
    *(str.isalpha, str.isdigit, str.isalnum, str.islower, str.isupper, str.istitle, str.isidentifier),
    lambda text: text == text.strip(),
    lambda text: "  " not in text,
    lambda text: text == text[::-1],
    _distinct,
    _one_most_common,
)


def invariants_of(invariants: Sequence[Invariant], seen: Sequence[Any]) -> tuple[Invariant, ...]:
    """Return the invariants that hold for all values."""
    return tuple(invariant for invariant in invariants if all(map(invariant, seen)))


def _measure(value: Any) -> float | None:
    """Return what of a value another may depend on: a number itself, or a length."""
    if isinstance(value, int | float):
        return value
    return len(value) if isinstance(value, str | list | tuple | set | dict) else None


def _measured(compare: Relation) -> Relation:
    def relation(left: Any, right: Any) -> bool:
        a, b = _measure(left), _measure(right)
        return a is not None and b is not None and compare(a, b)

    return relation


def _is_in(item: Any, container: Any) -> bool:
    try:
        return item in container
    except TypeError:
        return False


def _agree(left: Any, right: Any) -> bool:
    """Tell whether two dicts have one value for each key that they share; other values always do."""
    are_dicts = isinstance(left, dict) and isinstance(right, dict)
    return not are_dicts or all(left[key] == right[key] for key in left.keys() & right.keys())


RELATIONS: tuple[Relation, ...] = (
    *map(_measured, (eq, le, lt, ge, gt)),
    ne,
    _is_in,
    lambda left, right: not _is_in(left, right),
    lambda left, right: _is_in(right, left),
    lambda left, right: not _is_in(right, left),
    _agree,
)
"""Of two arguments, or of two fields of a record."""
