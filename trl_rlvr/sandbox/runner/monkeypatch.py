"""Stands for pytest's `monkeypatch`."""

import importlib
import os
from collections.abc import Callable, MutableMapping
from typing import Any

_MISSING = object()


class MonkeyPatch:
    """Changes attributes, items, the environment and the folder until a test ends."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], Any]] = []

    def setattr(self, target: Any, name: Any, value: Any = _MISSING, raising: bool = True) -> None:
        """Set an attribute, of an object or by its dotted name.

        Raises:
            AttributeError: there is none, and it was to be there.
        """
        if value is _MISSING:
            target, name, value = *_resolved(target), name
        old = vars(target).get(name, _MISSING) if isinstance(target, type) else getattr(target, name, _MISSING)
        if old is _MISSING and raising and not hasattr(target, name):
            raise AttributeError(f"{target!r} has no attribute {name!r}")
        self._undo.append(lambda: delattr(target, name) if old is _MISSING else setattr(target, name, old))
        setattr(target, name, value)

    def delattr(self, target: Any, name: Any = _MISSING, raising: bool = True) -> None:
        """Delete an attribute.

        Raises:
            AttributeError: there is none, and it was to be there.
        """
        if name is _MISSING:
            target, name = _resolved(target)
        if hasattr(target, name) or raising:
            old = getattr(target, name)
            self._undo.append(lambda: setattr(target, name, old))
            delattr(target, name)

    def setitem(self, mapping: MutableMapping[Any, Any], key: Any, value: Any) -> None:
        """Set an item."""
        self._keep(mapping, key)
        mapping[key] = value

    def delitem(self, mapping: MutableMapping[Any, Any], key: Any, raising: bool = True) -> None:
        """Delete an item.

        Raises:
            KeyError: there is none, and it was to be there.
        """
        if key in mapping or raising:
            self._keep(mapping, key)
            del mapping[key]

    def setenv(self, name: str, value: str) -> None:
        """Set a variable of the environment."""
        self.setitem(os.environ, name, value)

    def delenv(self, name: str, raising: bool = True) -> None:
        """Delete a variable of the environment."""
        self.delitem(os.environ, name, raising)

    def chdir(self, path: Any) -> None:
        """Go to another folder."""
        before = os.getcwd()
        self._undo.append(lambda: os.chdir(before))
        os.chdir(path)

    def undo(self) -> None:
        """Put everything back, the latest first."""
        while self._undo:
            self._undo.pop()()

    def _keep(self, mapping: MutableMapping[Any, Any], key: Any) -> None:
        old = mapping.get(key, _MISSING)
        self._undo.append(lambda: mapping.pop(key, None) if old is _MISSING else mapping.__setitem__(key, old))


def _resolved(dotted: str) -> tuple[Any, str]:
    """Find what a dotted name's last part is an attribute of."""
    path, _, name = dotted.rpartition(".")
    module, *attributes = path.split(".")
    found: Any = importlib.import_module(module)
    for attribute in attributes:
        module += f".{attribute}"
        found = getattr(found, attribute, None) or importlib.import_module(module)
    return found, name
