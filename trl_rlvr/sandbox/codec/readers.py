"""Readers by tag: they make plain objects only, within the limits of `tags`.

Nothing here trusts what it reads, and nothing calls anything that came with it.
"""

import collections
import datetime
import decimal
import fractions
import math
import pathlib
import re
from collections.abc import Callable, Collection
from typing import Any

from trl_rlvr.sandbox.codec import tags
from trl_rlvr.sandbox.codec.decoder import CONTAINERS, SIMPLE, Decoder
from trl_rlvr.sandbox.codec.named_tuples import read_named_tuple
from trl_rlvr.sandbox.codec.tags import FLOAT_FORMAT, FORGOTTEN, Opaque, RefusedValue

_DECIMAL = re.compile(
    r"-?(?:(\d+)(?:\.\d*)?(?:[eE]([+-]?\d{1,6}))?|\.\d+(?:[eE]([+-]?\d{1,6}))?|inf|infinity|s?nan\d*)\Z", re.I
)


def _big_int(self: Decoder) -> int:
    data = self.raw()
    if len(data) > tags.MAX_INT_BYTES:
        raise RefusedValue(f"an integer has more than {8 * tags.MAX_INT_BYTES} bits")
    return int.from_bytes(data, "little", signed=True)


def _small_int(self: Decoder) -> int:
    self.at += 1
    return self.data[self.at - 1] - 64


def _float(self: Decoder) -> float:
    (number,) = FLOAT_FORMAT.unpack_from(self.data, self.at)
    self.at += FLOAT_FORMAT.size
    return float(number)


def _reference(self: Decoder) -> Any:
    value = self.numbered[self.length()]
    if value is FORGOTTEN:
        raise KeyError("a container that is no longer shared")
    self.budget.nodes -= self.costs.get(id(value), 0)
    return value


def _constant(self: Decoder) -> Any:
    return self.constants[self.text()]


def _opaque(self: Decoder) -> Opaque:
    return Opaque(self.text())


def _handle(self: Decoder) -> Any:
    if self.handle is None:
        raise RefusedValue("an answer holds a handle where only data is allowed")
    return self.handle(self)


def _list(self: Decoder) -> list[Any]:
    value: list[Any] = self.number([])
    value.extend(self.items())
    return value


def _set(self: Decoder) -> set[Any]:
    value: set[Any] = self.number(set())
    value.update(self.keys())
    return value


def _mapping(make: Callable[[Decoder], Any]) -> Callable[[Decoder], Any]:
    def read(self: Decoder) -> Any:
        value = make(self)
        for key, item in self.pairs():
            dict.__setitem__(value, key, item)
        return value

    return read


def _default_dict(self: Decoder) -> Any:
    value: collections.defaultdict[Any, Any] = self.number(collections.defaultdict())
    factory = self.item()
    value.default_factory = factory if callable(factory) else None  # a handle, where handles are read, asks the sender
    return value


def _counter(self: Decoder) -> Any:
    value: collections.Counter[Any] = self.number(collections.Counter())
    for key, count in self.pairs():
        dict.__setitem__(value, key, count)
    require_countable(value.values())
    return value


def require_countable(counts: Collection[Any]) -> None:
    """Refuse a Counter whose `elements` would be a flood.

    Raises:
        RefusedValue: the counts are whole numbers, and together more than `MAX_COUNT`.
    """
    if all(type(count) is int for count in counts) and sum(map(abs, counts)) > tags.MAX_COUNT:
        raise RefusedValue(f"a Counter counts more than {tags.MAX_COUNT}")


def _ordered_dict(self: Decoder) -> Any:
    value: collections.OrderedDict[Any, Any] = self.number(collections.OrderedDict())
    for key, item in self.pairs():
        value[key] = item
    return value


def _deque(self: Decoder) -> Any:
    index = len(self.numbered)
    self.number(None)
    maxlen = self.exactly(type(None), int)
    value: collections.deque[Any] = collections.deque(maxlen=maxlen)
    self.numbered[index] = value
    value.extend(self.items())
    return value


def _range(self: Decoder) -> range:
    value = range(self.exactly(int), self.exactly(int), self.exactly(int))
    if abs(value.stop - value.start) // abs(value.step) > tags.MAX_RANGE:
        raise RefusedValue(f"a range has more than {tags.MAX_RANGE} items")
    return value


def _bytearray(self: Decoder) -> bytearray:
    value: bytearray = self.number(bytearray())
    value.extend(self.exactly(bytes))
    return value


def _decimal(self: Decoder) -> decimal.Decimal:
    text = self.exactly(str)
    match = _DECIMAL.match(text) if len(text) <= tags.MAX_DECIMAL_CHARS else None
    if match is None or abs(int(match[2] or match[3] or 0)) > tags.MAX_DECIMAL_EXPONENT:
        raise RefusedValue("a Decimal is malformed or too large")
    return decimal.Decimal(text)


def _fraction(self: Decoder) -> fractions.Fraction:
    above, below = self.exactly(int), self.exactly(int)
    if (
        max(above.bit_length(), below.bit_length()) > tags.MAX_RATIONAL_BITS
        or below <= 0
        or math.gcd(above, below) != 1
    ):
        raise RefusedValue("a Fraction is too large or not in lowest terms")
    return fractions.Fraction(above, below)


def _time_parts(self: Decoder, count: int) -> tuple[list[int], int, Any]:
    parts = [self.exactly(int) for _ in range(count)]
    return parts, self.exactly(int), self.exactly(type(None), datetime.timezone)


def _time(self: Decoder) -> datetime.time:
    parts, fold, zone = _time_parts(self, 4)
    return datetime.time(parts[0], parts[1], parts[2], parts[3], tzinfo=zone, fold=fold)


def _datetime(self: Decoder) -> datetime.datetime:
    parts, fold, zone = _time_parts(self, 7)
    return datetime.datetime(*parts, tzinfo=zone, fold=fold)  # type: ignore[misc, arg-type]  # seven plain integers


def _timezone(self: Decoder) -> datetime.timezone:
    zone = datetime.timezone(self.exactly(datetime.timedelta))
    return datetime.UTC if zone == datetime.UTC else zone


def _ndarray(self: Decoder) -> Any:
    kind, shape, data = self.text(), self.items(), self.exactly(bytes)
    try:
        import numpy
    except ImportError:
        return Opaque("ndarray")
    if re.fullmatch(r"[<>|=][biufc]\d{1,2}", kind) is None or any(type(size) is not int for size in shape):
        raise RefusedValue("an array has a malformed type or shape")
    return numpy.frombuffer(bytearray(data), dtype=kind).reshape(shape)


SIMPLE.update(
    {
        tags.NONE: lambda self: None,
        tags.TRUE: lambda self: True,
        tags.FALSE: lambda self: False,
        tags.INT: _small_int,
        tags.BIG_INT: _big_int,
        tags.FLOAT: _float,
        tags.COMPLEX: lambda self: complex(_float(self), _float(self)),
        tags.STR: lambda self: self.text(),
        tags.BYTES: lambda self: self.raw(),
        tags.REF: _reference,
        tags.CONSTANT: _constant,
        tags.OPAQUE: _opaque,
    }
)

CONTAINERS.update(
    {
        tags.LIST: _list,
        tags.TUPLE: lambda self: self.number(tuple(self.items())),
        tags.SET: _set,
        tags.FROZENSET: lambda self: self.number(frozenset(self.keys())),
        tags.DICT: _mapping(lambda self: self.number({})),
        tags.RANGE: _range,
        tags.BYTEARRAY: _bytearray,
        tags.DEQUE: _deque,
        tags.COUNTER: _counter,
        tags.ORDERED_DICT: _ordered_dict,
        tags.DEFAULT_DICT: _mapping(_default_dict),
        tags.NAMED_TUPLE: read_named_tuple,
        tags.DECIMAL: _decimal,
        tags.FRACTION: _fraction,
        tags.DATE: lambda self: datetime.date(self.exactly(int), self.exactly(int), self.exactly(int)),
        tags.TIME: _time,
        tags.DATETIME: _datetime,
        tags.TIMEDELTA: lambda self: datetime.timedelta(self.exactly(int), self.exactly(int), self.exactly(int)),
        tags.TIMEZONE: _timezone,
        tags.PATH: lambda self: pathlib.PurePosixPath(self.exactly(str)),
        tags.NDARRAY: _ndarray,
        tags.HANDLE: _handle,
    }
)
