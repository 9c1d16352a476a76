"""Snapshots of a container's content, to compare with its later content and to put into another container."""

import collections
import operator
from collections.abc import Callable
from typing import Any

from trl_rlvr.sandbox.codec.tags import SCALARS


class State:
    """The bytes of a container, or its items in order; of a mapping all keys and then all values.

    Args:
        content: as `of` reads it.
    """

    __slots__ = ("_scalars", "content")

    def __init__(self, content: bytes | list[Any]) -> None:
        self.content = content
        self._scalars: bool | None = None

    @classmethod
    def of(cls, container: Any) -> "State":
        """Return the state of a mutable container of an exact base type."""
        return cls(_content(container))

    def is_held_by(self, container: Any) -> bool:
        """Say whether a container, of the kind that the state is of, holds the very objects of this state."""
        now = container if type(container) is list else _content(container)
        return now == self.content if isinstance(now, bytes) else is_same(now, self.content)

    def holds_any(self, ids: set[int]) -> bool:
        """Say whether one of some objects, none of them a scalar, is among the items."""
        return not self.holds_scalars() and not ids.isdisjoint(map(id, self.content))

    def holds_scalars(self) -> bool:
        """Say whether there are no items but scalars."""
        if self._scalars is None:
            self._scalars = isinstance(self.content, bytes) or all(map(SCALARS.__contains__, map(type, self.content)))
        return self._scalars

    def put_into(self, container: Any) -> None:
        """Let a container, which keeps its identity, hold this state; iterators over it go on where they can."""
        content: Any = self.content
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

    def with_items(self, changed: Callable[[Any], Any]) -> "State":
        """Return the state with each item replaced that is no scalar."""
        return self if self.holds_scalars() else State(list(map(changed, self.content)))


def is_same(one: Any, other: Any) -> bool:
    """Say whether two lists hold the very same objects."""
    return len(one) == len(other) and all(map(operator.is_, one, other))


def _content(container: Any) -> bytes | list[Any]:
    if isinstance(container, bytearray):
        return bytes(container)
    return [*container.keys(), *container.values()] if isinstance(container, dict) else list(container)


def _put_pairs(mapping: Any, keys: list[Any], items: list[Any]) -> None:
    if not is_same(list(mapping), keys[: len(mapping)]):
        mapping.clear()
    held = list(mapping.values())
    for place, (key, item) in enumerate(zip(keys, items, strict=True)):
        if place >= len(held) or held[place] is not item:
            mapping[key] = item
