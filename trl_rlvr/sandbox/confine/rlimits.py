"""Resource limits: address space, processor time, file size, open files, threads, no core dump.

RLIMIT_NPROC counts per user id: it bounds a program's threads only where the program has an id, or a user namespace,
of its own, and does nothing for uid 0.
"""

import contextlib
import os
import resource

_MIB = 1 << 20
_STACK_MIB = 64
_OTHER_PROCESSES = 16
"""What else runs under the same id: the server, a harness, and room for one that is being reaped."""
_NONE = {
    "core": resource.RLIMIT_CORE,
    "memlock": resource.RLIMIT_MEMLOCK,
    "msgqueue": resource.RLIMIT_MSGQUEUE,
    "nice": resource.RLIMIT_NICE,
    "rtprio": resource.RLIMIT_RTPRIO,
}
_OOM_SCORE = "/proc/self/oom_score_adj"


def supported() -> str | None:
    """Return None: every Linux has them."""
    return None


def counts_per_namespace() -> bool:
    """Say whether this kernel counts a user's processes in each user namespace on its own: Linux 5.14 and later."""
    major, minor = os.uname().release.split(".")[:2]
    return (int(major), int(minor)) >= (5, 14)


def apply(*, memory_mib: int, file_mib: int, open_files: int, threads: int | None) -> str:
    """Set the limits that children inherit; they can be lowered further, never raised.

    Args:
        memory_mib: address space, in MiB.
        file_mib: size of one file, in MiB.
        open_files: descriptors of one process.
        threads: how many threads the program's own id may have; None where it has no id of its own.

    Returns:
        What was set, in a few words.

    Raises:
        OSError, ValueError: the kernel refused.
    """
    with contextlib.suppress(OSError), open(_OOM_SCORE, "w") as score:
        score.write("1000")  # should the host run out of memory, this is what it may kill
    _lower(resource.RLIMIT_AS, memory_mib * _MIB)
    _lower(resource.RLIMIT_FSIZE, file_mib * _MIB)
    _lower(resource.RLIMIT_NOFILE, open_files)
    left = [name for name, which in _NONE.items() if not _take_away(which)]
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    stack = _STACK_MIB * _MIB  # deep recursion in C is honest; only the main thread's stack grows by this
    if hard == resource.RLIM_INFINITY or hard >= stack:
        resource.setrlimit(resource.RLIMIT_STACK, (stack, hard))
    detail = f"{memory_mib} MiB memory, {file_mib} MiB a file" + "".join(f", {name} as it was" for name in left)
    if threads is None:
        return f"{detail}; threads bounded by memory only"
    _lower(resource.RLIMIT_NPROC, threads + _OTHER_PROCESSES)
    return f"{detail}, {threads} threads"


def _take_away(which: int) -> bool:
    """Set a limit to nothing; False where this kernel has it and cannot set it, as gVisor some of those."""
    try:
        _lower(which, 0)
    except (OSError, ValueError):
        return False
    return True


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    if (value, value) != resource.getrlimit(which):
        resource.setrlimit(which, (value, value))
