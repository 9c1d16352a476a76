"""Where attacks are run."""

from collections.abc import Iterable, Mapping

from support.attack import Attack, program
from support.programs import honest_programs, run_or_fail
from support.traces import Traces, settle, wait_until
from trl_rlvr.sandbox.base import Program, Sandbox
from trl_rlvr.verdict import ExecutionResult, Verdict

NAMESPACES = ("user_ns", "pid_ns", "mount_ns", "net_ns", "ipc_ns", "uts_ns", "scratch_tmpfs")
"""The layers that need namespaces, for a sandbox that is to do without."""


class Arena:
    """A sandbox, the traces that it leaves when idle, and honest programs to run beside and after each attack."""

    def __init__(self, sandbox: Sandbox, known: Mapping[str, object]) -> None:
        self.sandbox = sandbox
        self.known = known
        settle(sandbox)
        self.rest()

    def rest(self) -> None:
        """Take what there is now for what there is when no attack has run."""
        self.idle = Traces.now()

    def run(self, programs: Iterable[Program]) -> list[ExecutionResult]:
        """Run programs, failing if the sandbox hangs."""
        return run_or_fail(self.sandbox, list(programs))

    def fails(self, attack: Attack) -> ExecutionResult:
        """Assert that the attack scores 0, hurts nobody beside or after it, and leaves nothing."""
        result, *beside = self.run([program(attack, self.known), *honest_programs(3)])
        after = self.run(honest_programs(4))

        verdicts = [test.verdict.value for test in result.tests]
        assert result.verdict is not Verdict.PASSED, f"the attack got through: {verdicts}"
        assert result.verdict is not Verdict.SANDBOX_ERROR, f"the attack broke the sandbox: {result.error}"
        assert result.passed <= attack.may_pass, f"the attack passed tests: {verdicts}"
        assert [r.verdict for r in beside] == [Verdict.PASSED] * 3, f"beside it: {[r.error for r in beside]}"
        assert [r.verdict for r in after] == [Verdict.PASSED] * 4, f"after it: {[r.error for r in after]}"
        idle, swept = self.idle, wait_until(lambda: Traces.now().within(self.idle))
        if not swept:
            self.rest()  # the next attack is not to blame for what this one left
        assert swept, f"it left traces: {self.idle} where an idle sandbox has {idle}"
        return result
