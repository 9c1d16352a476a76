"""Writers by type: each reads through the base type's own methods, so that a value's own code never runs."""

import collections
import datetime
import decimal
import fractions
import pathlib
import sys
from collections.abc import Callable
from typing import Any

from trl_rlvr.sandbox.codec import tags
from trl_rlvr.sandbox.codec.encoder import CONTAINERS, SIMPLE, SPECIAL, Encoder
from trl_rlvr.sandbox.codec.named_tuples import write_named_tuple
from trl_rlvr.sandbox.codec.tags import FLOAT_FORMAT, RefusedValue


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


def _bool(self: Encoder, value: bool) -> None:
    self.out.append(tags.TRUE if value else tags.FALSE)


def _tag(tag: int) -> Callable[[Encoder, Any], None]:
    return lambda self, value: self.out.append(tag)


def _fields(tag: int, read: Callable[[Any], tuple[Any, ...]]) -> Callable[[Encoder, Any], None]:
    """Write a value as the tuple of its parts."""

    def write(self: Encoder, value: Any) -> None:
        self.out.append(tag)
        for part in read(value):
            self.value(part)

    return write


def _list(self: Encoder, value: list[Any]) -> None:
    self.number(value)
    self.out.append(tags.LIST)
    self.items(list(list.__iter__(value)), list.__len__(value))


def _set(self: Encoder, value: set[Any]) -> None:
    self.number(value)
    self.out.append(tags.SET)
    self.keys(list(set.__iter__(value)), set.__len__(value))


def _tuple(self: Encoder, value: tuple[Any, ...]) -> None:
    # Numbered after its items, as the reader can build it only then.
    self.out.append(tags.TUPLE)
    self.items(tuple.__iter__(value), tuple.__len__(value))
    self.number(value)


def _frozenset(self: Encoder, value: frozenset[Any]) -> None:
    self.out.append(tags.FROZENSET)
    self.keys(list(frozenset.__iter__(value)), frozenset.__len__(value))
    self.number(value)


def _mapping(tag: int, base: Any, head: Callable[[Encoder, Any], None] | None = None) -> Callable[[Encoder, Any], None]:
    def write(self: Encoder, value: Any) -> None:
        self.number(value)
        self.out.append(tag)
        if head is not None:
            head(self, value)
        pairs = list(base.items(value))
        self.length(len(pairs))
        write_key = self.key if self.takes_others else self.value
        for key, item in pairs:
            write_key(key)
            self.value(item)

    return write


def _factory(self: Encoder, value: Any) -> None:
    factory = collections.defaultdict.__dict__["default_factory"].__get__(value)
    self.value(factory if id(factory) in self.constants or self.takes_others else None)


def _deque(self: Encoder, value: Any) -> None:
    self.number(value)
    self.out.append(tags.DEQUE)
    self.value(collections.deque.__dict__["maxlen"].__get__(value))
    self.items(list(collections.deque.__iter__(value)), collections.deque.__len__(value))


def _bytearray(self: Encoder, value: Any) -> None:
    self.number(value)
    self.out.append(tags.BYTEARRAY)
    _bytes(self, bytes(value))


def _timezone(value: datetime.timezone) -> tuple[Any, ...]:
    return (value.utcoffset(None),)


def _numpy(self: Encoder, value: Any) -> bool:
    """Write a numpy scalar as the Python number it holds, an array of numbers as its bytes; say whether it was one."""
    if "numpy" not in sys.modules:
        return False
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


SIMPLE.update({
    type(None): _tag(tags.NONE),
    bool: _bool,
    int: _int,
    float: _float,
    complex: _complex,
    str: _str,
    bytes: _bytes,
    range: _fields(tags.RANGE, lambda value: (value.start, value.stop, value.step)),
    decimal.Decimal: _fields(tags.DECIMAL, lambda value: (decimal.Decimal.__str__(value),)),
    fractions.Fraction: _fields(tags.FRACTION, lambda value: (value._numerator, value._denominator)),
    datetime.date: _fields(tags.DATE, lambda value: (value.year, value.month, value.day)),
    datetime.time: _fields(
        tags.TIME, lambda value: (value.hour, value.minute, value.second, value.microsecond, value.fold, value.tzinfo)
    ),
    datetime.datetime: _fields(
        tags.DATETIME,
        lambda value: (
            value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond, value.fold,
            value.tzinfo,
        ),
    ),
    datetime.timedelta: _fields(tags.TIMEDELTA, lambda value: (value.days, value.seconds, value.microseconds)),
    datetime.timezone: _fields(tags.TIMEZONE, _timezone),
    pathlib.PosixPath: _fields(tags.PATH, lambda value: (pathlib.PurePath.__str__(value),)),
    pathlib.PurePosixPath: _fields(tags.PATH, lambda value: (pathlib.PurePath.__str__(value),)),
})  # fmt: skip

CONTAINERS.update(
    {
        list: _list,
        set: _set,
        bytearray: _bytearray,
        tuple: _tuple,
        frozenset: _frozenset,
        dict: _mapping(tags.DICT, dict),
        collections.Counter: _mapping(tags.COUNTER, dict),
        collections.OrderedDict: _mapping(tags.ORDERED_DICT, collections.OrderedDict),
        collections.defaultdict: _mapping(tags.DEFAULT_DICT, dict, _factory),
        collections.deque: _deque,
    }
)

SPECIAL += [write_named_tuple, _numpy]
