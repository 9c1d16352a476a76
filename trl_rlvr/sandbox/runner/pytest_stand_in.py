"""Stands for pytest where it may not be imported: what tests use of it most."""

import importlib
import math
import re
import sys
import types
from collections.abc import Mapping
from typing import Any, NamedTuple

from trl_rlvr.sandbox.runner.fixtures import fixture
from trl_rlvr.sandbox.runner.monkeypatch import MonkeyPatch


def provide_pytest() -> types.ModuleType:
    """Return pytest, or what stands for it where it is not installed; its fixtures are this runner's."""
    try:
        module = importlib.import_module("pytest")
    except Exception:
        module = sys.modules.setdefault("pytest", pytest_stand_in())
    vars(module)["fixture"] = fixture
    return module


def pytest_stand_in() -> types.ModuleType:
    """Make a module that has of pytest what tests use most."""
    module = types.ModuleType("pytest")
    module.__dict__.update(
        fixture=fixture,
        MonkeyPatch=MonkeyPatch,
        mark=_Marks(),
        raises=_raises,
        approx=_Approx,
        param=_param,
        fail=_fail,
        skip=_fail,
    )
    return module


class _Mark(NamedTuple):
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class _Marks:
    def __getattr__(self, name: str) -> Any:
        def mark(*args: Any, **kwargs: Any) -> Any:
            def decorate(function: Any) -> Any:
                function.pytestmark = [*getattr(function, "pytestmark", ()), _Mark(name, args, kwargs)]
                return function

            return args[0] if len(args) == 1 and callable(args[0]) and not kwargs else decorate

        return mark


class _ParameterSet(NamedTuple):
    values: tuple[Any, ...]


_ParameterSet.__name__ = "ParameterSet"


def _param(*values: Any, **options: Any) -> _ParameterSet:
    del options
    return _ParameterSet(values)


def _fail(reason: str = "", **options: Any) -> None:
    del options
    raise AssertionError(reason)


def _raises(kind: Any, *args: Any, match: str | None = None, **kwargs: Any) -> Any:
    """Stand for `pytest.raises` as a block or with a function."""
    block = _Raises(kind, match)
    if args:
        with block:
            args[0](*args[1:], **kwargs)
    return block


class _Raises:
    def __init__(self, kind: Any, match: str | None) -> None:
        self._kind = kind
        self._match = match
        self.value: Any = None
        self.type: Any = None

    def __enter__(self) -> "_Raises":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        del trace
        if kind is None:
            raise AssertionError(f"did not raise {self._kind}")
        self.value, self.type = error, kind
        if not issubclass(kind, self._kind):
            return False
        if self._match is not None and not re.search(self._match, str(error)):
            raise AssertionError(f"{str(error)[:100]!r} does not match {self._match[:100]!r}")
        return True


class _Approx:
    """Stands for `pytest.approx`."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None, nan_ok: bool = False) -> None:
        self.expected, self.rel, self.abs, self.nan_ok = expected, rel, abs, nan_ok

    def __eq__(self, other: Any) -> bool:
        return self._close(other, self.expected)

    def _close(self, value: Any, expected: Any) -> bool:
        if isinstance(expected, Mapping):
            return (
                isinstance(value, Mapping)
                and value.keys() == expected.keys()
                and all(self._close(value[k], v) for k, v in expected.items())
            )
        if isinstance(expected, list | tuple):
            is_plain = isinstance(value, list | tuple) or type(value).__module__ == "numpy"  # others may iterate less
            return is_plain and len(value) == len(expected) and all(map(self._close, value, expected))
        if not isinstance(expected, int | float) or isinstance(expected, bool) or not isinstance(value, int | float):
            return bool(value == expected)
        if math.isnan(expected):
            return self.nan_ok and math.isnan(value)
        rel = self.rel if self.rel is not None else 1e-6 if self.abs is None else 0.0
        return math.isclose(value, expected, rel_tol=0.0, abs_tol=max(rel * abs(expected), self.abs or 1e-12)) or (
            value == expected
        )

    def __repr__(self) -> str:
        return f"approx({self.expected!r})"
