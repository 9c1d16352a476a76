"""From bytes to plain objects, under a budget.

The bytes may be hostile. What is wrong with them is a `RefusedValue`; nothing expands lazily, hashes a flood of
colliding keys, or calls anything that came with the data.
"""

import array
import collections
import datetime
import decimal
import fractions
import math
import pathlib
import re
import struct
import uuid
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any

from trl_rlvr.sandbox.values import tags
from trl_rlvr.sandbox.values.tags import FLOAT_FORMAT, Opaque, RefusedValue

_LENGTH = struct.Struct("<I")
_DECIMAL = re.compile(
    r"-?(?:(\d+)(?:\.\d*)?(?:[eE]([+-]?\d{1,6}))?|\.\d+(?:[eE]([+-]?\d{1,6}))?|inf|infinity|s?nan\d*)\Z", re.I
)
_NAME = re.compile(r"[^\W\d]\w*\Z")
_MALFORMED = (IndexError, KeyError, ValueError, TypeError, OverflowError, ArithmeticError, struct.error, RecursionError)
_SCALARS = frozenset((bool, int, float, complex, str, bytes, type(None)))


class Budget:
    """What one program may send over all its messages: nodes, and distinct keys of equal hash."""

    def __init__(self, nodes: int = 1_000_000) -> None:
        self.nodes = nodes
        self._keys: dict[int, list[Any]] = {}

    def key(self, key: Any) -> None:
        """Count a key of a set or a mapping.

        Raises:
            RefusedValue: too many distinct keys share its hash, or it has none.
        """
        try:
            bucket = self._keys.setdefault(hash(key), [])
        except TypeError as error:
            raise RefusedValue("a key is not hashable") from error
        if not any(type(other) is type(key) and other == key for other in bucket):
            bucket.append(key)
            if len(bucket) > tags.MAX_COLLISIONS:
                raise RefusedValue(f"more than {tags.MAX_COLLISIONS} keys share one hash")


class Decoder:
    """Reads values one after another from `data`.

    Args:
        data: what an `Encoder` wrote, or anything at all.
        budget: shared by all messages of one program.
        handle: called with the decoder where a handle, or a subclass's head, was written; returns what stands for it.
        known: containers that the writer refers to by number; new ones are numbered after them.
    """

    def __init__(
        self,
        data: bytes,
        budget: Budget | None = None,
        handle: Callable[["Decoder", int], Any] | None = None,
        known: Iterable[object] = (),
    ) -> None:
        self.data = data
        self.at = 0
        self.numbered: list[Any] = list(known)
        self.budget = budget or Budget()
        self.costs: dict[int, int] = {}
        """Nodes of each container that was read: a reference to it costs as much as the container itself."""
        self.handle = handle
        self._depth = 0

    def value(self) -> Any:
        """Read one value.

        Raises:
            RefusedValue: malformed, too deep, too big, or over the budget.
        """
        try:
            return self._value()
        except _MALFORMED as error:
            raise RefusedValue(f"an answer is malformed: {type(error).__name__}") from error

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

    def _value(self) -> Any:
        self.budget.nodes -= 1
        if self.budget.nodes < 0:
            raise RefusedValue("the answers hold too many values")
        tag = self.data[self.at]
        self.at += 1
        reader = _SIMPLE.get(tag)
        if reader is not None:
            return reader(self)
        if self._depth >= tags.MAX_DEPTH:
            raise RefusedValue(f"a value is nested more than {tags.MAX_DEPTH} deep")
        self._depth += 1
        before = self.budget.nodes
        value = _READERS[tag](self)
        self._depth -= 1
        self.costs[id(value)] = before - self.budget.nodes
        return value

    def items(self) -> list[Any]:
        """Read a counted run of values."""
        read = self._value
        return [read() for _ in range(self.length())]

    def number(self, value: Any) -> Any:
        """Give a container the next number."""
        self.numbered.append(value)
        return value

    def exactly(self, *kinds: type) -> Any:
        """Read one value that must be of one of `kinds`."""
        value = self._value()
        if type(value) not in kinds:
            raise RefusedValue(f"an answer holds {type(value).__name__} in a wrong place")
        return value

    def change(self, target: Any) -> Callable[[], None] | None:
        """Read what `Encoder.contents` wrote; the result puts it into the container, which keeps its identity.

        None: the container holds just that already.

        Raises:
            RefusedValue: as `value` does.
        """
        try:
            if isinstance(target, bytearray | array.array):
                data = self.exactly(bytes)
                return None if data == bytes(target) else partial(_put_bytes, target, data)
            if isinstance(target, dict):
                pairs = self.pairs()
                return None if _same(target.items(), pairs) else partial(_put_pairs, target, pairs)
            items = self.keys() if isinstance(target, set) else self.items()
            return None if _same(target, items) else partial(_put_items, target, items)
        except _MALFORMED as error:
            raise RefusedValue(f"an answer is malformed: {type(error).__name__}") from error

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
            key = self._value()
            self.budget.key(key)
            pairs.append((key, self._value()))
        return pairs


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
    self.budget.nodes -= self.costs.get(id(value), 0)
    return value


def _constant(self: Decoder) -> Any:
    return tags.CONSTANTS[self.text()]


def _opaque(self: Decoder) -> Opaque:
    return Opaque(self.text())


def _handle(tag: int) -> Callable[[Decoder], Any]:
    def read(self: Decoder) -> Any:
        if self.handle is None:
            raise RefusedValue("an answer holds a handle where only data is allowed")
        return self.handle(self, tag)

    return read


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
    factory = self._value()
    value.default_factory = factory if callable(factory) else None  # a handle, where handles are read, asks the sender
    return value


def _counter(self: Decoder) -> Any:
    value: collections.Counter[Any] = self.number(collections.Counter())
    total = 0
    for key, count in self.pairs():
        total += abs(count) if type(count) is int else tags.MAX_COUNT
        dict.__setitem__(value, key, count)
    if total > tags.MAX_COUNT and all(type(count) is int for count in value.values()):
        raise RefusedValue(f"a Counter counts more than {tags.MAX_COUNT}")
    return value


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


_NAMED: dict[tuple[str, tuple[str, ...]], Any] = {}
_MAX_NAMED = 256


def _named_tuple(self: Decoder) -> Any:
    name, count = self.text(), self.length()
    if count > tags.MAX_FIELDS:
        raise RefusedValue(f"a named tuple has more than {tags.MAX_FIELDS} fields")
    names = tuple(self.text() for _ in range(count))
    kind = _NAMED.get((name, names))
    if kind is None:
        if len(_NAMED) >= _MAX_NAMED:
            _NAMED.clear()
        if any(len(part) > tags.MAX_NAME or _NAME.match(part) is None for part in (name, *names)):
            raise RefusedValue("a named tuple has a malformed name")
        if not tags.PREDICATES.isdisjoint(names):
            raise RefusedValue("a named tuple has a field with the name of a predicate")
        kind = _NAMED[name, names] = collections.namedtuple(name, names, rename=True)
    items = self.items()
    if len(items) != len(names):
        raise RefusedValue("a named tuple has more or fewer items than names")
    return self.number(tuple.__new__(kind, items))


def _chain_map(self: Decoder) -> Any:
    value: collections.ChainMap[Any, Any] = self.number(collections.ChainMap())
    maps = self.exactly(list)
    if len(maps) > tags.MAX_FIELDS:
        raise RefusedValue(f"a ChainMap has more than {tags.MAX_FIELDS} maps")
    value.maps = [part for part in maps if isinstance(part, dict)] or [{}]
    return value


def _array(self: Decoder) -> Any:
    index = len(self.numbered)
    self.number(None)
    value = array.array(self.text())
    value.frombytes(self.exactly(bytes))
    self.numbered[index] = value
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


def _items_view(self: Decoder) -> Any:
    pairs = [tuple(pair) for pair in self.items() if type(pair) is tuple and len(pair) == 2]
    for key, _ in pairs:
        self.budget.key(key)
    return dict(pairs).items()


_SIMPLE: dict[int, Callable[[Decoder], Any]] = {
    tags.NONE: lambda self: None,
    tags.TRUE: lambda self: True,
    tags.FALSE: lambda self: False,
    tags.INT: _small_int,
    tags.BIG_INT: _big_int,
    tags.FLOAT: _float,
    tags.COMPLEX: lambda self: complex(_float(self), _float(self)),
    tags.STR: Decoder.text,
    tags.BYTES: Decoder.raw,
    tags.REF: _reference,
    tags.CONSTANT: _constant,
    tags.OPAQUE: _opaque,
}

_READERS: dict[int, Callable[[Decoder], Any]] = {
    tags.LIST: _list,
    tags.TUPLE: lambda self: self.number(tuple(self.items())),
    tags.SET: _set,
    tags.FROZENSET: lambda self: self.number(frozenset(self.keys())),
    tags.DICT: _mapping(lambda self: self.number({})),
    tags.RANGE: _range,
    tags.BYTEARRAY: _bytearray,
    tags.SLICE: lambda self: slice(self._value(), self._value(), self._value()),
    tags.DEQUE: _deque,
    tags.COUNTER: _counter,
    tags.ORDERED_DICT: _ordered_dict,
    tags.DEFAULT_DICT: _mapping(_default_dict),
    tags.NAMED_TUPLE: _named_tuple,
    tags.CHAIN_MAP: _chain_map,
    tags.ARRAY: _array,
    tags.DECIMAL: _decimal,
    tags.FRACTION: _fraction,
    tags.DATE: lambda self: datetime.date(self.exactly(int), self.exactly(int), self.exactly(int)),
    tags.TIME: _time,
    tags.DATETIME: _datetime,
    tags.TIMEDELTA: lambda self: datetime.timedelta(self.exactly(int), self.exactly(int), self.exactly(int)),
    tags.TIMEZONE: _timezone,
    tags.UUID: lambda self: uuid.UUID(bytes=self.exactly(bytes)),
    tags.PATH: lambda self: pathlib.PurePosixPath(self.exactly(str)),
    tags.NDARRAY: _ndarray,
    tags.DICT_KEYS: lambda self: dict.fromkeys(self.keys()).keys(),
    tags.DICT_ITEMS: lambda self: _items_view(self),
    tags.DICT_VALUES: lambda self: dict(enumerate(self.items())).values(),
    tags.HANDLE: _handle(tags.HANDLE),
    tags.SUBCLASS: _handle(tags.SUBCLASS),
}
