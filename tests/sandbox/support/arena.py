"""Where attacks are run."""

from collections.abc import Iterable, Mapping

from support.attack import Attack, program
from support.programs import honest_programs, run_or_fail
from support.traces import Traces, settle, wait_until
from trl_rlvr.sandbox.base import Program, Sandbox
from trl_rlvr.verdict import ExecutionResult, Verdict

NAMESPACES = ("user_ns", "pid_ns", "mount_ns", "net_ns", "ipc_ns", "uts_ns", "scratch_tmpfs")
"""The layers that need namespaces, for a sandbox that is to do without."""


_BATCH = 16
"""Attacks that are run at once, by all workers of the sandbox."""
_SAMPLE = 6
"""Attacks of a family that are run once more, with honest programs beside them."""


def _compiles(source: str) -> bool:
    try:
        compile(source, "<attack>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


class Arena:
    """Where a family of attacks is run: no attack passes, and together they hurt nobody and leave nothing.

    Use it as a context manager. At its end a sample of the attacks is run once more with honest programs beside and
    after them, and whatever a sandbox may leave behind is counted.
    """

    def __init__(self, sandbox: Sandbox, known: Mapping[str, object]) -> None:
        self.sandbox = sandbox
        self.known = known
        self._attacks: dict[Attack, None] = {}
        self._results: dict[Attack, ExecutionResult] = {}
        settle(sandbox)
        self._idle = Traces.now()

    def __enter__(self) -> "Arena":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None and self._attacks:
            self._hurts_nobody()
            self._leaves_nothing()

    def run(self, programs: Iterable[Program]) -> list[ExecutionResult]:
        """Run programs, failing if the sandbox hangs."""
        return run_or_fail(self.sandbox, list(programs))

    def run_ahead(self, attacks: Iterable[Attack]) -> None:
        """Run a family's attacks side by side, for `fails` to look at: slow ones need not wait for each other."""
        asked = list(dict.fromkeys(attacks))
        for at in range(0, len(asked), _BATCH):
            batch = asked[at : at + _BATCH]
            self._results |= zip(batch, self.run(program(attack, self.known) for attack in batch), strict=True)

    def fails(self, attack: Attack) -> ExecutionResult:
        """Assert that the attack is armed, and scores 0 by a verdict about the program."""
        self._attacks[attack] = None
        attacker = program(attack, self.known)
        assert _compiles(attacker.code) is attack.compiles, "the attack does not say rightly whether it compiles"
        assert all(map(_compiles, attacker.problem.tests)), "a test of the attack does not compile"
        result = self._results.get(attack) or self.run([attacker])[0]

        verdicts = [(test.verdict.value, test.error) for test in result.tests]
        assert "Unarmed" not in str(verdicts), f"the attack did not find its victim: {verdicts}"
        assert result.verdict is not Verdict.PASSED, f"the attack got through: {verdicts}"
        assert result.verdict is not Verdict.SANDBOX_ERROR, f"the attack broke the sandbox: {result.error}"
        assert result.passed <= attack.may_pass, f"the attack passed tests: {verdicts}"
        return result

    def _hurts_nobody(self) -> None:
        attacks = list(self._attacks)
        sample = attacks[:: max(1, len(attacks) // _SAMPLE)]
        pairs = zip([program(attack, self.known) for attack in sample], honest_programs(len(sample)), strict=True)
        beside = self.run([one for pair in pairs for one in pair])[1::2]
        after = self.run(honest_programs(4))

        assert {result.verdict for result in beside} == {Verdict.PASSED}, f"beside: {[r.error for r in beside]}"
        assert {result.verdict for result in after} == {Verdict.PASSED}, f"after: {[r.error for r in after]}"

    def _leaves_nothing(self) -> None:
        swept = wait_until(lambda: Traces.now().within(self._idle))
        assert swept, f"the attacks left traces: {Traces.now()} where an idle sandbox has {self._idle}"
