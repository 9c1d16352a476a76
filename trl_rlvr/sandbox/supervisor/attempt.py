"""One attempt at a job: which processes are forked, and what the end of a process means."""

import contextlib
import os
import signal

from trl_rlvr.sandbox.confine import rlimits
from trl_rlvr.sandbox.protocol.control import CANDIDATE, CONVERSATIONS, STDIO, Job
from trl_rlvr.sandbox.protocol.frames import memory_file
from trl_rlvr.sandbox.protocol.outcomes import MEMORY_STATUS, SYNTAX_STATUS, Outcome
from trl_rlvr.sandbox.supervisor.fork_server_client import Child, ForkServerClient, ServerLost
from trl_rlvr.sandbox.supervisor.harness_process import Disturbed, HarnessProcess, require_undisturbed
from trl_rlvr.sandbox.supervisor.progress import Progress
from trl_rlvr.sandbox.supervisor.watchdog import Watchdog
from trl_rlvr.verdict import Verdict

_TICK_S = 0.5
"""How far a process's CPU time, as it is reported, may stay below the limit that ended it."""


class Attempt:
    """Runs one job once.

    Args:
        server: where the candidate is forked.
        harness: what judges it.
        job: what to run.
        trainer: pipe that hangs up when the trainer is gone; None: nobody looks.
    """

    def __init__(self, server: ForkServerClient, harness: HarnessProcess, job: Job, trainer: int | None = None) -> None:
        self.server = server
        self.harness = harness
        self.job = job
        self.trainer = trainer
        self.progress = Progress(job)

    def run(self) -> Progress:
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
                self.harness.disconnect()
            if self.progress.rest is None and self.job.kind == STDIO:
                self.progress.rest = self._why_no_more(test)
            if self.progress.rest is not None:
                break
        return self.progress

    def _why_no_more(self, test: int) -> Outcome | None:
        """Say what the cases behind this one get without being run; None: they are run."""
        limits, outcome = self.job.limits, self.progress.reported[test]
        if test == self.job.tests - 1:
            return None
        if self.progress.cpu_s > limits.cpu_s:
            return Outcome(Verdict.TIMEOUT, f"used more than {limits.cpu_s:.3g} s of CPU time in all cases together")
        if limits.stop_at_failure and outcome.verdict is not Verdict.PASSED:
            return Outcome(outcome.verdict, f"not run, as case {test + 1} failed")
        return None

    def _start(self, test: int) -> Child:
        """Fork the candidate, and lay out what connects it with the harness."""
        answers, theirs = os.pipe2(os.O_CLOEXEC)
        for_harness = [answers]
        self.harness.connect(for_harness)
        mine = [theirs]
        try:
            mine.append(memory_file(self.job.candidate))
            for_candidate = [mine[1], theirs]
            if self.job.kind == STDIO:
                mine.append(memory_file(self.job.inputs[test]))
                for_candidate.insert(1, mine[2])
            if self.job.kind in CONVERSATIONS:
                requests, asking = os.pipe2(os.O_CLOEXEC)
                mine.append(requests)
                for_candidate.append(requests)
                for_harness.append(asking)
            hard_s = int(2 * self.job.limits.run_cpu_s) + 5  # the watchdog comes long before
            self.harness.jobs += 1
            return self.server.fork(CANDIDATE, self.job.kind, hard_s, for_candidate)
        finally:
            for fd in mine:
                os.close(fd)

    def _watch(self, child: Child, test: int) -> None:
        """See one candidate and its harness to their ends."""
        progress = self.progress
        watchdog = Watchdog(self.server, self.harness, progress, child, test, self.trainer)
        try:
            watchdog.until_over()
        finally:
            with contextlib.suppress(ServerLost):
                self.server.kill(child)  # nothing if it has ended
        progress.cpu_s += child.cpu_s
        if child.disturbed and child.cpu_s > self.job.limits.run_cpu_s:
            watchdog.stopped = watchdog.stopped or Outcome(Verdict.TIMEOUT, "used up its CPU time")
        else:
            self._require_cpu_time(child)
            self.harness.gone = self.harness.gone or self.harness.child.status is not None
            require_undisturbed(child, self.server)
            require_undisturbed(self.harness.child, self.server)
        if self.job.kind == STDIO:
            self._judge_status(child, test, watchdog.stopped)
        elif progress.rest is None and len(progress.reported) < self.job.tests:
            progress.rest = watchdog.stopped or _ended(child.status or 0)
        if progress.failed and (child.scratch_full or self.harness.child.scratch_full):
            raise Disturbed("the file system of the scratch folders is full")

    def _require_cpu_time(self, child: Child) -> None:
        hard_s = rlimits.cpu_hard_s()
        if child.disturbed and hard_s is not None and child.cpu_s > hard_s - _TICK_S:
            limit = f"the hard limit RLIMIT_CPU (ulimit -t) of {hard_s} s"
            raise Disturbed(f"{limit} that this host sets ended the program before its own limit", again=False)

    def _judge_status(self, child: Child, test: int, stopped: Outcome | None) -> None:
        progress, status = self.progress, child.status or 0
        if stopped is not None:
            progress.rest = stopped
            progress.reported.pop(test, None)
        elif os.WIFEXITED(status) and os.WEXITSTATUS(status) == SYNTAX_STATUS:
            progress.rest = Outcome(Verdict.SYNTAX_ERROR, "the code does not compile")
            progress.reported.pop(test, None)
        elif test not in progress.reported:
            progress.reported[test] = progress.rest or _ended(status)
            progress.rest = None
        elif status != 0 and progress.reported[test].verdict is not Verdict.OUTPUT_LIMIT:
            progress.reported[test] = _failed(status)


def _failed(status: int) -> Outcome:
    """Say what a status other than 0 means for a program that had printed what it should."""
    if not os.WIFEXITED(status):
        return _ended(status)
    memory = os.WEXITSTATUS(status) == MEMORY_STATUS
    verdict = Verdict.MEMORY_LIMIT if memory else Verdict.RUNTIME_ERROR
    return Outcome(verdict, f"the program ended with status {os.WEXITSTATUS(status)}")


def _ended(status: int) -> Outcome:
    """Say what a process's end means for the tests that it had not answered."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return Outcome(Verdict.TIMEOUT, "used up its CPU time")
        name = signal.Signals(number).name if number < 32 else f"signal {number}"
        return Outcome(Verdict.CRASHED, f"killed by {name}")
    return Outcome(Verdict.CRASHED, f"exited with status {os.WEXITSTATUS(status)} before it had answered")
