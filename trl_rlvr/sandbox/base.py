"""The contract of a sandbox: programs in, facts out.

Whatever a program does is a verdict; an exception here means that the sandbox itself is broken or closed.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from trl_rlvr.errors import SandboxError
from trl_rlvr.problem import TOGETHER, CodeProblem
from trl_rlvr.verdict import ExecutionResult

DEADLINE_PASSED = "the batch deadline passed before the program had ended"
"""Error line of a program that was not begun or still ran: no fact about it, and no fault of the sandbox either."""

GRACE_S = 30.0
"""How much longer than its batch's deadline a program that has begun may take, however high its own limits are."""


@dataclass(frozen=True, slots=True)
class Program:
    """A solution and the problem whose tests it must face."""

    code: str
    problem: CodeProblem


@dataclass(slots=True)
class SandboxStats:
    """Counts of a sandbox since it was opened."""

    programs: int = 0
    """Programs that were run to a verdict."""
    retried: int = 0
    """Runs repeated because something outside killed the candidate, its harness or a server."""
    restarts: int = 0
    """Workers that died and were started again."""
    faults: int = 0
    """Programs that ended as SANDBOX_ERROR."""


class Sandbox(ABC):
    """Runs untrusted programs. Safe to call from several threads at once."""

    name: str
    """The backend's name, as in `sandbox_backend`."""
    stats: SandboxStats
    judges_together: bool = False
    """Whether it runs problems of `isolation` together, whose tests share a process with the solution: a verdict can
    be forged there. `open_sandbox` sets it by `sandbox_tests`."""

    @abstractmethod
    def run(self, programs: Sequence[Program], *, deadline_s: float | None = None) -> list[ExecutionResult]:
        """Run each program against its problem's tests.

        Args:
            programs: any number, in any mix of problems.
            deadline_s: seconds after which what has not begun is SANDBOX_ERROR, and 30 s later what has not ended;
                None: no deadline.

        Returns:
            One result a program, in the order of `programs`.

        Raises:
            SandboxError: the sandbox is closed or cannot start, or a problem is to be judged together where it may not
                be. Never for anything that a program did.
        """

    def _require_allowed(self, programs: Sequence[Program]) -> None:
        if not self.judges_together and any(one.problem.isolation == TOGETHER for one in programs):
            raise SandboxError("a problem is to be judged together with the solution; give sandbox_tests to allow that")

    async def arun(self, programs: Sequence[Program], *, deadline_s: float | None = None) -> list[ExecutionResult]:
        """Do what `run` does without blocking the event loop."""
        import asyncio  # lazy: fork cost

        return await asyncio.to_thread(self.run, programs, deadline_s=deadline_s)

    @abstractmethod
    def close(self) -> None:
        """Stop all processes and remove all files; closing twice is harmless."""

    def __enter__(self) -> Self:
        """Return the sandbox itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the sandbox."""
        self.close()
