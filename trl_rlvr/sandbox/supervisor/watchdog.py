"""Watches one candidate and its harness, and stops what overstays.

CPU time decides. What is not computing nor waiting for a core is idle, and idleness has a limit of its own: a program
that sleeps is stopped after the same time on an idle and on an overloaded machine.
"""

import os
import select
import time
from collections.abc import Sequence

from trl_rlvr.sandbox.protocol.control import DONE, LITERAL, RECORD_SIZE, RECORDS_AT_ONCE, SOURCE, STDIO, unpack_record
from trl_rlvr.sandbox.protocol.outcomes import Outcome
from trl_rlvr.sandbox.supervisor.fork_server_client import Child, ForkServerClient, ServerLost
from trl_rlvr.sandbox.supervisor.harness_process import Disturbed, HarnessProcess, require_undisturbed
from trl_rlvr.sandbox.supervisor.process_clock import Threads
from trl_rlvr.sandbox.supervisor.progress import Progress
from trl_rlvr.verdict import Verdict

_FIRST_CHECK_S = 0.05
"""A program that ends sooner is never looked at."""
_FIRST_LOOK_S = 0.005
"""A program that ends sooner costs no message that only a longer one needs."""
_LINGER_S = 0.01
"""Time for a candidate to end by itself after its last answer."""
_HARNESS_FACTOR, _COMPARING_S = 3.0, 3.0
"""CPU time of a harness: this factor times the candidate's, at least 5 s; so many seconds if it only compares."""
_ABSENT_S = 0.5
"""A look that comes so much later than it was meant to says that this process, and maybe all others, did not run."""
_STUCK_S = 60.0
"""Time for the server to report the end of a child that it was told to kill."""


class TrainerGone(Exception):  # noqa: N818 - a condition on which the supervisor ends
    """The process that wanted the verdicts is gone."""


class Watchdog:
    """Watches one candidate and its harness, and stops what overstays."""

    def __init__(
        self,
        server: ForkServerClient,
        harness: HarnessProcess,
        progress: Progress,
        child: Child,
        test: int,
        trainer: int | None,
    ) -> None:
        self.server = server
        self.harness = harness
        self.progress = progress
        self.child = child
        self.test = test
        self.trainer = trainer
        self.started = time.monotonic()
        self.harness_done = False
        self.done_at = 0.0
        self.stopped: Outcome | None = None
        """Why we stopped the candidate, as an outcome; None if we did not."""
        progress.idleness.start(self.started)
        self._stopped_at = 0.0
        self._last_check = self.started
        self._held_s = 0.0
        clock = self.server.clock(self.harness.child)
        self._harness_before = clock.cpu_s() if clock is not None else 0.0
        self._poll = select.poll()
        self._poll.register(self.server.control, select.POLLIN)
        self._poll.register(self.harness.channel, select.POLLIN)
        if self.trainer is not None:
            self._poll.register(self.trainer, 0)  # a hang-up is reported unasked

    def until_over(self) -> None:
        """Wait until the harness has judged and the candidate has ended.

        Raises:
            Disturbed: somebody else killed a process of ours.
            ServerLost: the fork server is gone, or does not answer.
            TrainerGone: nobody waits for the verdicts any more.
        """
        if self.progress.job.kind != LITERAL:
            self.harness.assign(self.progress.job, self.test)
        look_at = self.started + _FIRST_LOOK_S
        while self.child.status is None and time.monotonic() < look_at:
            self._wait(look_at)
        if self.child.status is None:
            self.server.clock(self.child)  # asks which process it is, for the first check
        if self.progress.job.kind == LITERAL and not self.harness_done:
            # Answers that are all there cost the harness one waking and us one message, not one each.
            self.harness.assign(self.progress.job, self.test)
        check_at = self.started + _FIRST_CHECK_S
        while not (self.harness_done and self.child.status is not None):
            self._wait(check_at)
            if self.harness_done and self.child.status is None and not self._its_status_counts():
                check_at = time.monotonic() + self._hurry()
            elif (now := time.monotonic()) >= check_at:
                if now - check_at > _ABSENT_S:
                    self._excuse(now - check_at)
                check_at = time.monotonic() + self._check()

    def _excuse(self, absent_s: float) -> None:
        """Charge the program nothing for a time in which this process, and so maybe all others, did not run."""
        self.started += absent_s
        self.progress.idleness.leave_out(absent_s)

    def _wait(self, until: float) -> None:
        """Take what comes, once, or wait until a time."""
        for fd, _ in self._poll.poll(max(0.0, until - time.monotonic()) * 1000):
            if fd == self.server.control.fileno():
                self.server.take_notice()
            elif fd == self.trainer:
                raise TrainerGone
            else:
                self._take_records()

    def _take_records(self) -> None:
        try:
            data = self.harness.channel.recv(RECORDS_AT_ONCE * RECORD_SIZE)
        except OSError:
            data = b""
        try:
            records = [unpack_record(data[at : at + RECORD_SIZE]) for at in range(0, len(data), RECORD_SIZE)]
        except ValueError:
            records = []
        if not records:
            self._lose_harness()
        for test, verdict, text in records:
            if test == DONE:
                self._finish()
                if verdict is not Verdict.PASSED:
                    self.progress.rest = Outcome(verdict, text)
                return
            if test < self.progress.job.tests:
                self.progress.reported.setdefault(test, Outcome(verdict, text))

    def _finish(self) -> None:
        self._poll.unregister(self.harness.channel)  # a harness that leaves once it is done must not look lost
        self.harness_done = True
        self.done_at = time.monotonic()

    def _lose_harness(self) -> None:
        """The harness ended without saying that it was done: what it had not reported is lost."""
        self.harness.gone = True
        self._finish()
        deadline = time.monotonic() + _STUCK_S
        while self.harness.child.status is None:
            self._notice_before(deadline)
        require_undisturbed(self.harness.child, self.server)
        job = self.progress.job
        if not job.alone and self.harness.jobs > 1:
            # What earlier programs left in it may have ended it: judge again in a fresh one.
            raise Disturbed("the process that compares answers ended again and again")
        if job.kind == STDIO and job.alone:
            raise Disturbed("the problem's checker ended the process that it runs in", again=False)
        self.progress.rest = Outcome(Verdict.REFUSED_VALUE, "the answer could not be judged")

    def _notice_before(self, deadline: float) -> None:
        if not select.select([self.server.control], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise ServerLost("the fork server does not answer")
        self.server.take_notice()

    def _its_status_counts(self) -> bool:
        """Say whether the candidate's end still decides: so it does for a program that has printed what it should."""
        reported = self.progress.reported.get(self.test)
        passed = reported is not None and reported.verdict is Verdict.PASSED
        return self.progress.job.kind == STDIO and passed and self.progress.rest is None and self.stopped is None

    def _hurry(self) -> float:
        """After the last answer: give the candidate a moment to end by itself, then end it."""
        over_s = time.monotonic() - self.done_at
        if over_s >= _LINGER_S:
            self.server.kill(self.child)
            if over_s > _STUCK_S:
                raise ServerLost("the fork server does not end a child")
            return 1.0
        return _LINGER_S

    def _check(self) -> float:
        """Look at the clocks; stop what is over its limit. Return when to look again."""
        progress, limits, now = self.progress, self.progress.limits, time.monotonic()
        if self.stopped is not None:
            return self._check_stopped(now - self.started)
        clock, harness_clock = self.server.clock(self.child), self.server.clock(self.harness.child)
        alive = self.child.status is None
        own_s = (clock.cpu_s() if clock else 0.0) if alive else self.child.cpu_s
        cpu_s = progress.cpu_s + own_s
        judging_s = max(0.0, harness_clock.cpu_s() - self._harness_before) if harness_clock else 0.0
        # No clock yet: a busy server has not told, and may not have forked. That is no idleness.
        clocks = [harness_clock, clock] if alive else [harness_clock]
        threads = [one.threads() if one else None for one in clocks]
        self._excuse_held(now, threads)
        progress.idleness.look(now, own_s + judging_s, threads)
        elapsed, idle_left_s = now - self.started, progress.idleness.left_s(limits)
        if judging_s > (max(_HARNESS_FACTOR * limits.cpu_s, 5.0) if progress.job.kind == SOURCE else _COMPARING_S):
            self._stop(Outcome(Verdict.TIMEOUT, "the tests computed too long on what the program answered"))
            self._drop_harness()
        elif alive and own_s > limits.run_cpu_s:
            self._stop(Outcome(Verdict.TIMEOUT, f"used more than {limits.run_cpu_s:.3g} s of CPU time"))
        elif alive and cpu_s > limits.cpu_s:
            self._stop(
                Outcome(Verdict.TIMEOUT, f"used more than {limits.cpu_s:.3g} s of CPU time in all cases together")
            )
        elif idle_left_s < 0.0:
            self._stop(Outcome(Verdict.TIMEOUT, f"was idle for more than {limits.idle_s:.3g} s"))
        elif elapsed > limits.wall_s:
            self._stop(Outcome(Verdict.TIMEOUT, f"ran longer than {limits.wall_s:.3g} s"))
        left_s = min(limits.run_cpu_s - own_s, limits.cpu_s - cpu_s, idle_left_s, limits.wall_s - elapsed)
        # Not to be foreseen, or a program could sleep and be at work just whenever we look.
        return min(max(left_s / 2, 0.01), 0.25) * (0.5 + os.urandom(1)[0] / 512)

    def _excuse_held(self, now: float, threads: Sequence[Threads | None]) -> None:
        """Charge the program nothing for a time in which somebody held its processes.

        Raises:
            ServerLost: they are held for good, or their end is not told.
        """
        since_s = now - self._last_check
        self._last_check = now
        if not any(one is not None and one.held for one in threads) or not self.server.has("seccomp"):
            return  # without seccomp a program can stop itself
        self._held_s += since_s
        if self._held_s > _STUCK_S:
            raise ServerLost("processes were stopped from outside, or their end was not told")
        self._excuse(since_s)

    def _check_stopped(self, elapsed: float) -> float:
        """A stopped candidate must end, and its harness must find that out."""
        if elapsed - self._stopped_at > _STUCK_S:
            raise ServerLost("the fork server does not end a child")
        if self.child.status is not None and elapsed - self._stopped_at > self.progress.limits.idle_s:
            self._drop_harness()
        return 0.25

    def _drop_harness(self) -> None:
        """Go on without the harness: it computes on something that it will not finish."""
        self._finish()
        self.harness.close()

    def _stop(self, outcome: Outcome) -> None:
        self.stopped = outcome
        self._stopped_at = time.monotonic() - self.started
        self.server.kill(self.child)
