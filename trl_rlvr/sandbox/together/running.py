"""Runs what a test's source defines for a runner, and makes sure that all of it ran."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from trl_rlvr.sandbox.together.fixtures import Fixture, calls_of
from trl_rlvr.sandbox.together.plan import Plan

_YIELDS = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


class NotRun(AssertionError):  # noqa: N818 - a finding about the solution
    """A test of the source was replaced, skipped, or did not run."""


def run_collected(plan: Plan, kept: Mapping[str, Any], namespace: Mapping[str, Any]) -> None:
    """Run the functions and classes of a plan.

    Args:
        plan: of the test.
        kept: what its source defined, taken as it was defined.
        namespace: of the test, for its fixtures.

    Raises:
        BaseException: what a test raises; `NotRun` where one did not run.
    """
    found = _fixtures(namespace)
    for name in plan.functions:
        _require_own(plan, name, _of(kept, name))
        with _Hooks(namespace, "setup_function", "teardown_function", kept[name]):
            _run_function(kept[name], name, found)
    for name, methods in plan.classes.items():
        kind = _of(kept, name)
        for method in methods:
            _require_own(plan, method, inspect.getattr_static(kind, method, None))
        if not methods:
            continue
        if _is_case(kind):
            _run_case(kind, methods)
        else:
            _run_class(kind, methods, found)


def _of(kept: Mapping[str, Any], name: str) -> Any:
    if name not in kept:
        raise NotRun(f"{name} was never defined")
    return kept[name]


def _require_own(plan: Plan, name: str, thing: Any) -> None:
    """Make sure that a function is the one that the source holds.

    Raises:
        NotRun: it is another.
    """
    function = inspect.unwrap(getattr(thing, "__func__", thing))
    code = getattr(function, "__code__", None)
    if code is not None and code.co_flags & _YIELDS:
        raise NotRun(f"{name} yields, and so runs nothing")
    if id(code) not in plan.codes and name not in plan.decorated:
        raise NotRun(f"{name} was replaced")


def _run_function(function: Callable[..., Any], name: str, found: Mapping[str, Fixture]) -> None:
    ran = 0
    for call in calls_of(function, found):
        outcome = call()
        if inspect.iscoroutine(outcome):
            import asyncio  # here: few tests need it

            asyncio.run(outcome)
        ran += 1
    if not ran:
        raise NotRun(f"{name} has no parameters to run with")


def _run_class(kind: Any, methods: list[str], found: Mapping[str, Fixture]) -> None:
    own = dict(found) | _fixtures({name: inspect.getattr_static(kind, name) for name in dir(kind)})
    with _Hooks(kind, "setup_class", "teardown_class"):
        for name in methods:
            one = kind()
            bound = {
                key: Fixture(value.function.__get__(one), value.params, value.autouse, key)
                if key not in found or own[key] is not found[key]
                else value
                for key, value in own.items()
            }
            with _Hooks(one, "setup_method", "teardown_method", getattr(one, name)):
                _run_function(getattr(one, name), name, bound)


def _run_case(kind: Any, methods: list[str]) -> None:
    import unittest

    raised: list[BaseException] = []
    passed: set[str] = set()

    class Result(unittest.TestResult):
        """Keeps what was raised, and which tests passed."""

        def addSuccess(self, test: Any) -> None:  # noqa: N802 - a name of unittest's
            if any(name.startswith("assert") for name in vars(test)):
                raised.append(NotRun("an assertion of the test was replaced"))
            passed.add(test._testMethodName)

        def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802 - likewise
            passed.add(test._testMethodName)

        def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802 - likewise
            raised.append(AssertionError("a test passed that was to fail"))

        def addError(self, test: Any, err: Any) -> None:  # noqa: N802 - likewise
            raised.append(err[1])

        addFailure = addError  # noqa: N815 - likewise

        def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802 - likewise
            if err is not None:
                raised.append(err[1])

    inherited = [name for name in dir(kind) if name.startswith("test") and name not in methods]
    unittest.TestSuite([kind(name) for name in (*methods, *inherited)]).run(Result())
    if raised:
        raise raised[0]
    left = [name for name in methods if name not in passed]
    if left:
        raise NotRun(f"{left[0]} was skipped, or did not run")


def _is_case(kind: Any) -> bool:
    import unittest

    return isinstance(kind, type) and issubclass(kind, unittest.TestCase)


def _fixtures(namespace: Mapping[str, Any]) -> dict[str, Fixture]:
    return {one.name: one for one in namespace.values() if type(one) is Fixture}


class _Hooks:
    """Calls what prepares and what ends a test, where there is such."""

    def __init__(self, owner: Any, before: str, after: str, *about: Any) -> None:
        self._before, self._after, self._about = (_hook(owner, before), _hook(owner, after), about)

    def __enter__(self) -> None:
        _call(self._before, self._about)

    def __exit__(self, *error: object) -> None:
        _call(self._after, self._about)


def _hook(owner: Any, name: str) -> Any:
    return owner.get(name) if isinstance(owner, Mapping) else getattr(owner, name, None)


def _call(hook: Any, about: tuple[Any, ...]) -> None:
    if hook is not None:
        hook(*(about if inspect.signature(hook).parameters else ()))
