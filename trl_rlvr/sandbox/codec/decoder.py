"""From bytes to plain objects, under a budget.

The bytes may be hostile. What is wrong with them is a `RefusedValue`; nothing expands lazily, hashes a flood of
colliding keys, or calls anything that came with the data.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any

from trl_rlvr.sandbox.codec import tags
from trl_rlvr.sandbox.codec.budget import Budget
from trl_rlvr.sandbox.codec.table import Table
from trl_rlvr.sandbox.codec.tags import RefusedValue

_LENGTH = struct.Struct("<I")
MALFORMED = (IndexError, KeyError, ValueError, TypeError, OverflowError, ArithmeticError, struct.error, RecursionError)
"""Exceptions that reading malformed bytes can raise."""

SIMPLE: dict[int, Callable[["Decoder"], Any]] = {}
"""Readers by tag, of values that hold no others; `readers` fills both tables."""
CONTAINERS: dict[int, Callable[["Decoder"], Any]] = {}
"""Readers of everything else."""


class Decoder:
    """Reads values one after another from `data`.

    Args:
        data: what an `Encoder` wrote, or anything at all.
        budget: shared by all messages of one program.
        handle: called with the decoder where a handle was written; returns what stands for it.
        table: containers that the writer may refer to; new ones join them.
        constants: what the writer may name; all of `tags.CONSTANTS` only where a test wrote.
    """

    def __init__(
        self,
        data: bytes,
        budget: Budget | None = None,
        handle: Callable[["Decoder"], Any] | None = None,
        table: Table | None = None,
        constants: Mapping[str, object] = tags.PURE_CONSTANTS,
    ) -> None:
        self.data = data
        self.at = 0
        self.numbered: list[Any] = [] if table is None else table.objects
        self.budget = budget or Budget()
        self.costs: dict[int, int] = {} if table is None else dict(table.costs)
        """Nodes of each container that was read: a reference to it costs as much as the container itself."""
        self.handle = handle
        self.constants = constants
        self._depth = 0

    def value(self) -> Any:
        """Read one value.

        Raises:
            RefusedValue: malformed, too deep, too big, or over the budget.
        """
        try:
            return self.item()
        except MALFORMED as error:
            raise RefusedValue(f"an answer is malformed: {type(error).__name__}") from error

    def rest(self) -> list[Any]:
        """Read all values that are left.

        Raises:
            RefusedValue: as `value` does.
        """
        values = []
        while self.at < len(self.data):
            values.append(self.value())
        return values

    def length(self) -> int:
        """Read a length."""
        number = self.data[self.at]
        self.at += 1
        if number == 255:
            (number,) = _LENGTH.unpack_from(self.data, self.at)
            self.at += 4
        return int(number)

    def raw(self) -> bytes:
        """Read a length and as many bytes."""
        size = self.length()
        end = self.at + size
        if end > len(self.data):
            raise RefusedValue("an answer ends in the middle of a value")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def text(self) -> str:
        """Read a string without a tag."""
        return self.raw().decode("utf-8", "surrogatepass")

    def item(self) -> Any:
        """Read one value, for readers inside a value: what is wrong with it may be any exception of `MALFORMED`."""
        self.budget.nodes -= 1
        if self.budget.nodes < 0:
            raise RefusedValue("the answers hold too many values")
        tag = self.data[self.at]
        self.at += 1
        reader = SIMPLE.get(tag)
        if reader is not None:
            return reader(self)
        if self._depth >= tags.MAX_DEPTH:
            raise RefusedValue(f"a value is nested more than {tags.MAX_DEPTH} deep")
        self._depth += 1
        before = self.budget.nodes
        value = CONTAINERS[tag](self)
        self._depth -= 1
        self.costs[id(value)] = before - self.budget.nodes
        return value

    def items(self) -> list[Any]:
        """Read a counted run of values."""
        read = self.item
        return [read() for _ in range(self.length())]

    def number(self, value: Any) -> Any:
        """Give a container the next number."""
        self.numbered.append(value)
        return value

    def exactly(self, *kinds: type) -> Any:
        """Read one value that must be of one of `kinds`."""
        value = self.item()
        if type(value) not in kinds:
            raise RefusedValue(f"an answer holds {type(value).__name__} in a wrong place")
        return value

    def keys(self) -> list[Any]:
        """Read a counted run of hashable values."""
        values = self.items()
        for value in values:
            self.budget.key(value)
        return values

    def pairs(self) -> list[tuple[Any, Any]]:
        """Read a counted run of keys with their values."""
        pairs = []
        for _ in range(self.length()):
            key = self.item()
            self.budget.key(key)
            pairs.append((key, self.item()))
        return pairs
