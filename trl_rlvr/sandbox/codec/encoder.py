"""From objects to bytes.

Every read goes through the base type's own method (`list.__iter__(value)`), never the value's: the encoder reports
what a value holds, not what it claims. One encoder serves one message; containers keep their identity within it.
"""

import collections
import datetime
import decimal
import fractions
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trl_rlvr.sandbox.codec import tags
from trl_rlvr.sandbox.codec.table import Table
from trl_rlvr.sandbox.codec.tags import RefusedValue

_LENGTH = struct.Struct("<I")
_BASES: tuple[type, ...] = (
    bool, int, float, complex, str, bytes, bytearray, collections.Counter, collections.OrderedDict,
    collections.defaultdict, dict, list, tuple, set, frozenset, collections.deque, decimal.Decimal, fractions.Fraction,
    datetime.datetime, datetime.date, datetime.time, datetime.timedelta,
)  # fmt: skip
"""Bases that a subclass crosses as, the more special first."""
_PLAIN: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__pos__,
    complex: complex.__pos__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
}
"""Functions that return the exact base value of an instance of a subclass."""

_HASHED_BY_ITEMS = frozenset((tuple, frozenset))
"""A reference to one of them would not tell what its items hash to."""

Other = Callable[["Encoder", Any], None]
SIMPLE: dict[type, Other] = {}
"""Writers by exact type, of values that hold no others; `writers` fills these tables."""
CONTAINERS: dict[type, Other] = {}
"""Writers of containers."""
SPECIAL: list[Callable[["Encoder", Any], bool]] = []
"""Writers that look at the value first: each says whether it was one of its own."""


class Encoder:
    """Writes values one after another into `out`.

    Args:
        other: called with the encoder and a value that is no plain data; by default such a value crosses as opaque.
        table: containers that the reader already holds; new ones join them.
        stays: says whether instances of a class stay with the writer although its base is plain data.
        constants: names of what crosses by name, by identity; all of `tags.CONSTANT_NAMES` only where a test writes.
    """

    def __init__(
        self,
        other: Other | None = None,
        table: Table | None = None,
        stays: Callable[[type], bool] | None = None,
        constants: Mapping[int, str] = tags.PURE_NAMES,
    ) -> None:
        self.out = bytearray()
        self.numbered: list[Any] = [] if table is None else table.objects
        """Every container by number; a reference to each keeps its id from being used again."""
        self._numbers: dict[int, int] = {} if table is None else table.numbers
        self._other = other
        self._stays = stays
        self.constants = constants
        self.in_key = False
        """Whether what is being written is a key, or an item of a set."""
        self._depth = 0

    def length(self, number: int) -> None:
        """Write a length or a number from 0 to 2**32 - 1."""
        if number < 255:
            self.out.append(number)
        else:
            self.out.append(255)
            self.out += _LENGTH.pack(number)

    def text(self, text: str) -> None:
        """Write a string without a tag."""
        data = str.encode(text, "utf-8", "surrogatepass")
        self.length(len(data))
        self.out += data

    def number(self, value: object) -> None:
        """Give a container the next number, so that later occurrences are references to it."""
        self._numbers[id(value)] = len(self.numbered)
        self.numbered.append(value)

    def value(self, value: Any) -> None:
        """Write one value with its tag.

        Raises:
            RefusedValue: the value is nested too deeply or holds too large a number.
        """
        kind = type(value)
        writer = SIMPLE.get(kind)
        if writer is not None:
            writer(self, value)
            return
        reference = self._numbers.get(id(value))
        if reference is not None and not (self.in_key and kind in _HASHED_BY_ITEMS):
            self.out.append(tags.REF)
            self.length(reference)
        elif (container := CONTAINERS.get(kind)) is not None:
            self.contained(container, value)
        else:
            self._unusual(value, kind)

    @property
    def takes_others(self) -> bool:
        """Whether what is no plain data crosses as something better than opaque."""
        return self._other is not None

    def contained(self, writer: Other, value: Any) -> None:
        """Write a container, one level deeper.

        Raises:
            RefusedValue: that is too deep.
        """
        if self._depth >= tags.MAX_DEPTH:
            raise RefusedValue(f"a value is nested more than {tags.MAX_DEPTH} deep")
        self._depth += 1
        writer(self, value)
        self._depth -= 1

    def items(self, values: Iterable[Any], count: int) -> None:
        """Write `count` values."""
        self.length(count)
        write = self.value
        for value in values:
            write(value)

    def key(self, value: Any) -> None:
        """Write a value that the reader will hash."""
        before, self.in_key = self.in_key, self.takes_others
        self.value(value)
        self.in_key = before

    def keys(self, values: Iterable[Any], count: int) -> None:
        """Write `count` values that the reader will hash."""
        before, self.in_key = self.in_key, self.takes_others
        self.items(values, count)
        self.in_key = before

    def _unusual(self, value: Any, kind: type) -> None:
        name = self.constants.get(id(value))
        if name is not None:
            self.out.append(tags.CONSTANT)
            self.text(name)
            return
        mro = type.__dict__["__mro__"].__get__(kind)
        if any(write(self, value) for write in SPECIAL):
            return
        base = next((base for base in _BASES if base in mro), None)
        if base is None or self.stays(kind, base):
            self.other(value)
            return
        writer = SIMPLE.get(base)
        if writer is not None:
            writer(self, _PLAIN[base](value) if base in _PLAIN else value)
        else:
            self.contained(CONTAINERS[base], value)

    def stays(self, kind: type, base: type) -> bool:
        """Say whether instances of a subclass stay with the writer: a copy would not show what they do and become."""
        return self.takes_others and (base in tags.MUTABLE or (self._stays is not None and self._stays(kind)))

    def other(self, value: Any) -> None:
        """Write what is no plain data."""
        if self._other is not None:
            self._other(self, value)
        else:
            self.out.append(tags.OPAQUE)
            self.text(type.__dict__["__name__"].__get__(type(value))[: tags.MAX_NAME])
