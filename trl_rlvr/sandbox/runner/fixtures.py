"""Fixtures and parameters of pytest, for functions that are called without its runner."""

import contextlib
import inspect
import io
import itertools
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from trl_rlvr.sandbox.runner.monkeypatch import MonkeyPatch


class Fixture:
    """A fixture as a test's source defines it.

    Args:
        function: what makes the value.
        params: a value for each run.
        autouse: whether each test has it, asked for or not.
        name: by which tests ask for it; None: the function's.
    """

    def __init__(
        self, function: Callable[..., Any], params: Any = None, autouse: bool = False, name: str | None = None
    ) -> None:
        self.function = function
        self.params = list(params) if params is not None else [None]
        self.autouse = autouse
        self.name = name or function.__name__


def fixture(
    function: Any = None,
    scope: Any = None,
    params: Any = None,
    autouse: bool = False,
    ids: Any = None,
    name: str | None = None,
) -> Any:
    """Stand for `pytest.fixture`; each run of a test makes its fixtures anew, whatever the scope."""
    del scope, ids
    if function is None:
        return lambda one: Fixture(one, params, autouse, name)
    return Fixture(function, params, autouse, name)


class _Output(NamedTuple):
    out: str
    err: str


class _Capture:
    """Stands for `capsys`."""

    def __init__(self) -> None:
        self._streams = io.StringIO(), io.StringIO()
        self._exits = contextlib.ExitStack()
        self._exits.enter_context(contextlib.redirect_stdout(self._streams[0]))
        self._exits.enter_context(contextlib.redirect_stderr(self._streams[1]))

    def readouterr(self) -> _Output:
        """Return what was printed since the last time."""
        texts = [stream.getvalue() for stream in self._streams]
        for stream in self._streams:
            stream.seek(0)
            stream.truncate()
        return _Output(*texts)

    def close(self) -> None:
        """Give the streams back."""
        self._exits.close()


def calls_of(function: Callable[..., Any], found: Mapping[str, Fixture]) -> Iterator[Callable[[], Any]]:
    """Yield a call for each set of parameters of a test, with its fixtures made and ended around it.

    Args:
        function: the test; a method is bound.
        found: the fixtures that it may ask for.

    Raises:
        LookupError: it asks for a fixture that there is not.
    """
    needed = _needed(function, found)
    rows = [_rows(mark) for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
    choices = [[(name, value) for value in found[name].params] for name in needed if name in found]
    for row in itertools.product(*reversed(rows)):
        given = {name: value for part in row for name, value in part.items()}
        for params in itertools.product(*choices):
            yield lambda given=given, params=params: _call(function, found, given, dict(params))  # type: ignore[misc]


def _needed(function: Callable[..., Any], found: Mapping[str, Fixture]) -> list[str]:
    """Return the fixtures that a test needs, those that they need included."""
    needed = [name for name, one in found.items() if one.autouse]
    needed += _parameters(function)
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "usefixtures"]
    needed += [name for mark in marks for name in mark.args]
    for name in needed:  # which grows meanwhile
        if name in found:
            needed += [one for one in _parameters(found[name].function) if one not in needed]
    return list(dict.fromkeys(needed))


def _parameters(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function, follow_wrapped=not hasattr(function, "patchings")).parameters.values()
    positional = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [
        one.name for one in parameters if one.default is one.empty and one.kind in positional and one.name != "self"
    ]


def _rows(mark: Any) -> list[dict[str, Any]]:
    names, values = (*mark.args, *mark.kwargs.values())[:2]
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    rows = []
    for value in values:
        is_set = type(value).__name__ == "ParameterSet"
        row = value.values if is_set else (value,) if len(names) == 1 else value
        rows.append(dict(zip(names, row, strict=True)))
    return rows


def _call(
    function: Callable[..., Any], found: Mapping[str, Fixture], given: Mapping[str, Any], params: Mapping[str, Any]
) -> Any:
    with contextlib.ExitStack() as ends:
        made = dict(given)
        asked = [*[name for name, one in found.items() if one.autouse], *_parameters(function)]
        for name in asked:
            _make(name, found, made, params, ends)
        arguments = {name: made[name] for name in _parameters(function)}
        return function(**arguments)


def _make(
    name: str, found: Mapping[str, Fixture], made: dict[str, Any], params: Mapping[str, Any], ends: contextlib.ExitStack
) -> None:
    if name in made:
        return
    if name not in found:
        made[name] = _built_in(name, ends, params)
        return
    one = found[name]
    made |= {"request": types.SimpleNamespace(param=params.get(name), addfinalizer=ends.callback)}
    asked = _parameters(one.function)
    for inner in asked:
        _make(inner, found, made, params, ends)
    value = one.function(**{inner: made[inner] for inner in asked})
    if inspect.isgenerator(value):
        steps = value
        value = next(steps)
        ends.callback(lambda: next(steps, None))
    made[name] = value


def _built_in(name: str, ends: contextlib.ExitStack, params: Mapping[str, Any]) -> Any:
    if name == "tmp_path":
        import tempfile  # lazy: fork cost

        return Path(tempfile.mkdtemp(dir="."))
    if name == "capsys":
        capture = _Capture()
        ends.callback(capture.close)
        return capture
    if name == "monkeypatch":
        patch = MonkeyPatch()
        ends.callback(patch.undo)
        return patch
    raise LookupError(f"the fixture {name!r} is none that this runner has")
