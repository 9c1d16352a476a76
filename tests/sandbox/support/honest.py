"""How an honest program is written: code, tests, and the small change that makes it wrong."""

import textwrap
from dataclasses import dataclass

import pytest

from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox.base import Program
from trl_rlvr.verdict import ExecutionResult, Verdict

Results = dict[tuple[str, str], ExecutionResult]
"""What programs ("right") and their twins ("wrong") showed, by name and kind."""


@dataclass(frozen=True)
class Honest:
    """A program that must pass, and how to spoil it."""

    code: str
    tests: tuple[str, ...]
    wrong: tuple[str, str] | None
    """What to replace in the code, and by what, so that it no longer passes; None: there is no sensible twin."""
    setup: str = ""
    entry_point: str | None = None
    entry_points: tuple[str, ...] = ()
    io: tuple[tuple[str, str], ...] = ()
    needs: str | None = None
    """A module without which the program is skipped."""

    def program(self) -> Program:
        """Return the program as it is."""
        return self._with(self.code)

    def twin(self) -> Program:
        """Return the program spoilt."""
        assert self.wrong is not None
        old, new = self.wrong
        assert old in self.code, f"{old!r} is not in the code"
        return self._with(self.code.replace(old, new))

    def _with(self, code: str) -> Program:
        problem = CodeProblem(
            task_id="honest",
            prompt="",
            tests=self.tests,
            setup_code=self.setup,
            entry_point=self.entry_point,
            entry_points=self.entry_points,
            io_tests=tuple(IOTest(*pair) for pair in self.io),
        )
        return Program(code, problem)


def honest(
    code: str,
    *tests: str,
    wrong: tuple[str, str] | None,
    setup: str = "",
    entry_point: str | None = None,
    entry_points: tuple[str, ...] = (),
    io: tuple[tuple[str, str], ...] = (),
    needs: str | None = None,
) -> Honest:
    """Write an honest program down; `wrong` is required, so that leaving the twin out is a decision."""
    return Honest(
        code=textwrap.dedent(code),
        tests=tuple(textwrap.dedent(test).strip() for test in tests),
        wrong=wrong,
        setup=textwrap.dedent(setup),
        entry_point=entry_point,
        entry_points=entry_points,
        io=io,
        needs=needs,
    )


def assert_passes(results: Results, name: str) -> None:
    """Assert that the program passed every test."""
    if (name, "right") not in results:
        pytest.skip("the module that it needs is not installed")
    result = results[name, "right"]
    assert result.verdict is Verdict.PASSED, [(test.verdict.value, test.error) for test in result.tests]


def assert_twin_fails(results: Results, name: str) -> None:
    """Assert that the spoilt program did not pass, by a verdict about the program."""
    if (name, "wrong") not in results:
        pytest.skip("it has no twin, or the module that it needs is not installed")
    assert results[name, "wrong"].verdict not in (Verdict.PASSED, Verdict.SANDBOX_ERROR)
