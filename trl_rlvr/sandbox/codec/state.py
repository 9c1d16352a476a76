"""Snapshots of a container's content, to compare with its later content, to send, and to put into the other end's."""

import collections
import operator
from typing import Any

from trl_rlvr.sandbox.codec.decoder import Decoder
from trl_rlvr.sandbox.codec.encoder import Encoder
from trl_rlvr.sandbox.codec.readers import require_countable
from trl_rlvr.sandbox.codec.tags import RefusedValue


class State:
    """The bytes of a container, or its items in order; of a mapping all keys and then all values.

    Args:
        content: as `of` reads it.
    """

    __slots__ = ("content",)

    def __init__(self, content: bytes | list[Any]) -> None:
        self.content: Any = content

    @classmethod
    def of(cls, container: Any) -> "State":
        """Return the state of a mutable container of an exact base type."""
        return cls(_content(container))

    def is_held_by(self, container: Any) -> bool:
        """Say whether a container, of the kind that the state is of, holds the very objects of this state."""
        now = container if type(container) is list else _content(container)
        return now == self.content if isinstance(now, bytes) else _is_same(now, self.content)

    def put_into(self, container: Any) -> None:
        """Let a container, which keeps its identity, hold this state; iterators over it go on where they can."""
        content = self.content
        if isinstance(container, bytearray | list):
            container[:] = content
        elif isinstance(container, dict):
            _put_pairs(container, content[: len(content) // 2], content[len(content) // 2 :])
        elif isinstance(container, collections.deque) and len(container) == len(content):
            for place, item in enumerate(content):
                container[place] = item
        else:
            container.clear()
            container.update(content) if isinstance(container, set) else container.extend(content)


def write_content(encoder: Encoder, container: Any) -> State:
    """Write what a container holds now, whole, and return it."""
    now = State.of(container)
    content = now.content
    if isinstance(content, bytes):
        encoder.value(content)
    elif isinstance(container, dict):
        half = len(content) // 2
        encoder.keys(content[:half], half)
        encoder.items(content[half:], half)
    elif isinstance(container, set):
        encoder.keys(content, len(content))
    else:
        encoder.items(content, len(content))
    return now


def read_content(decoder: Decoder, target: Any) -> State:
    """Read what `write_content` wrote: the state to put into the container.

    Raises:
        RefusedValue: as `Decoder.item` does, beside any exception of `MALFORMED`.
    """
    if isinstance(target, bytearray):
        return State(decoder.exactly(bytes))
    if isinstance(target, set):
        return State(decoder.keys())
    if not isinstance(target, dict):
        return State(decoder.items())
    keys, items = decoder.keys(), decoder.items()
    if len(keys) != len(items):
        raise RefusedValue("a mapping has more or fewer keys than values")
    if isinstance(target, collections.Counter):
        require_countable(items)
    return State([*keys, *items])


def _is_same(one: Any, other: Any) -> bool:
    """Say whether two lists hold the very same objects."""
    return len(one) == len(other) and all(map(operator.is_, one, other))


def _content(container: Any) -> bytes | list[Any]:
    if isinstance(container, bytearray):
        return bytes(container)
    return [*container.keys(), *container.values()] if isinstance(container, dict) else list(container)


def _put_pairs(mapping: Any, keys: list[Any], items: list[Any]) -> None:
    if not _is_same(list(mapping), keys[: len(mapping)]):
        mapping.clear()
    for key, item in zip(keys, items, strict=True):
        mapping[key] = item
