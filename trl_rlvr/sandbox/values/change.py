"""What a container holds now, put into the container that the other side has had all along."""

import array
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from trl_rlvr.sandbox.values.decoder import MALFORMED, Decoder
from trl_rlvr.sandbox.values.tags import RefusedValue

_SCALARS = frozenset((bool, int, float, complex, str, bytes, type(None)))

State = bytes | list[Any]
"""What a container holds: its bytes, its items in order, or of a mapping all keys and then all values."""


def state_of(container: Any) -> State:
    """Return what a mutable container of an exact base type holds now."""
    if isinstance(container, bytearray | array.array):
        return bytes(container)
    return [*container.keys(), *container.values()] if isinstance(container, dict) else list(container)


def is_same_state(one: State, other: State) -> bool:
    """Say whether two states hold the very same objects; no value's own code decides."""
    if isinstance(one, bytes) or isinstance(other, bytes):
        return one == other
    return len(one) == len(other) and all(map(operator.is_, one, other))


def put_state(container: Any, state: Any) -> None:
    """Let a container, which keeps its identity, hold a state of its kind."""
    if isinstance(container, bytearray):
        container[:] = state
    elif isinstance(container, array.array):
        del container[:]
        container.frombytes(state)
    elif isinstance(container, dict):
        half = len(state) // 2
        container.clear()
        for key, item in zip(state[:half], state[half:], strict=True):
            container[key] = item
    else:
        container.clear()
        container.update(state) if isinstance(container, set) else container.extend(state)


def read_change(work: Decoder, target: Any) -> Callable[[], None] | None:
    """Read what `Encoder.contents` wrote; the result puts it into the container.

    None: the container holds just that already.

    Raises:
        RefusedValue: as `Decoder.value` does.
    """
    state: State
    try:
        if isinstance(target, bytearray | array.array):
            state = work.exactly(bytes)
        elif isinstance(target, dict):
            pairs = work.pairs()
            state = [*(key for key, _ in pairs), *(item for _, item in pairs)]
        else:
            state = work.keys() if isinstance(target, set) else work.items()
    except MALFORMED as error:
        raise RefusedValue(f"an answer is malformed: {type(error).__name__}") from error
    held = state_of(target)
    unchanged = held == state if isinstance(held, bytes) else _is_alike(held, state)
    return None if unchanged else partial(put_state, target, state)


def _is_alike(held: Sequence[Any], read: Sequence[Any]) -> bool:
    """Say whether two runs hold the very same containers, and equal scalars; no value's own code decides."""
    return len(held) == len(read) and all(map(_is_alike_item, held, read))


def _is_alike_item(one: Any, other: Any) -> bool:
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    return bool(one == other) if kind in _SCALARS else kind is tuple and _is_alike(one, other)
