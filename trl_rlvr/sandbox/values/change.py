"""What a container holds now, for the container that the other side has had all along."""

import array
from collections.abc import Sequence
from typing import Any

from trl_rlvr.sandbox.values.decoder import MALFORMED, Decoder
from trl_rlvr.sandbox.values.state import State
from trl_rlvr.sandbox.values.tags import SCALARS, RefusedValue


def read_change(work: Decoder, target: Any) -> State | None:
    """Read what `Encoder.contents` wrote: the state to put into the container, None if it holds just that already.

    Raises:
        RefusedValue: as `Decoder.value` does.
    """
    content: bytes | list[Any]
    try:
        if isinstance(target, bytearray | array.array):
            content = work.exactly(bytes)
        elif isinstance(target, dict):
            pairs = work.pairs()
            content = [*(key for key, _ in pairs), *(item for _, item in pairs)]
        else:
            content = work.keys() if isinstance(target, set) else work.items()
    except MALFORMED as error:
        raise RefusedValue(f"an answer is malformed: {type(error).__name__}") from error
    held = State.of(target).content
    unchanged = held == content if isinstance(held, bytes) else _is_alike(held, content)
    return None if unchanged else State(content)


def _is_alike(held: Sequence[Any], read: Sequence[Any]) -> bool:
    """Say whether two runs hold the very same containers, and equal scalars; no value's own code decides."""
    return len(held) == len(read) and all(map(_is_alike_item, held, read))


def _is_alike_item(one: Any, other: Any) -> bool:
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    return bool(one == other) if kind in SCALARS else kind is tuple and _is_alike(one, other)
