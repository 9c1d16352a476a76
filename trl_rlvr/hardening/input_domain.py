"""What known inputs have in common, so that new ones can be like them.

A task says little about what its inputs may be, and a reference answers anything; a test outside of what the task meant
would fail honest solutions. So what holds for all known inputs, by chance or not, must hold for a new one: too few new
inputs are better than unfair ones.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from trl_rlvr.hardening.input_invariants import (
    RELATIONS,
    SEQUENCE_INVARIANTS,
    TEXT_INVARIANTS,
    Invariant,
    Relation,
    invariants_of,
)


class Domain(Protocol):
    """The values of one type that may stand at one place."""

    def allows(self, value: Any) -> bool:
        """Tell whether a value of that type is like those that were seen."""


def _closed(seen: Sequence[Any]) -> frozenset[Any] | None:
    """Return the few values that occur again and again, such as 0 and 1; None where new ones keep coming."""
    distinct = frozenset(seen)
    return distinct if len(seen) >= 2 * len(distinct) + 2 else None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers within a little more than the range that was seen, on the same side of zero."""

    low: float
    high: float
    closed: frozenset[Any] | None

    @classmethod
    def learn(cls, seen: Sequence[Any]) -> "Numbers":
        """Learn from numbers of one type."""
        low, high = min(seen), max(seen)
        slack = max(2, (high - low) // 4)
        lowest = low - slack if low < 0 else min(low, max(0 if low == 0 else 1, low - slack))
        highest = high + slack if high > 0 else min(high + slack, 0 if high == 0 else -1)
        return cls(lowest, max(high, highest), _closed(seen))

    def allows(self, value: Any) -> bool:
        """Tell whether the number lies in the range and, where few values recur, is one of them."""
        return self.low <= value <= self.high and (self.closed is None or value in self.closed)


def _pattern(text: str) -> str:
    """Reduce a text to its punctuation: `12/4/2020` to `9/9/9`."""
    return re.sub(r"[^\W\d]+", "a", re.sub(r"\d+", "9", text))


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of the same characters and, where all that were seen agree in it, of the same length and punctuation."""

    alphabet: frozenset[str]
    invariants: tuple[Invariant, ...]
    length: int | None
    pattern: str | None
    longest: int
    closed: frozenset[Any] | None

    @classmethod
    def learn(cls, seen: Sequence[str]) -> "Texts":
        """Learn from texts."""
        lengths, patterns = {len(text) for text in seen}, {_pattern(text) for text in seen}
        several = len(set(seen)) > 1
        return cls(
            alphabet=frozenset().union(*seen),
            invariants=invariants_of(TEXT_INVARIANTS, seen),
            length=min(lengths) if several and len(lengths) == 1 else None,
            pattern=min(patterns) if several and len(patterns) == 1 else None,
            longest=2 * max(lengths) + 2,
            closed=_closed(seen),
        )

    def allows(self, value: str) -> bool:
        """Tell whether the text is like those that were seen."""
        return (
            self.alphabet.issuperset(value)
            and len(value) <= self.longest
            and self.length in (None, len(value))
            and self.pattern in (None, _pattern(value))
            and (self.closed is None or value in self.closed)
            and all(invariant(value) for invariant in self.invariants)
        )


@dataclass(frozen=True, slots=True)
class Sequences:
    """Lists, tuples or sets of like items; tuples that all have one length are records, a place for each field."""

    invariants: tuple[Invariant, ...]
    longest: int
    items: "Place | None"
    fields: "Places | None"

    @classmethod
    def learn(cls, seen: Sequence[Any]) -> "Sequences":
        """Learn from collections of one type."""
        lengths = {len(value) for value in seen}
        is_record = isinstance(seen[0], tuple) and len(lengths) == 1 and len(seen) > 1
        is_ordered = isinstance(seen[0], list | tuple)
        items = [item for value in seen for item in value]
        return cls(
            invariants=invariants_of(SEQUENCE_INVARIANTS if is_ordered else (bool,), seen),
            longest=max(lengths) + 3,
            items=Place.learn(items) if items else None,
            fields=Places.learn([tuple(value) for value in seen]) if is_record else None,
        )

    def allows(self, value: Any) -> bool:
        """Tell whether the collection is like those that were seen."""
        if len(value) > self.longest or not all(invariant(value) for invariant in self.invariants):
            return False
        if self.fields is not None:
            return self.fields.allow(value)
        return all(self.items is not None and self.items.allows(item) for item in value)


@dataclass(frozen=True, slots=True)
class Mappings:
    """Dicts of like keys and values."""

    keys: Sequences
    values: Sequences

    @classmethod
    def learn(cls, seen: Sequence[dict[Any, Any]]) -> "Mappings":
        """Learn from dicts."""
        return cls(Sequences.learn([list(value) for value in seen]), Sequences.learn([[*v.values()] for v in seen]))

    def allows(self, value: dict[Any, Any]) -> bool:
        """Tell whether the dict is like those that were seen."""
        return self.keys.allows(list(value)) and self.values.allows([*value.values()])


@dataclass(frozen=True, slots=True)
class Exactly:
    """The values that were seen and no others, for types of which little is known."""

    seen: tuple[Any, ...]

    def allows(self, value: Any) -> bool:
        """Tell whether the value was seen."""
        return value in self.seen


def _learn_kind(kind: type, seen: Sequence[Any]) -> Domain:
    if kind in (int, float):
        return Numbers.learn(seen)
    if kind is str:
        return Texts.learn(seen)
    if kind in (list, tuple, set, frozenset):
        return Sequences.learn(seen)
    if kind is dict:
        return Mappings.learn(seen)
    return Exactly((True, False) if kind is bool else tuple(seen))


@dataclass(frozen=True, slots=True)
class Place:
    """One place of an input, such as the first argument or any item of it."""

    kinds: dict[type, Domain]

    @classmethod
    def learn(cls, seen: Sequence[Any]) -> "Place":
        """Learn from the values that stood there."""
        kinds = {type(value): None for value in seen}
        return cls({kind: _learn_kind(kind, [value for value in seen if type(value) is kind]) for kind in kinds})

    def allows(self, value: Any) -> bool:
        """Tell whether the value may stand there."""
        return type(value) in self.kinds and self.kinds[type(value)].allows(value)


@dataclass(frozen=True, slots=True)
class Places:
    """Places beside each other, such as the arguments of a call, and how their values relate."""

    places: tuple[Place, ...]
    relations: tuple[tuple[int, int, Relation], ...]

    @classmethod
    def learn(cls, seen: Sequence[tuple[Any, ...]]) -> "Places":
        """Learn from tuples of one length."""
        width = len(seen[0])
        pairs = [(left, right) for left in range(width) for right in range(left + 1, width)]
        relations = [
            (left, right, relation)
            for left, right in pairs
            for relation in RELATIONS
            if all(relation(values[left], values[right]) for values in seen)
        ]
        return cls(tuple(Place.learn(column) for column in zip(*seen, strict=True)), tuple(relations))

    def allow(self, values: Sequence[Any]) -> bool:
        """Tell whether each value may stand in its place, beside the others."""
        return (
            len(values) == len(self.places)
            and all(place.allows(value) for place, value in zip(self.places, values, strict=True))
            and all(relation(values[left], values[right]) for left, right, relation in self.relations)
        )
