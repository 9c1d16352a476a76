"""Changes of a container, as bytes for the other side, which already holds the container.

Lists, deques and mappings cross as their difference from what both sides agreed on: either the run in the middle that
is another one, or single items by their places.
"""

import array
import collections
import itertools
import operator
from collections.abc import Callable
from typing import Any

from trl_rlvr.sandbox.codec.decoder import Decoder
from trl_rlvr.sandbox.codec.encoder import Encoder
from trl_rlvr.sandbox.codec.readers import require_countable
from trl_rlvr.sandbox.codec.state import State
from trl_rlvr.sandbox.codec.tags import SCALARS, RefusedValue

_MIDDLE, _PLACES = range(2)


def write_change(encoder: Encoder, agreed: State, container: Any) -> State:
    """Write what makes what was agreed on into what a container holds now, which is returned."""
    now = State.of(container)
    if isinstance(now.content, bytes):
        encoder.value(now.content)
    elif isinstance(container, set):  # whose order says nothing to the other side
        encoder.keys(now.content, len(now.content))
    else:
        writers = (encoder.key, encoder.value) if isinstance(container, dict) else (encoder.value,)
        for old, new, write in zip(_runs(agreed, container), _runs(now, container), writers, strict=True):
            _write_run(encoder, old, new, write)
    return now


def _runs(state: State, container: Any) -> tuple[list[Any], ...]:
    """Return what a state is a sequence of: items, or keys and values."""
    content: Any = state.content
    half = len(content) // 2
    return (content[:half], content[half:]) if isinstance(container, dict) else (content,)


def _write_run(encoder: Encoder, old: list[Any], new: list[Any], write: Callable[[Any], None]) -> None:
    both = min(len(old), len(new))
    places = list(itertools.compress(range(both), map(operator.is_not, old, new)))
    start = places[0] if places else both
    places += range(both, len(new))
    end = 0
    if start < both and len(old) == len(new):
        end = both - 1 - places[-1]
    elif start < both:
        end = next(
            itertools.compress(range(both - start), map(operator.is_not, reversed(old), reversed(new))), both - start
        )
    if 2 * len(places) < len(new) - start - end:
        encoder.length(_PLACES)
        encoder.length(len(new))
        encoder.length(len(places))
        for place in places:
            encoder.length(place)
            write(new[place])
    else:
        encoder.length(_MIDDLE)
        encoder.length(start)
        encoder.length(end)
        encoder.length(len(new) - end - start)
        for item in new[start : len(new) - end]:
            write(item)


def read_change(work: Decoder, agreed: State, target: Any) -> State | None:
    """Read what `write_change` wrote: the state to put into the container, None if it holds just that already.

    Raises:
        RefusedValue: as `Decoder.item` does, beside any exception of `MALFORMED`.
    """
    state = _read_state(work, agreed, target)
    return None if state.is_held_by(target) else state


def _read_state(work: Decoder, agreed: State, target: Any) -> State:
    if isinstance(target, bytearray | array.array):
        data = work.exactly(bytes)
        if len(data) % getattr(target, "itemsize", 1):
            raise RefusedValue("an array ends in the middle of an item")
        return State(data)
    if isinstance(target, set):
        return State(work.keys())
    old = _runs(agreed, target)
    new = [_read_run(work, run) for run in old]
    if isinstance(target, dict):
        keys, items = new
        known = set(map(id, old[0]))
        for key in keys:
            if id(key) not in known:
                work.budget.key(key)
        if len(keys) != len(items):
            raise RefusedValue("a mapping has more or fewer keys than values")
        if isinstance(target, collections.Counter):
            require_countable(items)
    return State([item for run in new for item in run])


def _read_run(work: Decoder, old: list[Any]) -> list[Any]:
    if work.length() == _PLACES:
        size, count = work.length(), work.length()
        if size > len(old) + count:
            raise RefusedValue("a change leaves a gap")
        run = old[:size]
        for _ in range(count):
            place = work.length()
            item = work.item()
            if place == len(run) < size:
                run.append(item)
            elif not _is_alike(run[place], item):
                run[place] = item
        if len(run) != size:
            raise RefusedValue("a change leaves a gap")
        return run
    start, end = work.length(), work.length()
    if start + end > len(old):
        raise RefusedValue("a change begins behind its end")
    middle = work.items()
    replaced = old[start : len(old) - end]
    if len(middle) == len(replaced):
        middle = [one if _is_alike(one, other) else other for one, other in zip(replaced, middle, strict=True)]
    return old[:start] + middle + old[len(old) - end :]


def _is_alike(one: Any, other: Any) -> bool:
    """Say whether two values are the very same container, or equal scalars; no value's own code decides."""
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    if kind in (float, complex):
        return repr(one) == repr(other)  # 0.0 is not -0.0, and nan is nan
    if kind is tuple:
        return len(one) == len(other) and all(map(_is_alike, one, other))
    return kind in SCALARS and bool(one == other)
