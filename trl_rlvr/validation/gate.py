"""The gate at load: each problem proves itself on the whole executor before a model is judged by it.

The reference must pass and a set of wrong programs must fail, else the problem is set aside with the reason. A problem
without a reference is checked by the wrong programs alone. Where the sandbox may, a problem that cannot be judged apart
from the solution is judged together with it: that is decided here, once, and never for a single completion.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from trl_rlvr.analysis.hazards import Concern, Finding, scrutinize
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
    """As it may be used: with `reference_cpu_s` filled where it was measured, without the tests that were dropped."""
    reason: str | None
    """Why it is set aside; None: it may be used."""
    cpu_s: float | None
    """CPU seconds of the reference on all tests; None without a reference that passes."""
    findings: tuple[Finding, ...] = ()
    """What its tests do with the candidate's values beyond comparing data."""
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


def _without_tests(problem: CodeProblem, dropped: set[int]) -> CodeProblem:
    kept = tuple(test for index, test in enumerate(problem.tests) if index not in dropped)
    return replace(problem, tests=kept) if kept and dropped else problem


def _scrutiny_reason(problem: CodeProblem, findings: Sequence[Finding], dropped: set[int]) -> str | None:
    if dropped and (len(dropped) == len(problem.tests) or -1 in dropped):
        return f"no test is left without those that rest on behaviour: {findings[0]}"
    return None


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
            if problem.isolation == TOGETHER:
                self.reasons[row] = self.reasons[row] or _SAYS_SO
            else:
                self.reasons[row] = self.reasons[row] or problem.refusal
        self._prove([row for row, reason in enumerate(self.reasons) if reason is None])

    def together(self, allowed: set[int]) -> None:
        """Prove the others by tests that run together with the solution."""
        for row in sorted(allowed - self._faulty):
            reason, problem = self.reasons[row], self.problems[row]
            if reason is not None and problem.tests:
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
    drop_behaviour_tests: bool = False,
    wrong_on: Collection[str] | None = None,
) -> list[ProblemCheck]:
    """Check each problem by its reference, by wrong programs and by reading its tests.

    Args:
        problems: to check; any number.
        sandbox: the executor that will judge the model.
        drop_behaviour_tests: drop tests that ask what a value does or claims to be, not what it is.
        wrong_on: task ids of the problems on which to run wrong programs, ten or more for each; None: all. References
            are cheap, and always run.

    Returns:
        One check a problem, in order.

    Raises:
        SandboxError: the sandbox is closed or cannot start.
    """
    findings = [tuple(scrutinize(one.tests, one.test_setup, one.entry_points)) for one in problems]
    dropped = [{f.test for f in found if drop_behaviour_tests and f.concern is Concern.BEHAVIOUR} for found in findings]
    reasons = [
        _scrutiny_reason(problem, found, drop) for problem, found, drop in zip(problems, findings, dropped, strict=True)
    ]
    checked = [_without_tests(problem, drop) for problem, drop in zip(problems, dropped, strict=True)]
    proofs = _Proofs(sandbox, checked, reasons)
    proofs.apart()
    if sandbox.judges_together:
        proofs.together({row for row, drop in enumerate(dropped) if not drop})
    rows = [row for row, reason in enumerate(reasons) if reason is None]
    rows = [row for row in rows if wrong_on is None or checked[row].task_id in wrong_on]
    for row, reason in zip(rows, _wrong_reasons(sandbox, [checked[row] for row in rows]), strict=True):
        reasons[row] = reason
    return [
        ProblemCheck(problem, reason, proofs.costs.get(row), found, proofs.why_together.get(row))
        for row, (problem, reason, found) in enumerate(zip(checked, reasons, findings, strict=True))
    ]


def _in_whole_ms(cpu_s: float) -> float:
    """Round up, so that limits and remembered verdicts do not change with every measurement."""
    return max(1, math.ceil(cpu_s * 1000)) / 1000
