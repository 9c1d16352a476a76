"""One program on its way to verdicts: who is forked, and what the end of a process means."""

import contextlib
import os
import signal

from trl_rlvr.sandbox.protocol.control import (
    ASSIGNMENT,
    CANDIDATE,
    GENERAL,
    STDIO,
    Job,
)
from trl_rlvr.sandbox.protocol.frames import memory_file, send_with_fds
from trl_rlvr.sandbox.protocol.outcomes import MEMORY_STATUS, SYNTAX_STATUS
from trl_rlvr.sandbox.supervisor.fork_server_client import Child, ForkServer, ServerLost
from trl_rlvr.sandbox.supervisor.harness_process import Harness
from trl_rlvr.sandbox.supervisor.idleness import Idleness
from trl_rlvr.sandbox.supervisor.watchdog import Disturbed, Outcome, Watch
from trl_rlvr.verdict import Verdict


class Run:
    """Runs one job once."""

    def __init__(self, server: ForkServer, harness: Harness, job: Job, trainer: int | None = None) -> None:
        self.server = server
        self.harness = harness
        self.job = job
        self.trainer = trainer
        """Pipe that hangs up when the trainer is gone."""
        self.limits = job.limits
        self.reported: dict[int, Outcome] = {}
        self.rest: Outcome | None = None
        """What the tests that were not reported get."""
        self.cpu_s = 0.0
        self.idleness = Idleness()
        self._for_harness: list[int] = []
        """The harness's ends of pipes, until they are handed over."""

    def verdicts(self) -> list[Outcome]:
        """Return one outcome a test."""
        rest = self.rest or (Verdict.CRASHED, "the process ended before it had answered")
        return [self.reported.get(test, rest) for test in range(self.job.tests)]

    def go(self) -> None:
        """Run the job.

        Raises:
            Disturbed: somebody else killed a process of ours.
            ServerLost: the fork server is gone.
            TrainerGone: nobody waits for the verdicts any more.
        """
        for test in range(self.job.tests if self.job.kind == STDIO else 1):
            try:
                self._watch(self._start(test), test)
            finally:
                for fd in self._for_harness:
                    os.close(fd)
                self._for_harness = []
            if self.rest is not None:
                return

    def _start(self, test: int) -> Child:
        """Fork the candidate, and lay out what connects it with the harness."""
        answers, theirs = os.pipe2(os.O_CLOEXEC)
        self._for_harness = [answers]
        for_candidate = [memory_file(self.job.candidate)]
        if self.job.kind == STDIO:
            for_candidate.append(memory_file(self.job.inputs[test]))
        for_candidate.append(theirs)
        if self.job.kind == GENERAL:
            requests, asking = os.pipe2(os.O_CLOEXEC)
            for_candidate.append(requests)
            self._for_harness.append(asking)
        try:
            hard_s = int(2 * self.limits.cpu_s) + 5  # the clock of a run comes long before
            self.harness.jobs += 1
            return self.server.fork(CANDIDATE, self.job.kind, hard_s, for_candidate)
        finally:
            for fd in for_candidate:
                os.close(fd)

    def hand_over(self, test: int) -> None:
        """Give the harness its work, and the answers that the candidate has written or will write.

        Raises:
            Disturbed: the harness is gone.
        """
        fds = [memory_file(self.job.harness), *self._for_harness]
        self._for_harness = []
        head = ASSIGNMENT.pack(self.job.kind, self.limits.answer_kib * 1024, test)
        try:
            send_with_fds(self.harness.channel, head, fds)
        except OSError:
            self.harness.gone = True
            raise Disturbed from None
        finally:
            for fd in fds:
                os.close(fd)

    def _watch(self, child: Child, test: int) -> None:
        """See one candidate and its harness to their ends."""
        watch = Watch(self, child, test)
        try:
            watch.until_over()
        finally:
            with contextlib.suppress(ServerLost):
                self.server.kill(child)  # nothing if it has ended
        self.cpu_s += child.cpu_s
        if child.disturbed and child.cpu_s > self.limits.cpu_s:
            watch.stopped = watch.stopped or (Verdict.TIMEOUT, "used up its CPU time")
        elif child.disturbed or self.harness.child.disturbed:
            self.harness.gone = self.harness.gone or self.harness.child.status is not None
            raise Disturbed
        if self.job.kind == STDIO:
            self._judge_status(child, test, watch.stopped)
        elif self.rest is None and len(self.reported) < self.job.tests:
            self.rest = watch.stopped or _ended(child.status or 0)

    def _judge_status(self, child: Child, test: int, stopped: Outcome | None) -> None:
        status = child.status or 0
        if stopped is not None:
            self.rest = stopped
            self.reported.pop(test, None)
        elif os.WIFEXITED(status) and os.WEXITSTATUS(status) == SYNTAX_STATUS:
            self.rest = (Verdict.SYNTAX_ERROR, "the code does not compile")
            self.reported.pop(test, None)
        elif test not in self.reported:
            self.reported[test] = self.rest or _ended(status)
            self.rest = None
        elif status != 0 and self.reported[test][0] is not Verdict.OUTPUT_LIMIT:
            if os.WIFEXITED(status):
                memory = os.WEXITSTATUS(status) == MEMORY_STATUS
                kind = Verdict.MEMORY_LIMIT if memory else Verdict.RUNTIME_ERROR
                self.reported[test] = (kind, f"the program ended with status {os.WEXITSTATUS(status)}")
            else:
                self.reported[test] = _ended(status)


def _ended(status: int) -> Outcome:
    """Say what a process's end means for the tests that it had not answered."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return Verdict.TIMEOUT, "used up its CPU time"
        return Verdict.CRASHED, f"killed by {signal.Signals(number).name if number < 32 else f'signal {number}'}"
    return Verdict.CRASHED, f"exited with status {os.WEXITSTATUS(status)} before it had answered"
