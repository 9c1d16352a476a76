"""Runs a solution and its tests in one process, and writes a verdict for each test.

The tests come compiled, and what they import is there before the solution is loaded. Each verdict bears a token that
was drawn for this run. It is held by an iterator alone: no variable of a frame that the solution can walk to has it.
"""

import builtins
import gc
import importlib
import os
import random
import sys
import types
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from marshal import loads
from types import CodeType
from typing import Any

from trl_rlvr.analysis.conventions import FILE
from trl_rlvr.analysis.standard_values import values_of
from trl_rlvr.sandbox.candidate.loading import Fatal, load, run_prelude
from trl_rlvr.sandbox.protocol.control import pack_record
from trl_rlvr.sandbox.protocol.frames import read_file
from trl_rlvr.sandbox.protocol.outcomes import FATAL_VERDICTS, LOADING, Outcome, describe
from trl_rlvr.sandbox.protocol.tests import CompiledTest, TogetherTests
from trl_rlvr.sandbox.runner.plan import TEST_FILE, Plan
from trl_rlvr.sandbox.runner.pytest_stand_in import provide_pytest
from trl_rlvr.sandbox.runner.running import Collected, NotRun
from trl_rlvr.sandbox.together import equality
from trl_rlvr.sandbox.together.tampering import Fixed, Tampered
from trl_rlvr.verdict import Verdict

_TESTS = "tests"
"""Name of the module that tests are told to be."""


def main(kind: bytes, fds: list[int]) -> None:
    """Run each test and write its verdict.

    Args:
        kind: of the suite; there is one only.
        fds: the payload - solution, entry points, prelude, compiled tests and token - and the pipe for verdicts.
    """
    del kind
    random.seed()  # or all programs of a server would draw the same numbers
    work = loads(read_file(fds[0]))
    deque(map(partial(os.write, fds[1]), map(work.pop().__add__, _records(*work))), maxlen=0)


def _records(source: str, names: tuple[str, ...], prelude: str, work: bytes) -> Iterator[bytes]:
    runner = _Runner(names, prelude, TogetherTests(*loads(work)))
    gc.freeze()  # what is frozen is not among `gc.get_objects()`
    fatal = runner.load(source)
    for number in range(len(runner.tests)):
        outcome = runner.run(number) if fatal is None else fatal
        yield pack_record(number, *outcome)


class _Runner:
    """The tests of one problem, ready before the solution is."""

    def __init__(self, names: tuple[str, ...], prelude: str, work: TogetherTests) -> None:
        self._names = names
        self._prelude = prelude
        self._setup = work.setup
        self._read = work.read
        self.tests = [CompiledTest(*fields) for fields in work.tests]
        self._collected = [Collected(Plan(*test.plan), test.code) if test.code else None for test in self.tests]
        modules = _import_all(work.modules)
        self._standard = values_of(work.origins)
        modules += [value for value in self._standard.values() if isinstance(value, types.ModuleType)]
        self._fixed = Fixed(modules, _classes())
        self._module = types.ModuleType(_TESTS)
        self._module.__file__ = TEST_FILE
        self._shared: dict[str, Any] = {}
        self._solution: dict[str, Any] = {}

    def load(self, source: str) -> Outcome | None:
        """Load prelude and solution; return what all tests get if that fails."""
        try:
            try:
                run_prelude(self._prelude, self._shared)
            except BaseException as error:
                raise Fatal(LOADING, describe(error)) from error
            self._solution = load(source, self._names, given=self._shared)
        except Fatal as fatal:
            return Outcome(FATAL_VERDICTS[fatal.args[0]], fatal.args[1])
        self._fixed.restore()
        sys.modules[_TESTS] = self._module
        return None

    def run(self, number: int) -> Outcome:
        """Run one test."""
        test, collected = self.tests[number], self._collected[number]
        if test.code is None or collected is None:
            return Outcome(Verdict.REFUSED_VALUE, test.fault)
        try:
            self._run(collected, test.code)
        except (Tampered, NotRun) as finding:
            return Outcome(Verdict.REFUSED_VALUE, str(finding))
        except BaseException as error:  # whatever a test raises is a verdict on the solution
            return self._failure(error, test.shown)
        return Outcome(Verdict.PASSED, "")

    def _run(self, collected: Collected, code: CodeType) -> None:
        hooks = {**collected.hooks, **equality.HOOKS}
        namespace = self._module.__dict__
        namespace.update(self._given())
        namespace.update(hooks)
        try:
            if self._setup is not None:
                exec(self._setup, namespace)
            exec(code, namespace)
            collected.run(namespace)
        finally:
            _end_patches()
            self._fixed.require()
        if any(namespace.get(name) is not hook for name, hook in hooks.items()):
            raise Tampered("a part of the runner was replaced while a test ran")

    def _given(self) -> dict[str, Any]:
        """Return the names that a test begins with."""
        solution = self._solution
        asked = self._read.difference(vars(builtins)) | set(self._names)
        own = {name: solution[name] for name in asked if name in solution}
        return {
            "__builtins__": builtins,
            **own,
            **self._standard,
            **{name: value for name, value in self._shared.items() if not name.startswith("__")},
            **{name: own[name] for name in self._names if name in own},
        }

    @staticmethod
    def _failure(error: BaseException, source: str) -> Outcome:
        if isinstance(error, MemoryError):
            return Outcome(Verdict.MEMORY_LIMIT, describe(error))
        line, raised_by_solution, trace = "", False, error.__traceback__
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            raised_by_solution = raised_by_solution or file == FILE
            if file == TEST_FILE and 0 < trace.tb_lineno <= source.count("\n") + 1:
                line = source.split("\n")[trace.tb_lineno - 1].strip()
            trace = trace.tb_next
        if raised_by_solution:
            return Outcome(Verdict.RUNTIME_ERROR, describe(error))
        said = "failed" if type(error) is AssertionError else describe(error)[:100]
        return Outcome(Verdict.WRONG_ANSWER, f"{said}: {line}" if line else said)


def _import_all(names: Sequence[str]) -> list[types.ModuleType]:
    """Import what the tests import; what is not there is the test's to notice, but for pytest, which has a stand-in."""
    found = []
    for name in names:
        try:
            found.append(importlib.import_module(name))
        except Exception:
            if name == "pytest":
                found.append(provide_pytest())
    if any(module.__name__ == "pytest" for module in found):
        provide_pytest()
    return found


def _classes() -> list[type]:
    """Return the classes that decide in unittest, which then compare with care, where tests use it."""
    unittest = sys.modules.get("unittest")
    if unittest is None:
        return []
    equality.guard_assertions(unittest.TestCase)
    parts = [vars(sys.modules[f"unittest.{name}"]).values() for name in ("case", "suite", "result")]
    return [one for part in parts for one in part if isinstance(one, type) and one.__module__.startswith("unittest.")]


def _end_patches() -> None:
    """End patches that a test has started and not stopped."""
    mock = sys.modules.get("unittest.mock")
    if mock is not None:
        mock.patch.stopall()
