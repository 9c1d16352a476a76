"""Judging test source of any form: it runs here, in the harness, and reaches the solution only through proxies.

Names decide who is asked. The problem's entry points are the candidate's; every other name is the setup's, a builtin,
or one of the standard names that tests use without importing them.
"""

import ast
import importlib
from collections.abc import Callable
from typing import Any

from trl_rlvr.names import STANDARD_MODULES, STANDARD_NAMES
from trl_rlvr.sandbox.link import Link, Lost
from trl_rlvr.sandbox.proxies import RemoteObject, exception_class
from trl_rlvr.sandbox.snapshot import PULL, PUSH, Snapshots, with_snapshots
from trl_rlvr.verdict import Verdict

Outcome = tuple[Verdict, str]


def judge_tests(
    names: tuple[str, ...],
    setup_code: str,
    tests: tuple[str, ...],
    pipes: tuple[int, int],
    answer_bytes: int,
    report: Callable[[int, Verdict, str], None],
) -> Outcome:
    """Run every test against the solution at the other end of `pipes` (answers, requests), and report each.

    Returns:
        What the tests that could not be run get.
    """
    trees = [ast.parse(source) for source in (setup_code, *tests)]
    operators = any(name[:1].isupper() for name in names) or len(names) > 1
    link = Link(*pipes, answer_bytes, _mentioned_attributes(trees), operators)
    capture = any(word in source for source in (setup_code, *tests) for word in ("stdout", "capsys"))
    try:
        judge = _Judge(link, names, link.describe(names, capture), trees)
        judge.run_setup(trees[0])
        for test, tree in enumerate(trees[1:]):
            report(test, *judge.run_test(tree))
    except Lost as lost:
        return (lost.verdict, lost.text) if lost.verdict is not None else (Verdict.PASSED, "")
    except SetupFailed as failed:
        return Verdict.RUNTIME_ERROR, str(failed)
    return Verdict.PASSED, ""


class SetupFailed(Exception):  # noqa: N818 - a finding about the program
    """The setup code did not run through with this solution."""


class _Judge:
    def __init__(self, link: Link, names: tuple[str, ...], defined: list[str], trees: list[ast.Module]) -> None:
        self.link = link
        self.entry_points = frozenset(names)
        self.defined = defined
        self.snapshots = Snapshots()
        self.namespace: dict[str, Any] = {"__name__": "tests", PUSH: self.snapshots.push, PULL: self.snapshots.pull}
        self._bind_standard_names(trees)
        self._bind_entry_points()

    def _bind_standard_names(self, trees: list[ast.Module]) -> None:
        used = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
        for name in used & STANDARD_NAMES.keys():
            self.namespace[name] = getattr(importlib.import_module(STANDARD_NAMES[name]), name)
        for name in used & STANDARD_MODULES - STANDARD_NAMES.keys():
            self.namespace[name] = importlib.import_module(name)

    def _bind_entry_points(self) -> None:
        for name in self.defined:
            value = self.link.fetch(name)
            if isinstance(value, RemoteObject):
                value = exception_class(value) or value
            self.namespace[name] = value

    def _refresh_values(self) -> None:
        """Read again the names that hold data: a call may have bound them anew."""
        for name in self.defined:
            if not isinstance(self.namespace.get(name), RemoteObject | type):
                self.namespace[name] = self.link.fetch(name)

    def run_setup(self, tree: ast.Module) -> None:
        try:
            exec(compile(tree, "<setup>", "exec"), self.namespace)
        except Exception as error:
            raise SetupFailed(f"the setup code failed: {type(error).__name__}: {error}") from error
        if self.link.lost is not None:
            raise self.link.lost

    def run_test(self, tree: ast.Module) -> Outcome:
        """Run one test.

        Raises:
            Lost: the candidate is gone, so that nothing after this can be judged either.
        """
        self._refresh_values()
        source = ast.unparse(tree)[:150]
        try:
            code = compile(with_snapshots(tree, self.entry_points), "<test>", "exec")
            exec(code, self.namespace)
            outcome = (Verdict.PASSED, "")
        except Lost:
            outcome = (Verdict.CRASHED, "")
        except BaseException as error:  # whatever a test raises is a verdict on the solution
            outcome = self._failure(error, source)
        self.link.expire()
        lost = self.link.lost
        if lost is None:
            return outcome
        if lost.verdict is not Verdict.REFUSED_VALUE:
            raise lost
        self.link.lost = None  # only this test is lost: the candidate still answers
        return lost.verdict, lost.text

    @staticmethod
    def _failure(error: BaseException, source: str) -> Outcome:
        found = getattr(error, "came_from_candidate", None)
        if found is not None:
            return found[0], found[1]
        if isinstance(error, MemoryError):
            return Verdict.MEMORY_LIMIT, "the test ran out of memory on what the program answered"
        if isinstance(error, AssertionError):
            return Verdict.WRONG_ANSWER, f"failed: {source}"
        if isinstance(error, NameError) and error.name is not None:
            return Verdict.MISSING_ENTRY_POINT, f"the code defines no {error.name}"
        return Verdict.WRONG_ANSWER, f"{type(error).__name__}: {str(error)[:80]} in {source}"


def _mentioned_attributes(trees: list[ast.Module]) -> frozenset[str]:
    """Every attribute that the tests read or set, also by hasattr and getattr."""
    names = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("attr"):
                names |= {
                    arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                }
    return frozenset(names)
