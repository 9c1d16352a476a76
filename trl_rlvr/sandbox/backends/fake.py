"""A sandbox that runs nothing, for tests of code that uses one.

It is public: patch nothing, hand a `FakeSandbox` to the verifier and say what each program shall show.
"""

from collections.abc import Callable, Sequence

from trl_rlvr.sandbox.base import Program, Sandbox, SandboxStats
from trl_rlvr.verdict import ExecutionResult, Verdict


class FakeSandbox(Sandbox):
    """Answers from a function instead of running anything.

    Args:
        answer: program -> result; by default every program passes every test.
    """

    name = "fake"

    def __init__(self, answer: Callable[[Program], ExecutionResult] | None = None) -> None:
        self.stats = SandboxStats()
        self.programs: list[Program] = []
        """Every program that was asked for, in order."""
        self._answer = answer or (lambda program: ExecutionResult.uniform(Verdict.PASSED, program.problem.total))

    def run(self, programs: Sequence[Program], *, deadline_s: float | None = None) -> list[ExecutionResult]:
        """Answer for each program; `deadline_s` has no meaning here."""
        del deadline_s
        self.programs.extend(programs)
        results = [self._answer(program) for program in programs]
        self.stats.programs += len(results)
        self.stats.faults += sum(result.verdict is Verdict.SANDBOX_ERROR for result in results)
        return results

    def close(self) -> None:
        """Do nothing."""
