"""CPU time of another process, and the time that its threads have waited for a core.

CPU time comes from the kernel's own clock of the process. The waits come from /proc and may be unknown; then a busy
machine looks like a sleeping program, and limits on idleness must be generous.
"""

import os
import time
from typing import NamedTuple

_HELD = frozenset((b"T", b"t", b"Z", b"X"))
"""States of a thread that is stopped, traced, or has ended."""


class Threads(NamedTuple):
    """The threads of a process at one moment."""

    queued_ns: dict[str, int]
    """Time that each living thread was ready to run but had no core, over all waits that have ended."""
    at_work: bool
    """Whether one of them runs, waits for a core, or ended while they were counted."""
    held: bool = False
    """Whether all of them are stopped by a signal, or have ended and were not waited for yet."""


class ProcessClock:
    """Reads the clocks of the process `pid`, as this process numbers it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._clock = (~pid << 3) | 2  # CPUCLOCK_SCHED of the whole process, as clock_getcpuclockid(3) builds it

    def cpu_s(self) -> float:
        """Return the CPU seconds of all threads; 0.0 when the process is gone."""
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0

    def threads(self) -> Threads | None:
        """Look at its threads; None where the host does not say."""
        try:
            names = os.listdir(f"/proc/{self.pid}/task")
        except OSError:
            return None
        queued_ns, at_work, states = {}, False, set()
        for name in names:
            try:
                # Before the sum of its waits: one that ends between the two is then in either what we see or the sum.
                with open(f"/proc/{self.pid}/task/{name}/stat", "rb") as file:
                    state = file.read().rpartition(b") ")[2][:1]  # what comes before may hold any name
                at_work |= state == b"R"
                states.add(state)
            except OSError:
                at_work = True
                continue
            try:
                with open(f"/proc/{self.pid}/task/{name}/schedstat", "rb") as file:
                    queued_ns[name] = int(file.read().split()[1])
            except (OSError, IndexError, ValueError):
                continue
        return Threads(queued_ns, at_work, held=bool(states) and states <= _HELD)


def child_pids(pid: int) -> list[int]:
    """Return the direct children of a process; empty where the host does not say."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def inner_pid(pid: int) -> int:
    """Return the number that a process has in its own pid namespace."""
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith("NSpid:"):
                    return int(line.split()[-1])
    except OSError:
        pass
    return pid
