"""Giving up privilege: no_new_privs, capabilities, and a memory that nobody else can read.

A change of user id clears the parent-death signal and resets "dumpable", so both are set after it.
"""

import contextlib
import signal
from collections.abc import Iterable

from trl_rlvr.sandbox.confine import kernel

CAP_DAC_OVERRIDE, CAP_SETPCAP, CAP_SYS_ADMIN = 1, 8, 21
SERVER_NEEDS = {
    "CAP_CHOWN": 0,
    "CAP_DAC_OVERRIDE": CAP_DAC_OVERRIDE,
    "CAP_FOWNER": 3,
    "CAP_KILL": 5,
    "CAP_SETGID": 6,
    "CAP_SETUID": 7,
}
"""What the server keeps to give children ids of their own, stop them and sweep after them; children keep nothing."""


def holds(*caps: int) -> bool:
    """Say whether this process has all of these capabilities."""
    effective = kernel.capabilities().effective
    return effective & _mask(caps) == _mask(caps)


def _mask(caps: Iterable[int]) -> int:
    return sum(1 << cap for cap in caps)


def set_no_new_privs() -> None:
    """See to it that no program that is executed gains rights; inherited, and for good.

    Raises:
        OSError: the kernel is older than 3.5.
    """
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


def hide_memory() -> None:
    """Make the process undumpable: another of the same id can then neither trace it nor read its memory.

    Raises:
        OSError: the kernel refused.
    """
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)


def stays_hidden(*, changes_id: bool) -> bool:
    """Say whether a fork of a process with hidden memory keeps it hidden, also through a change of user id.

    The latter resets it to a value that the host's administrator chooses; only the value 1 opens it.
    """
    if not changes_id:
        return True
    with contextlib.suppress(OSError), open("/proc/sys/fs/suid_dumpable") as setting:
        return setting.read().strip() != "1"
    return False


def die_with_parent() -> None:
    """Have this process killed when the *thread* that forked it ends.

    Raises:
        OSError: the kernel refused.
    """
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def empty_bounding_set() -> str:
    """Drop every capability from the bounding set, so that none can ever come back.

    Returns:
        What was done, in a few words.
    """
    if not holds(CAP_SETPCAP):
        return "bounding set kept: no CAP_SETPCAP"
    with contextlib.suppress(OSError):  # EINVAL: past the last capability that this kernel knows
        for cap in range(64):
            kernel.prctl(kernel.PR_CAPBSET_DROP, cap)
    return "bounding set empty"


def reduce_server(detail: str) -> str:
    """Drop the server's capabilities to what it needs; returns `detail`.

    Raises:
        OSError: the kernel refused.
    """
    with contextlib.suppress(OSError):  # kernels before 4.3 have no ambient set
        kernel.prctl(kernel.PR_CAP_AMBIENT, kernel.PR_CAP_AMBIENT_CLEAR_ALL)
    kernel.set_capabilities(kernel.capabilities().permitted & _mask(SERVER_NEEDS.values()))
    return detail
