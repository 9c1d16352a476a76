"""Running what a runner such as pytest or unittest finds: a function, a class of tests, a case of unittest.

What is skipped while it runs has failed: it may be the solution that skips.
"""

import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

METHODS = "test"
"""How names of functions that are tests begin."""
CLASSES = "Test"
_INJECTED = "patchings"
"""Attribute of a function that `mock.patch` gives arguments to."""


def is_case(kind: Any) -> bool:
    """Say whether something is a class of unittest's."""
    unittest = sys.modules.get("unittest")
    return unittest is not None and isinstance(kind, type) and issubclass(kind, unittest.TestCase)


def test_methods(kind: type) -> list[str]:
    """Return the names of a class's tests in the order in which they are defined."""
    return [name for name in _names(kind) if name.startswith(METHODS) and callable(getattr(kind, name))]


def classes_within(kind: type) -> Iterator[type]:
    """Yield a class, if it has tests, and the classes that pytest finds in it."""
    if is_case(kind):
        yield kind
        return
    if test_methods(kind):
        yield kind
    for name in _names(kind):
        inner = getattr(kind, name, None) if name.startswith(CLASSES) else None
        if isinstance(inner, type):
            yield from classes_within(inner)


def _names(kind: type) -> list[str]:
    return list(dict.fromkeys(name for base in reversed(kind.__mro__) for name in vars(base)))


def needs_arguments(thing: Any) -> bool:
    """Say whether a function, or a class that is not unittest's, cannot be called without arguments."""
    if not isinstance(thing, type):
        return _needs_more_than(0, thing)
    return not is_case(thing) and _needs_more_than(1, thing.__init__)  # type: ignore[misc]


def _needs_more_than(given: int, function: Any) -> bool:
    if isinstance(function, types.MethodType):
        given, function = given + 1, function.__func__
    if not isinstance(function, types.FunctionType | functools.partial):
        return False
    parameters = inspect.signature(function, follow_wrapped=False).parameters.values()
    passes_on = any(one.kind is one.VAR_POSITIONAL for one in parameters) and not hasattr(function, _INJECTED)
    if passes_on and hasattr(function, "__wrapped__"):
        return _needs_more_than(given, function.__wrapped__)
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return sum(one.default is one.empty and one.kind not in variable for one in parameters) > given


def call(function: Callable[..., Any], *args: Any) -> int:
    """Call a test, and say how many that was."""
    outcome = function(*args)
    if type(outcome) is types.CoroutineType:
        import asyncio  # lazy: fork cost

        asyncio.run(outcome)
    elif type(outcome) in (types.GeneratorType, types.AsyncGeneratorType):
        raise AssertionError("a test that yields has run nothing")
    return 1


def run_class(kind: type, has_passed: Callable[[str], bool]) -> int:
    """Run the tests of a class as its runner does, and say how many ran.

    Args:
        kind: the class.
        has_passed: whether a method of it, which needs arguments, has been called by another of them.
    """
    if is_case(kind):
        return _run_case(kind)

    def run(name: str) -> int:
        one = kind()
        method = getattr(one, name)
        return between(one, "setup_method", "teardown_method", method, lambda: call(method))

    def run_all() -> int:
        methods = test_methods(kind)
        helpers = [name for name in methods if _needs_more_than(_is_bound(kind, name), getattr(kind, name))]
        ran = sum(run(name) for name in methods if name not in helpers)
        return ran + sum(run(name) for name in helpers if not has_passed(name))

    return between(kind, "setup_class", "teardown_class", kind, run_all)


def _is_bound(kind: type, name: str) -> bool:
    """Say whether reading a method from an instance gives it an argument that reading it from the class does not."""
    return not isinstance(inspect.getattr_static(kind, name), staticmethod | classmethod)


def between(owner: Any, before: str, after: str, about: Any, run: Callable[[], int]) -> int:
    """Run something between what prepares and what ends it."""
    _call_hook(owner, before, about)
    try:
        return run()
    finally:
        _call_hook(owner, after, about)


def _call_hook(owner: Any, name: str, about: Any) -> None:
    """Call what prepares or ends tests, if there is one, with what it is about if it takes that."""
    hook = getattr(owner, name, None)
    if hook is not None:
        call(hook, *([about] if inspect.signature(hook).parameters else []))


def _run_case(kind: Any) -> int:
    import unittest  # lazy: fork cost

    class Result(unittest.TestResult):
        """Keeps what was raised in the place of its text."""

        def _exc_info_to_string(self, error: Any, test: Any) -> Any:
            del test
            return error[1]

    result = Result()
    result.failfast = True
    cases = [case for case in unittest.defaultTestLoader.loadTestsFromTestCase(kind) if not _is_marked(case)]
    unittest.TestSuite(cases).run(result)
    raised: list[Any] = [error for _, error in (*result.failures, *result.errors)]
    for error in raised:
        raise error
    _require_success(result)
    return result.testsRun


def require_success(outcome: Any) -> Any:
    """Return what a call returned.

    Raises:
        AssertionError: it is what came of a run of unittest, which ran no test, or one that failed.
    """
    unittest = sys.modules.get("unittest")
    if unittest is not None and issubclass(type(outcome), unittest.TestResult):
        _require_success(outcome)
        if outcome.testsRun <= len(outcome.skipped):
            raise AssertionError("no test was run")
    return outcome


def _require_success(result: Any) -> None:
    if not (result.wasSuccessful() and all(_is_marked(case) for case, _ in result.skipped)):
        raise AssertionError("a test failed, was skipped while it ran, or passed where it should not")


def _is_marked(case: Any) -> bool:
    """Say whether a test is marked as one to skip, by whoever wrote it."""
    method = getattr(case, getattr(case, "_testMethodName", ""), None)
    return any(getattr(one, "__unittest_skip__", False) for one in (type(case), method))
