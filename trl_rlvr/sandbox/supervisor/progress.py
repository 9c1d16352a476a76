"""The progress of a job, shared by the attempt that runs it and its watchdog."""

from dataclasses import dataclass, field

from trl_rlvr.sandbox.limits import Limits
from trl_rlvr.sandbox.protocol.control import Job
from trl_rlvr.sandbox.protocol.outcomes import Outcome
from trl_rlvr.sandbox.supervisor.idleness import Idleness
from trl_rlvr.verdict import Verdict


@dataclass(slots=True)
class Progress:
    """The state of one job while it runs."""

    job: Job
    reported: dict[int, Outcome] = field(default_factory=dict)
    """Outcomes that the harness has reported, by test."""
    rest: Outcome | None = None
    """The outcome of all tests that were not reported; None: not decided yet."""
    cpu_s: float = 0.0
    """CPU time of the candidates that have ended."""
    idleness: Idleness = field(default_factory=Idleness)

    @property
    def limits(self) -> Limits:
        """The caps of the job."""
        return self.job.limits

    @property
    def failed(self) -> bool:
        """Whether some test did not pass, as far as is known."""
        return self.rest is not None or any(one.verdict is not Verdict.PASSED for one in self.reported.values())

    def outcomes(self) -> list[Outcome]:
        """Return one outcome a test."""
        rest = self.rest or Outcome(Verdict.CRASHED, "the process ended before it had answered")
        return [self.reported.get(test, rest) for test in range(self.job.tests)]
