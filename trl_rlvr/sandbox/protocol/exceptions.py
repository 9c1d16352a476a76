"""Exceptions as data: the names that both ends use for a class, and the arguments that cross.

Beside the builtin ones these are the classes of those standard modules that work on data: none whose exceptions steer
a test runner or an event loop.
"""

import builtins
import importlib
import sys
from functools import partial
from typing import Any

_MODULES = frozenset((
    "_csv", "_lzma", "_pickle", "_queue", "argparse", "asyncio.queues", "binascii", "calendar", "configparser", "copy",
    "dataclasses", "decimal", "email.errors", "getopt", "graphlib", "ipaddress", "json.decoder", "pickle", "queue",
    "re", "sqlite3", "statistics", "struct", "tokenize", "tomllib", "xml.etree.ElementTree", "zlib", "zoneinfo",
    "zoneinfo._common",
))  # fmt: skip
_SCALARS = (int, float, str, bool, bytes, type(None))
_MAX_ITEMS = 1000


def known_name(kind: type[BaseException]) -> str:
    """Return the name of the nearest base of an exception class, itself included, that both ends know."""
    for base in kind.__mro__:
        name: str = base.__name__
        if getattr(builtins, name, None) is base:
            return name
        if base.__module__ in _MODULES and getattr(sys.modules.get(base.__module__), name, None) is base:
            return f"{base.__module__}:{name}"
    raise TypeError(f"{kind.__name__} is no exception class")


def known_class(name: object) -> type[BaseException] | None:
    """Return the exception class that a name from the other end stands for; None if it stands for none."""
    if not isinstance(name, str):
        return None
    module, colon, name = name.rpartition(":")
    if not colon:
        found = getattr(builtins, name, None)
    elif module in _MODULES:
        found = getattr(importlib.import_module(module), name, None)
    else:
        found = None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def plain_arguments(error: BaseException) -> tuple[Any, ...]:
    """Return the arguments of an exception; what is no plain data in them, as text."""
    args = error.args
    if isinstance(error, OSError) and len(args) == 2 and error.filename is not None:
        args = (*args, error.filename)  # it is given as an argument, and kept as an attribute
    return tuple(map(_plain, args))


def make_exception(kind: type[BaseException], args: tuple[Any, ...], text: str) -> BaseException:
    """Make an exception of arguments that one of its class had.

    Without the class's own `__init__` if that wants other arguments than the exception kept; as a RuntimeError with
    `text` if not even that is possible.
    """
    for make in (kind, partial(kind.__new__, kind)):
        try:
            return make(*args)
        except Exception:
            continue
    return RuntimeError(text)


def _is_data(value: object, depth: int = 3) -> bool:
    if type(value) in (list, tuple, set, frozenset, dict):
        items = [*value, *value.values()] if isinstance(value, dict) else list(value)  # type: ignore[call-overload]
        return depth > 0 and len(items) <= _MAX_ITEMS and all(_is_data(item, depth - 1) for item in items)
    return type(value) in _SCALARS


def _plain(value: Any) -> Any:
    if _is_data(value):
        return value
    try:
        return str(value)[:1000]
    except Exception:
        return type(value).__name__
