"""What a container holds now, put into the container that the other side has had all along."""

import array
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from trl_rlvr.sandbox.values.decoder import MALFORMED, Decoder
from trl_rlvr.sandbox.values.tags import RefusedValue

_SCALARS = frozenset((bool, int, float, complex, str, bytes, type(None)))


def read_change(work: Decoder, target: Any) -> Callable[[], None] | None:
    """Read what `Encoder.contents` wrote; the result puts it into the container, which keeps its identity.

    None: the container holds just that already.

    Raises:
        RefusedValue: as `Decoder.value` does.
    """
    try:
        if isinstance(target, bytearray | array.array):
            data = work.exactly(bytes)
            return None if data == bytes(target) else partial(_put_bytes, target, data)
        if isinstance(target, dict):
            pairs = work.pairs()
            return None if _same(target.items(), pairs) else partial(_put_pairs, target, pairs)
        items = work.keys() if isinstance(target, set) else work.items()
        return None if _same(target, items) else partial(_put_items, target, items)
    except MALFORMED as error:
        raise RefusedValue(f"an answer is malformed: {type(error).__name__}") from error


def _same(held: Collection[Any], read: list[Any]) -> bool:
    """Say whether two runs hold the very same containers, and equal scalars; no value's own code decides."""
    return len(held) == len(read) and all(map(_same_item, held, read))


def _same_item(one: Any, other: Any) -> bool:
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    return bool(one == other) if kind in _SCALARS else kind is tuple and _same(one, other)


def _put_bytes(target: Any, data: bytes) -> None:
    del target[:]
    target.extend(data) if isinstance(target, bytearray) else target.frombytes(data)


def _put_pairs(target: dict[Any, Any], pairs: list[tuple[Any, Any]]) -> None:
    target.clear()
    for key, item in pairs:
        target[key] = item


def _put_items(target: Any, items: list[Any]) -> None:
    target.clear()
    target.update(items) if isinstance(target, set) else target.extend(items)
