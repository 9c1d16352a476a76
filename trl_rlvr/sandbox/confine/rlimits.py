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
_RAISED = (
    resource.RLIMIT_AS,
    resource.RLIMIT_CPU,
    resource.RLIMIT_DATA,
    resource.RLIMIT_FSIZE,
    resource.RLIMIT_NOFILE,
    resource.RLIMIT_NPROC,
)
"""All but the stack: an unlimited one changes where the kernel places memory."""
_OOM_SCORE = "/proc/self/oom_score_adj"
_LEAST_STACK_MIB = 8
"""The least stack that programs are promised: what shells give by default."""


class LimitTooLowError(Exception):
    """A limit that this process inherits is lower than what each program is promised; the message says which."""


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
        LimitTooLowError: a program would get less than that, and its verdict would speak of this host.
        OSError, ValueError: the kernel refused.
    """
    memory = f"{memory_mib} MiB of memory; lower sandbox_memory_mib, or raise it"
    _require(resource.RLIMIT_AS, memory_mib * _MIB, "RLIMIT_AS (ulimit -v)", memory)
    _require(resource.RLIMIT_DATA, memory_mib * _MIB, "RLIMIT_DATA (ulimit -d)", memory)
    _require(resource.RLIMIT_FSIZE, file_mib * _MIB, "RLIMIT_FSIZE (ulimit -f)", f"{file_mib} MiB a file; raise it")
    _require(resource.RLIMIT_NOFILE, open_files, "RLIMIT_NOFILE (ulimit -n)", f"{open_files} open files; raise it")
    stack = f"{_LEAST_STACK_MIB} MiB of stack; raise it"
    _require(resource.RLIMIT_STACK, _LEAST_STACK_MIB * _MIB, "RLIMIT_STACK (ulimit -s)", stack)
    if threads is not None:
        _require(resource.RLIMIT_NPROC, threads, "RLIMIT_NPROC (ulimit -u)", f"{threads} threads; raise it")
    with contextlib.suppress(OSError), open(_OOM_SCORE, "w") as score:
        score.write("1000")  # should the host run out of memory, this is what it may kill
    _lower(resource.RLIMIT_AS, memory_mib * _MIB)
    _lower(resource.RLIMIT_FSIZE, file_mib * _MIB)
    _lower(resource.RLIMIT_NOFILE, open_files)
    left = [name for name, which in _NONE.items() if not _take_away(which)]
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    deep = _STACK_MIB * _MIB  # deep recursion in C is honest; only the main thread's stack grows by this
    if hard == resource.RLIM_INFINITY or hard >= deep:
        resource.setrlimit(resource.RLIMIT_STACK, (deep, hard))
    detail = f"{memory_mib} MiB memory, {file_mib} MiB a file" + "".join(f", {name} as it was" for name in left)
    if threads is None:
        return f"{detail}; threads bounded by memory only"
    _lower(resource.RLIMIT_NPROC, threads + _OTHER_PROCESSES)
    return f"{detail}, {threads} threads"


def raise_soft_limits() -> None:
    """Let this process and those that it starts have all that the hard limits allow.

    A soft limit is meant for the program at the terminal: by a low one of CPU time a worker would end in mid-run.
    """
    for which in _RAISED:
        _, hard = resource.getrlimit(which)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(which, (hard, hard))


def cpu_hard_s() -> int | None:
    """Return the CPU seconds after which the kernel ends any process that is started here; None: never."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    return None if hard == resource.RLIM_INFINITY else hard


def _require(which: int, least: int, name: str, promised: str) -> None:
    """Make sure that the hard limit allows what programs are promised."""
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY and hard < least:
        raise LimitTooLowError(f"the hard limit {name} is {hard} here, too low for {promised}")


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
