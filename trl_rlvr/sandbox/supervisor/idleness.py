"""Idle time: the time in which a program and its harness neither computed nor waited for a core.

The watchdog samples both processes. Each sample accounts for the interval since the one before: waits of several
threads at once do not make up for an interval in which all of them slept.
"""

from collections.abc import Sequence

from trl_rlvr.sandbox.limits import Limits
from trl_rlvr.sandbox.supervisor.process_clock import Threads


class Idleness:
    """Adds up idle time over the candidates of one program, which run one after the other."""

    def __init__(self) -> None:
        self._seen_s = 0.0
        self._guessed_s = 0.0
        """Idle as it seemed while the host did not say who waited for a core."""
        self._last_look = 0.0
        self._cpu_s = 0.0
        self._queued_ns: dict[str, int] = {}

    def start(self, now: float) -> None:
        """Begin with a new candidate, whose CPU time counts from 0."""
        self._last_look, self._cpu_s, self._queued_ns = now, 0.0, {}

    def leave_out(self, seconds: float) -> None:
        """Leave some seconds of the interval since the last sample out of account."""
        self._last_look += seconds

    def look(self, now: float, cpu_s: float, processes: Sequence[Threads | None]) -> None:
        """Account for the interval since the last sample.

        An interval counts as idle only if every thread is asleep when it ends: the current wait of a running thread is
        not in `schedstat` yet, and threads that start and end between two samples never are. A program that sleeps x %
        of the time is seen asleep in x % of the samples.

        Args:
            now: the time, taken before what follows was read.
            cpu_s: what candidate and harness have computed since the start, together.
            processes: the threads of each that lives; None where the host does not say.
        """
        queued_ns: dict[str, int] = {}
        for threads in processes:
            queued_ns.update(threads.queued_ns if threads is not None else {})
        if not any(threads is not None and threads.at_work for threads in processes):
            waited_ns = sum(max(0, ns - self._queued_ns.get(thread, 0)) for thread, ns in queued_ns.items())
            idle_s = max(0.0, now - self._last_look - max(0.0, cpu_s - self._cpu_s) - waited_ns / 1e9)
            if None in processes:
                self._guessed_s += idle_s
            else:
                self._seen_s += idle_s
        self._last_look, self._queued_ns = now, queued_ns
        self._cpu_s = max(self._cpu_s, cpu_s)  # the clock of a process that is gone reads 0

    def left_s(self, limits: Limits) -> float:
        """Return how much longer the program may be idle; less than 0 once it was so for too long.

        Where it is not known who waits for a core, a busy machine looks like a sleeping program: then there is more.
        """
        generous_s = 5.0 * limits.idle_s + limits.cpu_s
        return min(limits.idle_s - self._seen_s, generous_s - self._seen_s - self._guessed_s)
