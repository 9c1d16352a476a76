"""What the tests of one problem define for a runner, and which of it has been run."""

import contextlib
import functools
import inspect
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trl_rlvr.sandbox.harness.injected import COLLECTED, NOTED, NOTHING, TEST_ENDED, TEST_MODULE
from trl_rlvr.sandbox.harness.runner.execution import (
    CLASSES,
    METHODS,
    between,
    call,
    classes_within,
    is_case,
    needs_arguments,
    run_class,
    test_methods,
)

_HOOKS = (
    ("setup_function", "teardown_function"),
    ("setup_module", "teardown_module"),
    ("setUpModule", "tearDownModule"),
)
"""What a module may define for a runner to call before and after: each of its functions, or all."""
_Named = tuple[str, Any]


class Collector:
    """What a problem's tests define for a runner, and which of it they have run by themselves.

    Args:
        was_given: whether the running test gave the candidate an object: it is a callback then.
    """

    def __init__(self, was_given: Callable[[Any], bool]) -> None:
        self._was_given = was_given
        self._namespace: dict[str, Any] = {}
        self._before: dict[str, Any] = {}
        self._helpers: list[_Named] = []
        """What cannot be run as it is, and is to be judged when the test ends."""
        self._postponed: list[_Named] = []
        """Such things that later tests may call."""
        self._noted: set[Any] = set()
        self._passed: set[Any] = set()
        """Functions that ran to their end, alone and with the class of their first argument, as methods are."""
        self._failed: set[Any] = set()
        """Those that raised, whatever the test made of that."""

    def begin(self, namespace: dict[str, Any]) -> None:
        """Begin a test, whose names those of `namespace` are; it will add its own."""
        namespace |= {COLLECTED: self.run, TEST_ENDED: self.end, NOTED: self.note, NOTHING: False}
        self._namespace = namespace
        self._before = dict(namespace)
        self._helpers, self._postponed = self._postponed, []

    def note(self, function: Any) -> Any:
        """Return what does the same as a test's function and notes what comes of it."""
        if type(function) in (staticmethod, classmethod):
            return type(function)(self.note(function.__func__))
        if not _is_function_of_a_test(function) or function in self._noted:
            return function

        @functools.wraps(function)
        def noted(*args: Any, **kwargs: Any) -> Any:
            with self._call_of(noted, args):
                return function(*args, **kwargs)

        @functools.wraps(function)
        async def noted_later(*args: Any, **kwargs: Any) -> Any:
            with self._call_of(noted_later, args):
                return await function(*args, **kwargs)

        @functools.wraps(function)
        def noted_steps(*args: Any, **kwargs: Any) -> Any:
            self._passed |= _keys(noted_steps, args)  # whoever steps through it need not go to its end
            with self._call_of(noted_steps, args):
                return (yield from function(*args, **kwargs))

        made = noted_steps if inspect.isgeneratorfunction(function) else noted
        made = noted_later if inspect.iscoroutinefunction(function) else made
        self._noted.add(made)
        return made

    @contextlib.contextmanager
    def _call_of(self, noted: Any, args: tuple[Any, ...]) -> Iterator[None]:
        try:
            yield
        except Exception:
            self._failed |= _keys(noted, args)
            raise
        self._passed |= _keys(noted, args)

    def run(self, asked_to: bool) -> None:
        """Run what the test defines and has not run to its end.

        Args:
            asked_to: whether the source asks for a run, which then must not be one of nothing.

        Raises:
            BaseException: the first that any of them raises; AssertionError where none of them checks anything.
        """
        own = self._own()
        helpers = [one for one in own if needs_arguments(one[1]) or _is_generator(one[1])]
        self._helpers += helpers
        left = [thing for name, thing in own if (name, thing) not in helpers and not self._has_passed(thing)]
        ran = self._run_all(left) if left else 0
        if ran or any(self._has_passed(thing) for _, thing in own):
            return
        if left or asked_to:
            raise AssertionError("no test was run")
        self._namespace[NOTHING] = True

    def end(self, later: Sequence[str], values: Sequence[str]) -> None:
        """End a test: what cannot be run as it is has been called by now, or is there for something else.

        Args:
            later: names that later tests use, which may call it.
            values: names that the test uses other than to call them: it is a callback, say.

        Raises:
            BaseException: what calling it without arguments raises; AssertionError where a call of it failed.
        """
        for name, thing in self._helpers:
            if thing in self._failed and not self._was_given(thing):
                raise AssertionError(f"a call of {name} failed")
            if self._has_passed(thing) or name in values:
                continue
            if name in later:
                self._postponed.append((name, thing))
            else:
                self._run_one(thing)

    def _own(self) -> list[_Named]:
        """Return what the test defines for a runner, and the solution was not given as a callback."""
        known = set(map(id, self._before.values()))
        own: list[_Named] = []
        for name, value in self._namespace.items():
            if id(value) in known or not _is_of_a_test(name, value) or self._was_given(value):
                continue
            known.add(id(value))
            own += [(name, thing) for thing in (classes_within(value) if isinstance(value, type) else [value])]
        return own

    def _has_passed(self, thing: Any) -> bool:
        if not isinstance(thing, type):
            return thing in self._passed and thing not in self._failed
        passed = [self._has_method_passed(thing, name) for name in test_methods(thing)]
        return any(passed) if needs_arguments(thing) else bool(passed) and all(passed)

    def _has_method_passed(self, kind: type, name: str) -> bool:
        found = inspect.getattr_static(kind, name)
        function = getattr(found, "__func__", None) if isinstance(found, staticmethod | classmethod) else found
        key = function if isinstance(found, staticmethod) else (function, kind)
        is_noted = type(function) is types.FunctionType  # what is the candidate's may equal anything
        return is_noted and key in self._passed and key not in self._failed

    def _run_one(self, thing: Any) -> int:
        if isinstance(thing, type):
            return run_class(thing, lambda name: self._has_method_passed(thing, name))
        return between(self._hooks(), *_HOOKS[0], thing, lambda: call(thing))

    def _run_all(self, things: Sequence[Any]) -> int:
        hooks, (_, pytests, unittests) = self._hooks(), _HOOKS
        return between(
            hooks, *unittests, None, lambda: between(hooks, *pytests, None, lambda: sum(map(self._run_one, things)))
        )

    def _hooks(self) -> types.SimpleNamespace:
        """Return what a module's own functions prepare and end, by name; those of earlier tests are not its own."""
        found = {name: self._namespace.get(name) for pair in _HOOKS for name in pair}
        own = {name: one for name, one in found.items() if type(one) is types.FunctionType}
        return types.SimpleNamespace(**{n: one for n, one in own.items() if one.__globals__ is self._namespace})


def _keys(noted: Any, args: tuple[Any, ...]) -> set[Any]:
    """Return what a call is noted under: a method may be that of several classes."""
    return {noted} | {(noted, one if issubclass(type(one), type) else type(one)) for one in args[:1]}


def _is_generator(thing: Any) -> bool:
    thing = inspect.unwrap(thing)  # of the note
    return inspect.isgeneratorfunction(thing) or inspect.isasyncgenfunction(thing)


def _is_function_of_a_test(value: Any) -> bool:
    return type(value) is types.FunctionType and value.__module__ == TEST_MODULE


def _is_of_a_test(name: str, value: Any) -> bool:
    """Say whether a runner would look at what a test binds to a name; the class of a case may have any."""
    function = value.func if type(value) is functools.partial else value
    if _is_function_of_a_test(function):
        return name.startswith(METHODS)
    of_a_test = isinstance(value, type) and value.__module__ == TEST_MODULE
    return of_a_test and (name.startswith(CLASSES) or is_case(value))
