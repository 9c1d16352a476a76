"""The gate at load: each problem proves itself on the whole executor before a model is judged by it.

The reference must pass and a set of wrong programs must fail, else the problem is set aside with the reason. A problem
without a reference is checked by the wrong programs alone. Where the sandbox may, a problem that cannot be judged apart
from the solution is judged together with it: that is decided here, once, and never for a single completion.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from trl_rlvr.problem import TOGETHER, CodeProblem
from trl_rlvr.sandbox.base import Program, Sandbox
from trl_rlvr.validation.wrong_programs import wrong_programs
from trl_rlvr.verdict import ExecutionResult, Verdict

_PATIENT_REFERENCE_CPU_S = 12.0
"""Cost assumed of a reference that ran out of time: the limits give it 60 CPU seconds, or three times the usual."""

_SAYS_SO = "it says that its tests must run together with the solution, which sandbox_tests can allow"


@dataclass(frozen=True, slots=True)
class ProblemCheck:
    """The gate's finding about one problem."""

    problem: CodeProblem
    """As it may be used: with `reference_cpu_s` filled where it was measured."""
    reason: str | None
    """Why it is set aside; None: it may be used."""
    cpu_s: float | None
    """CPU seconds of the reference on all tests; None without a reference that passes."""
    together: str | None = None
    """Why its tests run together with the solution, whose verdicts can be forged then; None: they run apart."""


def _run(sandbox: Sandbox, programs: Sequence[Program]) -> list[ExecutionResult]:
    """Run all, and once more what the sandbox could not judge."""
    results = sandbox.run(programs)
    faulty = [row for row, result in enumerate(results) if result.verdict is Verdict.SANDBOX_ERROR]
    if faulty:
        again = sandbox.run([programs[row] for row in faulty])
        for row, result in zip(faulty, again, strict=True):
            results[row] = result
    return results


def run_references(sandbox: Sandbox, problems: Sequence[CodeProblem]) -> list[ExecutionResult | None]:
    """Run each reference; one that runs out of time gets much more, since its cost is what is to be found out."""
    rows = [row for row, problem in enumerate(problems) if problem.reference_solution is not None]
    results: list[ExecutionResult | None] = [None] * len(problems)

    def run(asked: list[int], cpu_s: float | None) -> None:
        patient = [replace(problems[row], reference_cpu_s=cpu_s) for row in asked]
        programs = [Program(problem.reference_solution or "", problem) for problem in patient]
        for row, result in zip(asked, _run(sandbox, programs), strict=True):
            results[row] = result

    run(rows, None)
    slow = [row for row in rows if (result := results[row]) and result.verdict is Verdict.TIMEOUT]
    if slow:
        run(slow, _PATIENT_REFERENCE_CPU_S)
    return results


def _reference_reason(result: ExecutionResult | None) -> str | None:
    if result is None or result.verdict is Verdict.PASSED:
        return None
    if result.verdict is Verdict.SANDBOX_ERROR:
        return f"the sandbox could not run its reference: {result.error}"
    failed = next(index for index, test in enumerate(result.tests) if test.verdict is result.verdict)
    return f"its reference solution fails test {failed}: {result.verdict.value} {result.error}".rstrip()


def _wrong_reasons(sandbox: Sandbox, problems: Sequence[CodeProblem]) -> list[str | None]:
    """Tell for each problem which wrong program passes."""
    asked = [
        (row, what, Program(code, problem))
        for row, problem in enumerate(problems)
        for what, code in wrong_programs(problem).items()
    ]
    reasons: list[str | None] = [None] * len(problems)
    results = _run(sandbox, [program for *_, program in asked])
    for (row, what, _), result in zip(asked, results, strict=True):
        if result.verdict is Verdict.PASSED and reasons[row] is None:
            reasons[row] = f"a wrong program passes all its tests: {what}"
        elif result.verdict is Verdict.SANDBOX_ERROR and reasons[row] is None:
            reasons[row] = f"the sandbox could not run a wrong program ({what}): {result.error}"
    return reasons


@dataclass
class _Proofs:
    """Runs references, and settles which problems are judged apart from the solution, and which together with it."""

    sandbox: Sandbox
    problems: list[CodeProblem]
    """Filled with what they cost, and with how they are judged."""
    reasons: list[str | None]
    """Why each is set aside; filled likewise."""
    costs: dict[int, float] = field(default_factory=dict)
    why_together: dict[int, str] = field(default_factory=dict)
    _faulty: set[int] = field(default_factory=set)
    """Those whose reference the sandbox could not run."""

    def apart(self) -> None:
        """Prove the problems that can be judged apart."""
        for row, problem in enumerate(self.problems):
            self.reasons[row] = _SAYS_SO if problem.isolation == TOGETHER else problem.refusal
        self._prove([row for row, reason in enumerate(self.reasons) if reason is None])

    def together(self) -> None:
        """Prove the others by tests that run together with the solution."""
        for row, (reason, problem) in enumerate(zip(self.reasons, self.problems, strict=True)):
            if reason is not None and problem.tests and row not in self._faulty:
                self.why_together[row] = reason
                self.problems[row] = replace(problem, isolation=TOGETHER)
        rows = [*self.why_together]
        self._prove(rows)
        for row in rows:
            if self.reasons[row] is not None:
                self.reasons[row] = f"{self.why_together.pop(row)}; together with the solution, {self.reasons[row]}"

    def _prove(self, rows: Sequence[int]) -> None:
        results = run_references(self.sandbox, [self.problems[row] for row in rows])
        for row, result in zip(rows, results, strict=True):
            self.reasons[row] = _reference_reason(result)
            if result is not None and result.verdict is Verdict.SANDBOX_ERROR:
                self._faulty.add(row)
            if result is not None and self.reasons[row] is None:
                self.costs[row] = result.cpu_s
                self.problems[row] = replace(self.problems[row], reference_cpu_s=_in_whole_ms(result.cpu_s))


def check_problems(
    problems: Sequence[CodeProblem],
    sandbox: Sandbox,
    *,
    wrong_on: Collection[str] | None = None,
) -> list[ProblemCheck]:
    """Check each problem by its reference, by wrong programs and by reading its tests.

    Args:
        problems: to check; any number.
        sandbox: the executor that will judge the model.
        wrong_on: task ids of the problems on which to run wrong programs, ten or more for each; None: all. References
            are cheap, and always run.

    Returns:
        One check a problem, in order.

    Raises:
        SandboxError: the sandbox is closed or cannot start.
    """
    checked, reasons = list(problems), list[str | None]([None] * len(problems))
    proofs = _Proofs(sandbox, checked, reasons)
    proofs.apart()
    if sandbox.judges_together:
        proofs.together()
    rows = [row for row, reason in enumerate(reasons) if reason is None]
    rows = [row for row in rows if wrong_on is None or checked[row].task_id in wrong_on]
    for row, reason in zip(rows, _wrong_reasons(sandbox, [checked[row] for row in rows]), strict=True):
        reasons[row] = reason
    return [
        ProblemCheck(problem, reason, proofs.costs.get(row), proofs.why_together.get(row))
        for row, (problem, reason) in enumerate(zip(checked, reasons, strict=True))
    ]


def _in_whole_ms(cpu_s: float) -> float:
    """Round up, so that limits and remembered verdicts do not change with every measurement."""
    return max(1, math.ceil(cpu_s * 1000)) / 1000
