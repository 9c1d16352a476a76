"""New inputs by small changes of known ones; every value keeps its type.

A change may break what all known inputs have in common, and most that are tried do: those are thrown away, not mended,
but for the order of a sorted list and for a number that is a length.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from trl_rlvr.hardening.input_domain import Places
from trl_rlvr.hardening.reference_probe import literal

_ATTEMPTS = 25
"""Tries for each input that is wanted."""
MAX_INPUT_CHARS = 400
"""Longer inputs are left out, unless a known one is as long."""


def new_inputs(
    known: Sequence[tuple[Any, ...]], count: int, rng: Random, constants: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Make inputs that are like the known ones.

    Args:
        known: arguments of calls, the same number each; plain data.
        count: how many to make at most.
        rng: the only source of chance.
        constants: values at which the solution may behave in another way, such as the numbers in the reference.

    Returns:
        Distinct inputs, none of them known; fewer than `count`, or none, where changes leave what the known ones share.
    """
    if not known or not known[0]:
        return []
    places = Places.learn(known)
    columns = list(zip(*known, strict=True))
    seen = {literal(args) for args in known}
    longest = max(MAX_INPUT_CHARS, *map(len, seen))
    change = _Change(rng, constants)
    found: list[tuple[Any, ...]] = []
    for _ in range(_ATTEMPTS * count):
        args = list(rng.choice(known))
        for _ in range(rng.choice((1, 1, 2, 3))):
            at = rng.randrange(len(args))
            args[at] = change.value(args[at], columns[at])
        allowed = next(filter(places.allow, _mended(args)), None)
        if allowed is not None and (text := literal(allowed)) not in seen and len(text) <= longest:
            seen.add(text)
            found.append(allowed)
        if len(found) == count:
            break
    return found


@dataclass(frozen=True, slots=True)
class _Change:
    """Changes a value a little, or not at all, never in place."""

    rng: Random
    constants: Sequence[Any]

    def value(self, value: Any, pool: Sequence[Any]) -> Any:
        """Change plain data; `pool` is what else stands at its place, to take parts from."""
        kind = type(value)
        like = [other for other in pool if type(other) is kind]
        if kind is bool:
            return not value
        if kind in (int, float, str) and self.rng.random() < 0.2:
            constants = [constant for constant in self.constants if type(constant) is kind]
            return self.rng.choice(constants or [value])
        if kind in (int, float):
            return self._number(value, like)
        if kind is str:
            return self._text(value, like)
        if kind in (list, tuple):
            return kind(self._items(list(value), like))
        if kind in (set, frozenset):
            return kind(self._items(_in_order(value), [_in_order(other) for other in like]))
        if kind is dict:
            return dict(self._pairs(list(value.items()), [list(other.items()) for other in like]))
        return value

    def _number(self, value: Any, like: Sequence[Any]) -> Any:
        rng = self.rng
        if isinstance(value, float):
            changes = [value + 1, value - 1, value * 2, value / 2, value + rng.randint(-40, 40) / 4]
            return round(rng.choice([*changes, rng.choice(like or [value])]), 6)
        low, high = min(like, default=value), max(like, default=value)
        changes = [value + 1, value - 1, value + rng.randint(-5, 5), value * 2, rng.randint(low, high)]
        return rng.choice([*changes, rng.choice(like or [value])])

    def _text(self, value: str, like: Sequence[str]) -> str:
        rng = self.rng
        separator = " " if " " in value and rng.random() < 0.5 else ""
        parts = value.split(" ") if separator else list(value)
        others = [other.split(" ") if separator else list(other) for other in like]
        item_pool = [part for other in others for part in other]
        changed = self._edited(parts, others, lambda part: rng.choice(item_pool or [part]))
        text = separator.join(changed)
        return text.swapcase() if not separator and rng.random() < 0.05 else text

    def _items(self, values: list[Any], like: Sequence[Any]) -> list[Any]:
        others = [list(other) for other in like]
        if values and all(len(other) == len(values) for other in others) and self.rng.random() < 0.5:
            at = self.rng.randrange(len(values))  # items of one position may be of one kind, as in a record
            return [*values[:at], self.value(values[at], [other[at] for other in others]), *values[at + 1 :]]
        item_pool = [item for other in others for item in other]
        return self._edited(values, others, lambda item: self.value(item, item_pool))

    def _pairs(self, pairs: list[tuple[Any, Any]], like: Sequence[Any]) -> list[Any]:
        keys, values = ([pair[side] for other in like for pair in other] for side in (0, 1))

        def changed(pair: tuple[Any, Any]) -> tuple[Any, Any]:
            key = self.value(pair[0], keys) if self.rng.random() < 0.3 else pair[0]
            return key, self.value(pair[1], values)

        return self._edited(pairs, like, changed)

    def _edited(self, parts: list[Any], others: Sequence[list[Any]], change: Callable[[Any], Any]) -> list[Any]:
        """Drop, double, swap, add, turn round, splice or change parts of a sequence."""
        rng = self.rng
        if not parts:
            return list(rng.choice(others)) if others else parts
        at, to = rng.randrange(len(parts)), rng.randrange(len(parts))
        other = rng.choice(others) if others else parts
        swapped = list(parts)
        swapped[at], swapped[to] = swapped[to], swapped[at]
        edits: list[Callable[[], list[Any]]] = [
            lambda: [*parts[:at], *parts[at + 1 :]],
            lambda: [*parts[:to], parts[at], *parts[to:]],
            lambda: swapped,
            lambda: parts[::-1],
            lambda: [*parts[:at], *other[at:]],
            lambda: [*parts[:to], change(parts[at]), *parts[to:]],
            lambda: [*parts[:at], change(parts[at]), *parts[at + 1 :]],
            lambda: [*parts[:at], change(parts[at]), *parts[at + 1 :]],
        ]
        return rng.choice(edits)()


def _in_order(values: Any) -> list[Any]:
    return sorted(values, key=literal)


def _mended(args: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the arguments, then with their lists sorted, each also with numbers set to the length of a sequence."""
    for order in (lambda value: value, _sorted, lambda value: _sorted(value)[::-1]):
        ordered = [order(value) if type(value) is list else value for value in args]
        yield tuple(ordered)
        for length in dict.fromkeys(len(value) for value in ordered if isinstance(value, list | tuple | str)):
            for at, value in enumerate(ordered):
                if type(value) is int:
                    yield (*ordered[:at], length, *ordered[at + 1 :])


def _sorted(values: list[Any]) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return values
