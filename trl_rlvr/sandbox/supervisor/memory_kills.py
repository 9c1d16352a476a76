"""Counts the kernel's kills for lack of memory: of this machine, or of a container's or job's limit."""

_COUNTERS = "/proc/vmstat"


def memory_kills() -> int:
    """Return how many processes of this machine that has ended so far; 0 where the kernel does not say."""
    try:
        with open(_COUNTERS) as file:
            for line in file:
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    except (OSError, ValueError):
        pass
    return 0
