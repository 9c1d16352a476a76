"""Judging test source of any form: it runs here, in the harness, and reaches the solution only through proxies.

Names decide who is asked. The problem's entry points are the candidate's; every other name is the setup's, a builtin,
or one of the standard names that tests use without importing them.
"""

import ast
import copy
import sys
import types
from collections.abc import Callable
from typing import Any

from trl_rlvr.analysis.attributes import mentioned_attributes
from trl_rlvr.analysis.conventions import STAND_IN
from trl_rlvr.analysis.parsing import bound_name
from trl_rlvr.analysis.standard_values import standard_values
from trl_rlvr.analysis.star_imports import star_imports
from trl_rlvr.sandbox.harness.expectations import Expectations, kept
from trl_rlvr.sandbox.harness.injected import (
    CATCHABLE,
    CHANGES,
    FETCH_DATA,
    KEPT,
    TEST_MODULE,
    UNCHANGED,
)
from trl_rlvr.sandbox.harness.remote.connection import Connection, Lost
from trl_rlvr.sandbox.harness.remote.exceptions import exception_class
from trl_rlvr.sandbox.harness.remote.proxies import RemoteObject
from trl_rlvr.sandbox.harness.reports import Report, fatal_outcome
from trl_rlvr.sandbox.harness.rewrite.comparisons import protect_comparisons
from trl_rlvr.sandbox.harness.rewrite.expected_side import Reach
from trl_rlvr.sandbox.harness.rewrite.solution_imports import without_module
from trl_rlvr.sandbox.protocol.frames import FrameTooLarge, read_frame
from trl_rlvr.sandbox.protocol.outcomes import Outcome, describe
from trl_rlvr.sandbox.protocol.requests import Reply
from trl_rlvr.sandbox.runner.plan import plan_of
from trl_rlvr.sandbox.runner.pytest_stand_in import provide_pytest
from trl_rlvr.sandbox.runner.running import HOOKS, Collected
from trl_rlvr.verdict import Verdict

_OF_ONE_TEST = (Verdict.REFUSED_VALUE, Verdict.WRONG_ANSWER, Verdict.MISSING_ENTRY_POINT)
"""Losses after which the candidate can still be asked."""

_MAX_DEPTH = 200
"""Levels of a test's syntax; rewriting takes about four frames for each."""
_TOO_DEEP = Outcome(Verdict.REFUSED_VALUE, f"the test is nested more than {_MAX_DEPTH} levels deep")


def judge_tests(
    names: tuple[str, ...],
    setup_code: str,
    tests: tuple[str, ...],
    pipes: tuple[int, int],
    answer_bytes: int,
    report: Callable[[int, Verdict, str], None],
) -> Outcome | None:
    """Run every test against the solution at the other end of `pipes` (answers, requests), and report each.

    Returns:
        What the tests that could not be run get.
    """
    parsed = [ast.parse(source) for source in (setup_code, *tests)]
    too_deep = [_depth(tree) > _MAX_DEPTH for tree in parsed]
    trees = [ast.parse("") if deep else without_module(tree) for tree, deep in zip(parsed, too_deep, strict=True)]
    if any("pytest" in source for source in (setup_code, *tests)):
        provide_pytest()
    connection = Connection(*pipes, answer_bytes, mentioned_attributes(trees))
    capture = any(word in source for source in (setup_code, *tests) for word in ("stdout", "capsys"))
    try:
        judge = _Judge(connection, names, connection.describe(names, capture), trees)
        for test, (source, tree) in enumerate(zip(tests, trees[1:], strict=True)):
            report(test, *(_TOO_DEEP if too_deep[1 + test] or too_deep[0] else judge.run_test(source, tree)))
    except Lost as lost:
        return Outcome(lost.verdict, lost.text) if lost.verdict is not None else None
    return None


def _depth(tree: ast.AST) -> int:
    """Return how deeply a source is nested, counted without recursion."""
    deepest, nodes = 0, [(tree, 1)]
    while nodes:
        node, depth = nodes.pop()
        deepest = max(deepest, depth)
        nodes += [(child, depth + 1) for child in ast.iter_child_nodes(node)]
    return deepest


class _Judge:
    def __init__(
        self, connection: Connection, names: tuple[str, ...], defined: list[str], trees: list[ast.Module]
    ) -> None:
        self.connection = connection
        self.defined = defined
        self.missing = frozenset(names) - frozenset(defined)
        self.setup = trees[0]
        self.reach = Reach(trees, names)
        self.expectations = Expectations(lambda: connection.changes, connection.fail)
        self.standard = standard_values(trees, names)
        self.module = types.ModuleType(TEST_MODULE)
        sys.modules[TEST_MODULE] = self.module
        self.kept: dict[str, Any] = {}
        """Names that earlier tests bound."""

    def _namespace(self) -> tuple[dict[str, Any], frozenset[str]]:
        """Make the names that a test begins with, and say which of them are to be fetched at every read."""
        namespace = {
            "__name__": TEST_MODULE,
            KEPT: kept,
            CHANGES: self.expectations.changes,
            UNCHANGED: self.expectations.unchanged,
            CATCHABLE: self._catchable,
            STAND_IN: _SolutionModule(self._of_module),
            **self.standard,
            **self.kept,
        }
        fetched = set(self.missing)
        for name in self.defined:
            value = self._fetch(name)
            namespace[name] = _usable(value)
            if not isinstance(value, RemoteObject):
                fetched.add(name)
        return namespace, frozenset(fetched)

    def _reader(self, namespace: dict[str, Any], before: dict[str, Any]) -> Callable[[str], Any]:
        """Return what reads the solution's data anew, unless the test has bound the name since: by a star, say."""

        def read(name: str) -> Any:
            bound = namespace.get(name)
            return self._fetch_data(name) if bound is before.get(name) else bound

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

    def _run(self, tree: ast.Module) -> None:
        """Run the setup, anew for each test so that none finds it changed by another, and then the test."""
        collected = Collected(plan := plan_of(tree))
        given, fetched = self._namespace()
        namespace = vars(self.module)
        namespace.clear()
        namespace.update(given | collected.hooks)
        before = dict(namespace)
        namespace[FETCH_DATA] = self._reader(namespace, before)
        if self.setup.body:
            setup = protect_comparisons(copy.deepcopy(self.setup), self.reach, fetched)
            exec(compile(setup, "<setup>", "exec"), namespace)
            self._take_back(namespace, before)
        fetched = frozenset(name for name in fetched if namespace.get(name) is before.get(name))
        ready = namespace.keys() | self.missing
        try:
            exec(plan.compiled(lambda tree: protect_comparisons(tree, self.reach, fetched)), namespace)
            collected.run(namespace)
        finally:
            new = namespace.keys() - ready - HOOKS | self.kept.keys()
            self.kept |= {name: namespace[name] for name in new & namespace.keys()}

    def _take_back(self, namespace: dict[str, Any], before: dict[str, Any]) -> None:
        """Let a star at the head of the setup hide none of the names that are asked for: a solution stands below it."""
        if any(star_imports(self.setup.body)):
            bound = set(map(bound_name, ast.walk(self.setup)))
            namespace |= {name: before[name] for name in self.defined if name not in bound}

    def run_test(self, source: str, tree: ast.Module) -> Outcome:
        """Run one test, of which `tree` is used up.

        Raises:
            Lost: the candidate is gone, so that nothing after this can be judged either.
        """
        try:
            self._run(tree)
            outcome = Outcome(Verdict.PASSED, "")
        except Lost:
            outcome = Outcome(Verdict.CRASHED, "")
        except BaseException as error:  # whatever a test raises is a verdict on the solution
            outcome = self._failure(error, source)
        self.connection.expire()
        lost = self.connection.lost
        if lost is None:
            return outcome
        if lost.verdict not in _OF_ONE_TEST:
            raise lost
        self.connection.lost = None  # only this test is lost: the candidate still answers
        return Outcome(lost.verdict, lost.text)

    @staticmethod
    def _failure(error: BaseException, source: str) -> Outcome:
        found = getattr(error, "came_from_candidate", None)
        if found is not None:
            return Outcome(found[0], found[1])
        if isinstance(error, MemoryError):
            return Outcome(Verdict.MEMORY_LIMIT, "the test ran out of memory on what the program answered")
        source = ast.unparse(ast.parse(source))[:150]
        if isinstance(error, AssertionError):
            return Outcome(Verdict.WRONG_ANSWER, f"failed: {source}")
        return Outcome(Verdict.WRONG_ANSWER, f"{describe(error)[:100]} in {source}")


class _SolutionModule:
    """Stands for the module that a test imports the solution from; it holds nothing."""

    __slots__ = ("_bound_to",)

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
    names, setup_code, tests = work
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
        return judge_tests(names, setup_code, tests, (answers, requests), answer_bytes, report)
    except Exception as error:  # a candidate that does not keep to the conversation
        return Outcome(Verdict.REFUSED_VALUE, f"the tests could not be run: {type(error).__name__}")
