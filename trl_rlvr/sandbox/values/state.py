"""What a container holds at some moment, to compare with what it holds later and to put into another one."""

import array
import operator
from collections.abc import Callable
from typing import Any

from trl_rlvr.sandbox.values.tags import SCALARS

_MANY = 256


class State:
    """The bytes of a container, or its items in order; of a mapping all keys and then all values.

    Args:
        content: as `of` reads it.
    """

    __slots__ = ("_compares_fast", "content")

    def __init__(self, content: bytes | list[Any]) -> None:
        self.content = content
        self._compares_fast = isinstance(content, bytes) or (
            len(content) > _MANY and all(map(SCALARS.__contains__, map(type, content)))
        )

    @classmethod
    def of(cls, container: Any) -> "State":
        """Return the state of a mutable container of an exact base type."""
        return cls(_content(container))

    def is_held_by(self, container: Any) -> bool:
        """Say whether a container holds the very objects of this state; among many scalars, equal ones will do.

        Identity takes 25 ns an item and equality 4, which is what counts where thousands of messages look at a list.
        """
        now = container if type(container) is list else _content(container)
        if self._compares_fast:
            try:
                return bool(now == self.content)
            except Exception:  # an item of another kind, whose own code fails
                return False
        return len(now) == len(self.content) and all(map(operator.is_, now, self.content))

    def put_into(self, container: Any) -> None:
        """Let a container, which keeps its identity, hold this state."""
        content: Any = self.content
        if isinstance(container, bytearray):
            container[:] = content
        elif isinstance(container, array.array):
            del container[:]
            container.frombytes(content)
        elif isinstance(container, dict):
            half = len(content) // 2
            container.clear()
            for key, item in zip(content[:half], content[half:], strict=True):
                container[key] = item
        else:
            container.clear()
            container.update(content) if isinstance(container, set) else container.extend(content)

    def with_items(self, changed: Callable[[Any], Any]) -> "State":
        """Return the state with each item replaced."""
        return self if isinstance(self.content, bytes) else State(list(map(changed, self.content)))


def _content(container: Any) -> bytes | list[Any]:
    if isinstance(container, bytearray | array.array):
        return bytes(container)
    return [*container.keys(), *container.values()] if isinstance(container, dict) else list(container)
