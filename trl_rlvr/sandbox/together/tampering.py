"""What the solution must not change: builtins, the test framework, and what else the tests import."""

import builtins
import sys
from types import ModuleType
from typing import Any


class Tampered(Exception):  # noqa: N818 - a finding about the solution
    """Something that decides about tests was changed while one ran."""


class Fixed:
    """Functions and classes of some modules, and methods of some classes, as they were before the solution came.

    Args:
        modules: whose functions and classes are kept.
        classes: whose methods are kept.
    """

    __slots__ = ("_kept", "_modules")

    def __init__(self, modules: list[ModuleType], classes: list[type]) -> None:
        self._modules = {module.__name__: module for module in (builtins, *modules)}
        owners: list[Any] = [*self._modules.values(), *classes]
        self._kept = [(owner, {name: one for name, one in vars(owner).items() if callable(one)}) for owner in owners]

    def restore(self) -> None:
        """Put back what was changed while the solution was loaded."""
        for owner, name, value in self._changes():
            setattr(owner, name, value)
        for name, module in self._modules.items():
            sys.modules[name] = module
        sys.settrace(None)
        sys.setprofile(None)

    def require(self) -> None:
        """Make sure that nothing was changed.

        Raises:
            Tampered: something was; it is put back.
        """
        changed = [f"{owner.__name__}.{name}" for owner, name, _ in self._changes()]
        changed += [name for name, module in self._modules.items() if sys.modules.get(name) is not module]
        changed += ["the trace function"] if sys.gettrace() or sys.getprofile() else []
        if changed:
            self.restore()
            raise Tampered(f"{changed[0]} was replaced while a test ran")

    def _changes(self) -> list[tuple[Any, str, Any]]:
        return [
            (owner, name, value)
            for owner, kept in self._kept
            for name, value in kept.items()
            if vars(owner).get(name) is not value
        ]
