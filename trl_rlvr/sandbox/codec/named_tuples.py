"""Named tuples: how they are told from other tuples, written with the names of their fields, and made anew."""

import collections
import re
from typing import Any

from trl_rlvr.sandbox.codec import tags
from trl_rlvr.sandbox.codec.decoder import Decoder
from trl_rlvr.sandbox.codec.encoder import Encoder
from trl_rlvr.sandbox.codec.tags import RefusedValue

_GIVEN = frozenset(vars(collections.namedtuple("Plain", ()))) | {
    "__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__", "__classcell__", "__dict__",
    "__firstlineno__", "__orig_bases__", "__static_attributes__", "__weakref__",
}  # fmt: skip
_NAME = re.compile(r"[^\W\d]\w*\Z")
_NAMED: dict[tuple[str, tuple[str, ...]], Any] = {}
_MAX_NAMED = 256


def is_named_tuple(kind: type, mro: tuple[type, ...]) -> bool:
    """Say whether a type is one that `collections.namedtuple` made, without asking the type."""
    fields = type.__dict__["__dict__"].__get__(kind).get("_fields")
    return len(mro) == 3 and mro[1] is tuple and type(fields) is tuple and all(type(name) is str for name in fields)


def has_own_methods(kind: type) -> bool:
    """Say whether a named tuple's class defines more than its fields, as those of `typing.NamedTuple` may."""
    body = type.__dict__["__dict__"].__get__(kind)
    return not _GIVEN.union(body["_fields"]).issuperset(body)


def write_named_tuple(encoder: Encoder, value: Any) -> bool:
    """Write a named tuple with the names of its fields; say whether it was one."""
    kind = type(value)
    if not is_named_tuple(kind, type.__dict__["__mro__"].__get__(kind)):
        return False
    if has_own_methods(kind) and encoder.stays(kind, tuple):
        return False
    encoder.contained(_write, value)
    return True


def _write(self: Encoder, value: Any) -> None:
    kind = type(value)
    names = type.__dict__["__dict__"].__get__(kind)["_fields"]
    self.out.append(tags.NAMED_TUPLE)
    self.text(type.__dict__["__name__"].__get__(kind)[: tags.MAX_NAME])
    self.length(len(names))
    for name in names:
        self.text(name[: tags.MAX_NAME])
    self.items(tuple.__iter__(value), tuple.__len__(value))
    self.number(value)


def read_named_tuple(self: Decoder) -> Any:
    """Read a named tuple, as one of a class of that name and those fields."""
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
        kind = _NAMED[name, names] = collections.namedtuple(name, names, rename=True, module=tags.SOLUTION)
    items = self.items()
    if len(items) != len(names):
        raise RefusedValue("a named tuple has more or fewer items than names")
    if any(callable(item) and name in tags.CLAIMS for name, item in zip(names, items, strict=True)):
        raise RefusedValue("a named tuple has a function in the place of a method")
    return self.number(tuple.__new__(kind, items))
