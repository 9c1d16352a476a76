"""From objects to bytes.

Every read goes through the base type's own method (`list.__iter__(value)`), never the value's: the encoder reports
what a value holds, not what it claims. One encoder serves one message; containers keep their identity within it.
"""

import array
import collections
import datetime
import decimal
import fractions
import pathlib
import struct
import sys
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from trl_rlvr.sandbox.values import tags
from trl_rlvr.sandbox.values.tags import FLOAT_FORMAT, RefusedValue

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
"""How to get the exact base value out of an instance of a subclass."""

Other = Callable[["Encoder", Any], None]


class Encoder:
    """Writes values one after another into `out`.

    Args:
        other: called with the encoder and a value that is no plain data; by default such a value crosses as opaque.
        known: containers that the reader already holds, in the order of their numbers.
        subclasses: called with the encoder, the value and its base before a subclass's base value is written.
    """

    def __init__(
        self,
        other: Other | None = None,
        known: Iterable[object] = (),
        subclasses: Callable[["Encoder", Any, type], None] | None = None,
    ) -> None:
        self.out = bytearray()
        self.numbered: list[object] = list(known)
        """Every container by number; holding them keeps their ids from being used again."""
        self._numbers = {id(value): index for index, value in enumerate(self.numbered)}
        self._other = other
        self._subclasses = subclasses
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
        writer = _WRITERS.get(kind)
        if writer is not None:
            writer(self, value)
            return
        reference = self._numbers.get(id(value))
        if reference is not None:
            self.out.append(tags.REF)
            self.length(reference)
        elif (container := _CONTAINERS.get(kind)) is not None:
            self._contained(container, value)
        else:
            self._unusual(value, kind)

    def contents(self, value: Any) -> None:
        """Write what a mutable container of an exact base type holds now, for a reader that has the container."""
        kind = type(value)
        if kind in (bytearray, array.array):
            self.value(bytes(value))
        elif issubclass(kind, dict):
            self.length(len(value))
            for key, item in kind.items(value):
                self.value(key)
                self.value(item)
        else:
            self.items(list(kind.__iter__(value)), kind.__len__(value))

    def _contained(self, writer: Callable[["Encoder", Any], None], value: Any) -> None:
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

    def _unusual(self, value: Any, kind: type) -> None:
        name = tags.CONSTANT_NAMES.get(id(value))
        if name is not None:
            self.out.append(tags.CONSTANT)
            self.text(name)
            return
        mro = type.__dict__["__mro__"].__get__(kind)
        if _is_named_tuple(kind, mro):
            self._contained(_named_tuple, value)
            return
        if "numpy" in sys.modules and _numpy(self, value):
            return
        base = next((base for base in _BASES if base in mro), None)
        if base is None:
            self.other(value)
            return
        if self._subclasses is not None:
            self._subclasses(self, value, base)
        writer = _WRITERS.get(base)
        if writer is not None:
            writer(self, _PLAIN[base](value) if base in _PLAIN else value)
        else:
            self._contained(_CONTAINERS[base], value)

    def other(self, value: Any) -> None:
        """Write what is no plain data."""
        if self._other is not None:
            self._other(self, value)
        else:
            self.out.append(tags.OPAQUE)
            self.text(type.__dict__["__name__"].__get__(type(value))[: tags.MAX_NAME])


def _int(self: Encoder, value: int) -> None:
    if -64 <= value < 128:
        self.out.append(tags.INT)
        self.out.append(int.__add__(value, 64))
        return
    size = (int.bit_length(value) + 8) // 8
    if size > tags.MAX_INT_BYTES:
        raise RefusedValue(f"an integer has more than {8 * tags.MAX_INT_BYTES} bits")
    self.out.append(tags.BIG_INT)
    self.length(size)
    self.out += int.to_bytes(value, size, "little", signed=True)


def _float(self: Encoder, value: float) -> None:
    self.out.append(tags.FLOAT)
    self.out += FLOAT_FORMAT.pack(float.__pos__(value))


def _complex(self: Encoder, value: complex) -> None:
    value = complex.__pos__(value)
    self.out.append(tags.COMPLEX)
    self.out += FLOAT_FORMAT.pack(value.real) + FLOAT_FORMAT.pack(value.imag)


def _str(self: Encoder, value: str) -> None:
    self.out.append(tags.STR)
    self.text(value)


def _bytes(self: Encoder, value: bytes) -> None:
    self.out.append(tags.BYTES)
    self.length(bytes.__len__(value))
    self.out += value


def _tag(tag: int) -> Callable[[Encoder, Any], None]:
    return lambda self, value: self.out.append(tag)


def _fields(tag: int, read: Callable[[Any], tuple[Any, ...]]) -> Callable[[Encoder, Any], None]:
    """Write a value as the tuple of its parts."""

    def write(self: Encoder, value: Any) -> None:
        self.out.append(tag)
        for part in read(value):
            self.value(part)

    return write


def _sequence(tag: int, base: Any) -> Callable[[Encoder, Any], None]:
    def write(self: Encoder, value: Any) -> None:
        self.number(value)
        self.out.append(tag)
        self.items(list(base.__iter__(value)), base.__len__(value))

    return write


def _tuple(self: Encoder, value: tuple[Any, ...]) -> None:
    # Numbered after its items, as the reader can build it only then.
    self.out.append(tags.TUPLE)
    self.items(tuple.__iter__(value), tuple.__len__(value))
    self.number(value)


def _frozenset(self: Encoder, value: frozenset[Any]) -> None:
    self.out.append(tags.FROZENSET)
    self.items(list(frozenset.__iter__(value)), frozenset.__len__(value))
    self.number(value)


def _mapping(tag: int, base: Any, head: Callable[[Encoder, Any], None] | None = None) -> Callable[[Encoder, Any], None]:
    def write(self: Encoder, value: Any) -> None:
        self.number(value)
        self.out.append(tag)
        if head is not None:
            head(self, value)
        pairs = list(base.items(value))
        self.length(len(pairs))
        for key, item in pairs:
            self.value(key)
            self.value(item)

    return write


def _factory(self: Encoder, value: Any) -> None:
    factory = collections.defaultdict.__dict__["default_factory"].__get__(value)
    self.value(factory if id(factory) in tags.CONSTANT_NAMES or self._other is not None else None)


def _deque(self: Encoder, value: Any) -> None:
    self.number(value)
    self.out.append(tags.DEQUE)
    self.value(collections.deque.__dict__["maxlen"].__get__(value))
    self.items(list(collections.deque.__iter__(value)), collections.deque.__len__(value))


def _bytearray(self: Encoder, value: Any) -> None:
    self.number(value)
    self.out.append(tags.BYTEARRAY)
    _bytes(self, bytes(value))


def _chain_map(self: Encoder, value: Any) -> None:
    self.number(value)
    self.out.append(tags.CHAIN_MAP)
    self.value(list(value.maps))


def _array(self: Encoder, value: Any) -> None:
    self.number(value)
    self.out.append(tags.ARRAY)
    self.text(value.typecode)
    self.value(value.tobytes())


def _view(tag: int) -> Callable[[Encoder, Any], None]:
    def write(self: Encoder, value: Any) -> None:
        self.out.append(tag)
        self.items(list(value), len(value))

    return write


def _is_named_tuple(kind: type, mro: tuple[type, ...]) -> bool:
    fields = type.__dict__["__dict__"].__get__(kind).get("_fields")
    return len(mro) == 3 and mro[1] is tuple and type(fields) is tuple and all(type(name) is str for name in fields)


def _named_tuple(self: Encoder, value: Any) -> None:
    kind = type(value)
    names = type.__dict__["__dict__"].__get__(kind)["_fields"]
    self.out.append(tags.NAMED_TUPLE)
    self.text(type.__dict__["__name__"].__get__(kind)[: tags.MAX_NAME])
    self.length(len(names))
    for name in names:
        self.text(name[: tags.MAX_NAME])
    self.items(tuple.__iter__(value), tuple.__len__(value))
    self.number(value)


def _timezone(value: datetime.timezone) -> tuple[Any, ...]:
    return (value.utcoffset(None),)


def _zone(value: Any) -> Any:
    """Return the zone of a time if it is a fixed offset; other zones do not cross, so their offset stands for them."""
    if value.tzinfo is None or type(value.tzinfo) is datetime.timezone:
        return value.tzinfo
    offset = value.utcoffset()
    return None if offset is None else datetime.timezone(offset)


def _numpy(self: Encoder, value: Any) -> bool:
    """Write a numpy scalar as the Python number it holds, an array of numbers as its bytes; say whether it was one."""
    numpy = sys.modules["numpy"]
    kind = type(value)
    if isinstance(numpy.generic, type) and numpy.generic in type.__dict__["__mro__"].__get__(kind):
        item = numpy.generic.item(value)  # type: ignore[attr-defined]  # the check before is for a tampered module
        if type(item) in (bool, int, float, complex, str, bytes):
            self.value(item)
            return True
    elif kind is numpy.ndarray and value.dtype.kind in "biufc" and value.dtype.itemsize <= 16:
        self.out.append(tags.NDARRAY)
        self.text(value.dtype.str)
        self.items(value.shape, value.ndim)
        self.value(value.tobytes())
        return True
    return False


_WRITERS: dict[type, Callable[[Encoder, Any], None]] = {
    type(None): _tag(tags.NONE),
    bool: lambda self, value: self.out.append(tags.TRUE if value else tags.FALSE),
    int: _int,
    float: _float,
    complex: _complex,
    str: _str,
    bytes: _bytes,
    range: _fields(tags.RANGE, lambda value: (value.start, value.stop, value.step)),
    slice: _fields(tags.SLICE, lambda value: (value.start, value.stop, value.step)),
    decimal.Decimal: _fields(tags.DECIMAL, lambda value: (decimal.Decimal.__str__(value),)),
    fractions.Fraction: _fields(tags.FRACTION, lambda value: (value._numerator, value._denominator)),
    datetime.date: _fields(tags.DATE, lambda value: (value.year, value.month, value.day)),
    datetime.time: _fields(
        tags.TIME, lambda value: (value.hour, value.minute, value.second, value.microsecond, value.fold, _zone(value))
    ),
    datetime.datetime: _fields(
        tags.DATETIME,
        lambda value: (
            value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond, value.fold,
            _zone(value),
        ),
    ),
    datetime.timedelta: _fields(tags.TIMEDELTA, lambda value: (value.days, value.seconds, value.microseconds)),
    datetime.timezone: _fields(tags.TIMEZONE, _timezone),
    uuid.UUID: _fields(tags.UUID, lambda value: (value.bytes,)),
    pathlib.PosixPath: _fields(tags.PATH, lambda value: (pathlib.PurePath.__str__(value),)),
    pathlib.PurePosixPath: _fields(tags.PATH, lambda value: (pathlib.PurePath.__str__(value),)),
}  # fmt: skip

_CONTAINERS: dict[type, Callable[[Encoder, Any], None]] = {
    list: _sequence(tags.LIST, list),
    set: _sequence(tags.SET, set),
    bytearray: _bytearray,
    tuple: _tuple,
    type({}.keys()): _view(tags.DICT_KEYS),
    type({}.items()): _view(tags.DICT_ITEMS),
    type({}.values()): _view(tags.DICT_VALUES),
    frozenset: _frozenset,
    dict: _mapping(tags.DICT, dict),
    collections.Counter: _mapping(tags.COUNTER, dict),
    collections.OrderedDict: _mapping(tags.ORDERED_DICT, collections.OrderedDict),
    collections.defaultdict: _mapping(tags.DEFAULT_DICT, dict, _factory),
    collections.deque: _deque,
    collections.ChainMap: _chain_map,
    array.array: _array,
}
