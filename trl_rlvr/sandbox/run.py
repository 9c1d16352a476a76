"""One program on its way to verdicts: who is forked, who is watched, and what the end of a process means.

CPU time decides. What is not computing nor waiting for a core is idle, and idleness has a limit of its own: a program
that sleeps is stopped after the same time on an idle and on an overloaded machine.
"""

import contextlib
import os
import select
import signal
import socket
import time

from trl_rlvr.sandbox.protocol import (
    ASSIGNMENT,
    CANDIDATE,
    DONE,
    GENERAL,
    HARNESS,
    RECORD_SIZE,
    RECORDS_AT_ONCE,
    STDIO,
    Job,
    unpack_record,
)
from trl_rlvr.sandbox.server import Child, ForkServer, ServerLost
from trl_rlvr.sandbox.stdio import MEMORY_STATUS, SYNTAX_STATUS
from trl_rlvr.sandbox.wire import memory_file
from trl_rlvr.verdict import Verdict

_FIRST_CHECK_S = 0.05
"""A program that ends sooner is never looked at."""
_LINGER_S = 0.01
"""How long a candidate may take to end after its last answer before it is ended."""
_HARNESS_FACTOR, _COMPARING_S = 3.0, 3.0
"""CPU time of a harness: this factor times the candidate's, at least 5 s; so many seconds if it only compares."""
_HARNESS_LIFE_S = 50_000
"""CPU seconds after which the kernel ends a harness; the clock of a run ends a hanging one long before."""
_STUCK_S = 60.0
"""How long the server may take to report the end of a child that it was told to kill."""

Outcome = tuple[Verdict, str]


class Disturbed(Exception):  # noqa: N818 - a condition that the supervisor answers with another attempt
    """Somebody else killed the candidate or the harness, so what was seen says nothing about the program."""


class Harness:
    """A harness process and the channel to it."""

    def __init__(self, server: ForkServer, kind: bytes) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.child = server.fork(HARNESS, kind, _HARNESS_LIFE_S, [theirs.fileno()])
        self.gone = False
        self.jobs = 0
        """Jobs that it was given."""
        self.server = server

    def close(self) -> None:
        """End the process and drop the channel."""
        self.gone = True
        self.channel.close()
        with contextlib.suppress(ServerLost):  # then it went with its server
            self.server.kill(self.child)


class Run:
    """Runs one job once."""

    def __init__(self, server: ForkServer, harness: Harness, job: Job) -> None:
        self.server = server
        self.harness = harness
        self.job = job
        self.limits = job.limits
        self.reported: dict[int, Outcome] = {}
        self.rest: Outcome | None = None
        """What the tests that were not reported get."""
        self.cpu_s = 0.0
        self.idle_s = 0.0

    def verdicts(self) -> list[Outcome]:
        """Return one outcome a test."""
        rest = self.rest or (Verdict.CRASHED, "the process ended before it had answered")
        return [self.reported.get(test, rest) for test in range(self.job.tests)]

    def go(self) -> None:
        """Run the job.

        Raises:
            Disturbed: somebody else killed a process of ours.
            ServerLost: the fork server is gone.
        """
        if self.job.kind != STDIO:
            self._watch(self._start(0))
            return
        for test in range(self.job.tests):
            self._watch(self._start(test), test)
            if self.rest is not None:
                return

    def _start(self, test: int) -> Child:
        """Fork the candidate, and connect it with the harness."""
        answers, theirs = os.pipe2(os.O_CLOEXEC)
        for_candidate = [memory_file(self.job.candidate)]
        for_harness = [memory_file(self.job.harness), answers]
        if self.job.kind == STDIO:
            for_candidate.append(memory_file(self.job.inputs[test]))
        for_candidate.append(theirs)
        if self.job.kind == GENERAL:
            requests, asking = os.pipe2(os.O_CLOEXEC)
            for_candidate.append(requests)
            for_harness.append(asking)
        try:
            hard_s = int(2 * self.limits.cpu_s) + 5  # the clock of a run comes long before
            self.harness.jobs += 1
            child = self.server.fork(CANDIDATE, self.job.kind, hard_s, for_candidate)
            head = ASSIGNMENT.pack(self.job.kind, self.limits.answer_kib * 1024, test)
            socket.send_fds(self.harness.channel, [head], for_harness)
        except OSError:
            self.harness.gone = True
            raise Disturbed from None
        finally:
            for fd in for_candidate + for_harness:
                os.close(fd)
        return child

    def _watch(self, child: Child, test: int = 0) -> None:
        """See one candidate and its harness to their ends."""
        watch = _Watch(self, child)
        try:
            watch.until_over()
        finally:
            with contextlib.suppress(ServerLost):
                self.server.kill(child)  # nothing if it has ended
        self.cpu_s += child.cpu_s
        self.idle_s += watch.idle_s
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


class _Watch:
    """Watches one candidate and its harness, and stops what overstays."""

    def __init__(self, run: Run, child: Child) -> None:
        self.run = run
        self.child = child
        self.harness = run.harness
        self.started = time.monotonic()
        self.harness_done = False
        self.done_at = 0.0
        self.stopped: Outcome | None = None
        """Why we stopped the candidate, as an outcome; None if we did not."""
        self.idle_s = 0.0
        self._stopped_at = 0.0
        clock = run.server.clock(self.harness.child)
        self._harness_before = clock.cpu_s() if clock is not None else 0.0
        self._poll = select.poll()
        self._poll.register(run.server.control, select.POLLIN)
        self._poll.register(self.harness.channel, select.POLLIN)

    def until_over(self) -> None:
        """Wait until the harness has judged and the candidate has ended."""
        server = self.run.server
        check_at = self.started + _FIRST_CHECK_S
        while not (self.harness_done and self.child.status is not None):
            for fd, _ in self._poll.poll(max(0.0, check_at - time.monotonic()) * 1000):
                if fd == server.control.fileno():
                    server.take_notice()
                else:
                    self._take_records()
            if self.harness_done and self.child.status is None:
                check_at = time.monotonic() + self._hurry()
            elif time.monotonic() >= check_at:
                check_at = time.monotonic() + self._check()

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
                    self.run.rest = (verdict, text)
                return
            if test < self.run.job.tests:
                self.run.reported.setdefault(test, (verdict, text))

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
        if self.run.job.kind != GENERAL and self.harness.jobs > 1:
            raise Disturbed  # what earlier programs left in it may have ended it: judge again in a fresh one
        self.run.rest = (Verdict.REFUSED_VALUE, "the answer could not be judged")

    def _notice_before(self, deadline: float) -> None:
        if not select.select([self.run.server.control], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise ServerLost("the fork server does not answer")
        self.run.server.take_notice()

    def _hurry(self) -> float:
        """After the last answer: give the candidate a moment to end by itself, then end it."""
        over_s = time.monotonic() - self.done_at
        if over_s >= _LINGER_S:
            self.run.server.kill(self.child)
            if over_s > _STUCK_S:
                raise ServerLost("the fork server does not end a child")
            return 1.0
        return _LINGER_S

    def _check(self) -> float:
        """Look at the clocks; stop what is over its limit. Return when to look again."""
        run, limits = self.run, self.run.limits
        elapsed = time.monotonic() - self.started
        if self.stopped is not None:
            return self._check_stopped(elapsed)
        clock, harness_clock = run.server.clock(self.child), run.server.clock(self.harness.child)
        cpu_s = run.cpu_s + (clock.cpu_s() if clock else self.child.cpu_s)
        judging_s = max(0.0, harness_clock.cpu_s() - self._harness_before) if harness_clock else 0.0
        queued = [one.queued_s() for one in (clock, harness_clock) if one is not None]
        self.idle_s = max(0.0, elapsed + run.cpu_s - cpu_s - judging_s - sum(value or 0.0 for value in queued))
        idle_s = run.idle_s + self.idle_s
        idle_limit_s = limits.idle_s if queued and None not in queued else 5.0 * limits.idle_s + limits.cpu_s
        if judging_s > (max(_HARNESS_FACTOR * limits.cpu_s, 5.0) if run.job.kind == GENERAL else _COMPARING_S):
            self._stop((Verdict.TIMEOUT, "the tests computed too long on what the program answered"))
            self._drop_harness()
        elif self.child.status is None and cpu_s > limits.cpu_s:
            self._stop((Verdict.TIMEOUT, f"used more than {limits.cpu_s:.3g} s of CPU time"))
        elif idle_s > idle_limit_s:
            self._stop((Verdict.TIMEOUT, f"was idle for more than {limits.idle_s:.3g} s"))
        elif elapsed > limits.wall_s:
            self._stop((Verdict.TIMEOUT, f"ran longer than {limits.wall_s:.3g} s"))
        left_s = min(limits.cpu_s - cpu_s, idle_limit_s - idle_s, limits.wall_s - elapsed)
        return min(max(left_s / 2, 0.01), 0.25)

    def _check_stopped(self, elapsed: float) -> float:
        """A stopped candidate must end, and its harness must find that out."""
        if elapsed - self._stopped_at > _STUCK_S:
            raise ServerLost("the fork server does not end a child")
        if self.child.status is not None and elapsed - self._stopped_at > self.run.limits.idle_s:
            self._drop_harness()
        return 0.25

    def _drop_harness(self) -> None:
        """Go on without the harness: it computes on something that it will not finish."""
        self._finish()
        self.harness.close()

    def _stop(self, outcome: Outcome) -> None:
        self.stopped = outcome
        self._stopped_at = time.monotonic() - self.started
        self.run.server.kill(self.child)


def _ended(status: int) -> Outcome:
    """Say what a process's end means for the tests that it had not answered."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return Verdict.TIMEOUT, "used up its CPU time"
        return Verdict.CRASHED, f"killed by {signal.Signals(number).name if number < 32 else f'signal {number}'}"
    return Verdict.CRASHED, f"exited with status {os.WEXITSTATUS(status)} before it had answered"
