"""Runs what a test's source defines for a runner, and makes sure that all of it ran."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import CodeType
from typing import Any

from trl_rlvr.sandbox.runner.fixtures import Fixture, calls_of
from trl_rlvr.sandbox.runner.plan import KEEP, NOTED, Plan, inner_codes

HOOKS = frozenset({"setup_module", "teardown_module", "setup_function", "teardown_function", "setUpModule",
                   "tearDownModule"})  # fmt: skip
"""What a module may define for a runner to call before and after."""
_YIELDS = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


class NotRun(AssertionError):  # noqa: N818 - a finding about the solution
    """A test of the source was replaced, skipped, or did not run."""


class Collected:
    """What one test defines for a runner, taken as it was defined.

    Args:
        plan: of the test.
        code: of the test, compiled.
    """

    def __init__(self, plan: Plan, code: CodeType) -> None:
        self._plan = plan
        self._codes = {id(one) for one in inner_codes(code)}
        self._kept: dict[str, Any] = {}
        self._called: set[str] = set()
        self._failures: list[Exception] = []
        self._ran = False
        """Whether a method of a class ran."""
        self.hooks = {KEEP: self._kept.__setitem__, NOTED: self._noted}
        """What the plan's tree calls, by the variable of the test."""

    def _noted(self, function: Any) -> Any:
        """Return what does the same as a helper, and notes that it ran and what it raised, whatever is made of that."""

        @functools.wraps(function)
        def noted(*args: Any, **kwargs: Any) -> Any:
            self._called.add(function.__name__)
            try:
                return function(*args, **kwargs)
            except Exception as error:
                self._failures.append(error)
                raise

        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            raise NotRun(f"{function.__name__} has parameters, and does not run when it is called")
        return noted

    def run(self, namespace: Mapping[str, Any]) -> None:
        """Run the functions and classes, when the test's source has run.

        Args:
            namespace: of the test, for its fixtures.

        Raises:
            BaseException: what a test raises; `NotRun` where one did not run, or there is none.
        """
        if self._plan.is_empty:
            raise NotRun("the test runs nothing")
        for name in self._plan.hidden:
            raise NotRun(f"class {name} of tests stands where no runner looks for it")
        self._require_planned(namespace)
        found = _fixtures(namespace)
        with _Hooks(namespace, "setup_module", "teardown_module", None):
            for name in self._plan.functions:
                function = self._of(name)
                self._require_own(name, function)
                with _Hooks(namespace, "setup_function", "teardown_function", function):
                    _run_function(function, name, found)
            for name, methods in self._plan.classes.items():
                self._run_class(name, methods, found)
        for error in self._failures:
            raise error
        for name in self._plan.helpers - self._called:
            raise NotRun(f"{name} was not called")
        if not (self._plan.functions or self._plan.does_something or self._ran):
            raise NotRun("the test runs nothing")

    def _run_class(self, name: str, methods: Sequence[str], found: Mapping[str, Fixture]) -> None:
        kind = self._of(name)
        for method in methods:
            self._require_own(method, inspect.getattr_static(kind, method, None))
        if name in self._plan.inheriting or methods:
            own = self._plan.skipped.union(methods)
            run = [*methods, *(one for one in dir(kind) if one.startswith("test") and one not in own)]
            _run_case(kind, run) if _is_case(kind) else _run_class(kind, run, found)
            self._ran = self._ran or bool(run)

    def _require_planned(self, namespace: Mapping[str, Any]) -> None:
        known = {*self._plan.functions, *self._plan.helpers, *self._plan.skipped}
        for name, thing in namespace.items():
            is_own = id(getattr(thing, "__code__", None)) in self._codes
            if (is_own or isinstance(thing, functools.partial)) and name.startswith("test") and name not in known:
                raise NotRun(f"{name} is defined where no runner looks for it")

    def _of(self, name: str) -> Any:
        if name not in self._kept:
            raise NotRun(f"{name} was never defined")
        return self._kept[name]

    def _require_own(self, name: str, thing: Any) -> None:
        """Make sure that a function is the one that the source holds.

        Raises:
            NotRun: it is another.
        """
        function = inspect.unwrap(getattr(thing, "__func__", thing))
        code = getattr(function, "__code__", None)
        if code is not None and code.co_flags & _YIELDS:
            raise NotRun(f"{name} yields, and so runs nothing")
        if id(code) not in self._codes and name not in self._plan.decorated:
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

    unittest.TestSuite([kind(name) for name in methods]).run(Result())
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
