"""Judging test source of any form: it runs here, in the harness, and reaches the solution only through proxies.

Names decide who is asked. The problem's entry points are the candidate's; every other name is the setup's, a builtin,
or one of the standard names that tests use without importing them.
"""

import sys
import types
from collections.abc import Callable
from typing import Any

from trl_rlvr.analysis.conventions import MODULE
from trl_rlvr.analysis.standard_values import values_of
from trl_rlvr.sandbox.harness.expectations import Expectations, kept
from trl_rlvr.sandbox.harness.remote.connection import Connection, Lost
from trl_rlvr.sandbox.harness.remote.exceptions import exception_class, remote_of_class
from trl_rlvr.sandbox.harness.remote.proxies import RemoteObject
from trl_rlvr.sandbox.harness.reports import Report, fatal_outcome
from trl_rlvr.sandbox.protocol.frames import FrameTooLarge, read_frame
from trl_rlvr.sandbox.protocol.outcomes import Outcome, describe
from trl_rlvr.sandbox.protocol.requests import Reply
from trl_rlvr.sandbox.protocol.tests import CompiledTest, CompiledTests
from trl_rlvr.sandbox.rewrite.injected import CATCHABLE, CHANGES, FETCH, KEPT, TEST_MODULE, UNCHANGED
from trl_rlvr.sandbox.runner.plan import Plan
from trl_rlvr.sandbox.runner.pytest_stand_in import provide_pytest
from trl_rlvr.sandbox.runner.running import HOOKS, Collected
from trl_rlvr.verdict import Verdict

_OF_ONE_TEST = (Verdict.REFUSED_VALUE, Verdict.WRONG_ANSWER, Verdict.MISSING_ENTRY_POINT)
"""Losses after which the candidate can still be asked."""


def judge_tests(
    work: CompiledTests, pipes: tuple[int, int], answer_bytes: int, report: Callable[[int, Verdict, str], None]
) -> Outcome | None:
    """Run every test against the solution at the other end of `pipes` (answers, requests), and report each.

    Returns:
        What the tests that could not be run get.
    """
    if work.uses_pytest:
        provide_pytest()
    connection = Connection(*pipes, answer_bytes, work.attributes)
    try:
        judge = _Judge(connection, work, connection.describe(work.names, work.captures))
        for number, fields in enumerate(work.tests):
            report(number, *judge.run_test(CompiledTest(*fields)))
    except Lost as lost:
        return Outcome(lost.verdict, lost.text) if lost.verdict is not None else None
    return None


class _Judge:
    def __init__(self, connection: Connection, work: CompiledTests, defined: list[str]) -> None:
        self.connection = connection
        self.work = work
        self.defined = defined
        self.missing = frozenset(work.names) - frozenset(defined)
        self.expectations = Expectations(lambda: connection.changes, connection.fail)
        self.standard = values_of(work.origins)
        self.module = types.ModuleType(TEST_MODULE)
        sys.modules[TEST_MODULE] = self.module
        sys.modules[MODULE] = _SolutionModule(self._of_module)  # type: ignore[assignment]
        self.kept: dict[str, Any] = {}
        """Names that earlier tests bound."""

    def _namespace(self) -> dict[str, Any]:
        """Make the names that a test begins with."""
        namespace = {
            "__name__": TEST_MODULE,
            KEPT: kept,
            CHANGES: self.expectations.changes,
            UNCHANGED: self.expectations.unchanged,
            CATCHABLE: self._catchable,
            **self.standard,
            **self.kept,
        }
        return namespace | {name: _usable(self._fetch(name)) for name in self.defined}

    def _reader(self, namespace: dict[str, Any], before: dict[str, Any]) -> Callable[[str], Any]:
        """Return what reads the solution's data anew, unless the test has bound the name since: by a star, say."""

        def read(name: str) -> Any:
            bound = namespace.get(name)
            stays = bound is not before.get(name) or isinstance(bound, RemoteObject) or remote_of_class(bound)
            return bound if stays else self._fetch_data(name)

        return read

    def _fetch_data(self, name: str) -> Any:
        if name in self.missing:
            raise self.connection.fail(Verdict.MISSING_ENTRY_POINT, f"the code defines no {name}")
        return self._fetch(name)

    def _of_module(self, name: str) -> Any:
        """Return what the solution binds to a name that a test imports from it."""
        if name in self.defined:
            return _usable(self._fetch(name))
        if name in self.missing:
            return self._fetch_data(name)
        raise self.connection.fail(Verdict.MISSING_ENTRY_POINT, f"{name} is no name that the problem asks for")

    def _fetch(self, name: str) -> Any:
        value = self.connection.fetch(name)
        if _catches_checks(value):
            raise self.connection.fail(
                Verdict.REFUSED_VALUE, f"{name} is an exception that would catch the test's own checks"
            )
        return value

    def _catchable(self, value: Any) -> Any:
        """Return what `except` needs for a class of the solution's; refuse what would catch the test's checks."""
        if isinstance(value, tuple | list):  # a list where the arguments of a call are spread
            return tuple(map(self._catchable, value))
        if _catches_checks(value) and self.connection.has_named(value):  # else it is the test's own
            raise self.connection.fail(Verdict.REFUSED_VALUE, f"{value.__name__} would catch the test's own checks")
        return _usable(value)

    def _run(self, test: CompiledTest) -> None:
        """Run the setup, anew for each test so that none finds it changed by another, and then the test."""
        assert test.code is not None
        collected = Collected(Plan(*test.plan), test.code)
        namespace = vars(self.module)
        namespace.clear()
        namespace.update(self._namespace() | collected.hooks)
        before = dict(namespace)
        namespace[FETCH] = self._reader(namespace, before)
        if self.work.setup is not None:
            exec(self.work.setup, namespace)
            namespace |= {name: before[name] for name in self.work.not_hidden.intersection(self.defined)}
        ready = namespace.keys() | self.missing
        try:
            exec(test.code, namespace)
            collected.run(namespace)
        finally:
            new = namespace.keys() - ready - HOOKS | self.kept.keys()
            self.kept |= {name: namespace[name] for name in new & namespace.keys()}

    def run_test(self, test: CompiledTest) -> Outcome:
        """Run one test.

        Raises:
            Lost: the candidate is gone, so that nothing after this can be judged either.
        """
        if test.fault:
            return Outcome(Verdict.REFUSED_VALUE, test.fault)
        try:
            self._run(test)
            outcome = Outcome(Verdict.PASSED, "")
        except Lost:
            outcome = Outcome(Verdict.CRASHED, "")
        except BaseException as error:  # whatever a test raises is a verdict on the solution
            outcome = self._failure(error, test.shown)
        self.connection.expire()
        lost = self.connection.lost
        if lost is None:
            return outcome
        if lost.verdict not in _OF_ONE_TEST:
            raise lost
        self.connection.lost = None  # only this test is lost: the candidate still answers
        return Outcome(lost.verdict, lost.text)

    @staticmethod
    def _failure(error: BaseException, shown: str) -> Outcome:
        found = getattr(error, "came_from_candidate", None)
        if found is not None:
            return Outcome(found[0], found[1])
        if isinstance(error, MemoryError):
            return Outcome(Verdict.MEMORY_LIMIT, "the test ran out of memory on what the program answered")
        if isinstance(error, AssertionError):
            return Outcome(Verdict.WRONG_ANSWER, f"failed: {shown}")
        return Outcome(Verdict.WRONG_ANSWER, f"{describe(error)[:100]} in {shown}")


class _SolutionModule:
    """Stands for the module that a test imports the solution from; it holds nothing."""

    __slots__ = ("_bound_to",)
    __all__ = ()
    """A star brings no name that is not there anyway."""

    def __init__(self, bound_to: Callable[[str], Any]) -> None:
        self._bound_to = bound_to

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # or copying it, say, would be a question to the solution
        return self._bound_to(name)


def _usable(value: Any) -> Any:
    """Return what a test uses for a value of the solution's: a class for `except` in the place of an exception."""
    return (exception_class(value) or value) if isinstance(value, RemoteObject) else value


def _catches_checks(value: Any) -> bool:
    """Say whether an `except` clause with this in it would catch a failed assertion of the test itself."""
    if isinstance(value, tuple):
        return any(map(_catches_checks, value))
    return isinstance(value, type) and value is not object and issubclass(AssertionError, value)


_TEST_FILE = "tests.py"
"""What a test is told that it is."""


def judge_source(work: Any, answers: int, requests: int, answer_bytes: int, report: Report) -> Outcome | None:
    """Run test source of any form, unless the candidate says at once that it can answer nothing."""
    try:
        hello = read_frame(answers, answer_bytes)
    except FrameTooLarge:
        return Outcome(Verdict.OUTPUT_LIMIT, "the answers are longer than they may be")
    if hello is None:
        return None
    if hello[:1] == Reply.FATAL:
        return fatal_outcome(hello)
    try:
        sys.argv = [_TEST_FILE]  # runners read it
        return judge_tests(CompiledTests(*work), (answers, requests), answer_bytes, report)
    except Exception as error:  # a candidate that does not keep to the conversation
        return Outcome(Verdict.REFUSED_VALUE, f"the tests could not be run: {type(error).__name__}")
