"""How long another process has computed, and how long it has waited for a core.

CPU time comes from the kernel's own clock of the process. The wait comes from /proc and may be unknown; then a busy
machine looks like a sleeping program, and limits on idleness must be generous.
"""

import os
import time


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

    def queued_s(self) -> float | None:
        """Return the seconds that its threads were ready to run but had no core; None where the host does not say."""
        try:
            threads = os.listdir(f"/proc/{self.pid}/task")
        except OSError:
            return None
        queued_ns = 0
        for thread in threads:
            try:
                with open(f"/proc/{self.pid}/task/{thread}/schedstat", "rb") as file:
                    queued_ns += int(file.read().split()[1])
            except (OSError, IndexError, ValueError):
                continue
        return queued_ns / 1e9


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
