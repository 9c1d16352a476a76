"""seccomp-bpf: two filters, of which the kernel takes the stricter answer for each call.

The long one, an allow-list, is installed once in the server and inherited by fork. The child adds a short one that only
takes away: a filter is translated to machine code when it is installed, so its length costs time in every child.
"""

import errno
import os
import struct
from collections.abc import Iterable

from trl_rlvr.sandbox.confine import bpf, kernel, policy
from trl_rlvr.sandbox.confine.bpf import Code
from trl_rlvr.sandbox.confine.kernel import Call, Memory
from trl_rlvr.sandbox.confine.syscalls import ARCHES, TABLES

_SECCOMP_MODE_FILTER = 2
_PROGRAM = struct.Struct("@HP")
_PID = struct.Struct("<I")
_DENY = bpf.give(bpf.errno_action(errno.EPERM))
_ABSENT = bpf.give(bpf.errno_action(errno.ENOSYS))
_ALLOW = bpf.give(bpf.ALLOW)
_OWN_PID = 0x5EC0_0B1D
"""Stands in the prepared child filter where its pid belongs."""
_X32_BIT = 0x4000_0000
_CLONE_THREAD = 0x0001_0000
_CLONE_MORE = 0xFE02_7000  # new namespaces, CLONE_IO, CLONE_PIDFD, CLONE_PTRACE, CLONE_VFORK
_CLONE_NAMESPACES = 0x7E02_0000
_NEGATIVE = 0x8000_0000
_AF_UNIX = 1
_PRIO_PROCESS = 0
_SOL_SOCKET = 1
_RLIMIT_CPU = 0
_SIGKILL, _SIGSTOP = 9, 19


def supported() -> str | None:
    """Return why seccomp cannot be used here, or None."""
    machine = os.uname().machine
    if machine not in TABLES:
        return f"no table of system calls for machine {machine!r}"
    try:
        kernel.prctl(kernel.PR_GET_SECCOMP)
    except OSError as error:
        return str(error)
    return None


def server_filter(machine: str) -> Code:
    """Return the allow-list of server and children."""
    leaves = dict.fromkeys(policy.ALWAYS | policy.SERVER_ONLY, _ALLOW)
    leaves |= dict.fromkeys(policy.UNIMPLEMENTED, _ABSENT)
    leaves |= dict.fromkeys(policy.OWN_ONLY, _only(0, (0,)))
    leaves |= dict.fromkeys(policy.CLOCKS, bpf.load_arg(0) + bpf.if_any_bit(_NEGATIVE, _DENY) + _ALLOW)
    leaves |= {
        "clone": bpf.load_arg(0) + bpf.if_any_bit(_CLONE_NAMESPACES, _DENY) + _ALLOW,
        "fcntl": _only(1, policy.FCNTL_COMMANDS),
        "getpriority": bpf.load_arg(0) + bpf.unless_equal(_PRIO_PROCESS, _DENY) + _only(1, (0,)),
        "getsockopt": bpf.load_arg(1) + bpf.unless_equal(_SOL_SOCKET, _DENY) + _only(2, policy.SOCKET_OPTIONS),
        "ioctl": _only(1, policy.IOCTL_COMMANDS),
        "kill": _ALLOW,
        "prctl": _ALLOW,
        # With an address one could reach a socket that is not the other end of one's pair.
        "sendto": bpf.load_arg(4) + bpf.unless_equal(0, _DENY) + bpf.load_arg(4, high=True) + _only_loaded((0,)),
        "socketpair": _only(0, (_AF_UNIX,)),
        "tgkill": _ALLOW,
    }
    guard = bpf.load_arch() + bpf.unless_equal(ARCHES[machine], bpf.give(bpf.KILL)) + bpf.load_number()
    if machine == "x86_64":
        guard += bpf.if_at_least(_X32_BIT, bpf.give(bpf.KILL))
    guard += bpf.if_at_least(policy.NEWER, _ABSENT)
    return guard + bpf.dispatch(_numbered(leaves, machine), _DENY)


def child_filter(machine: str) -> Code:
    """Return what a child gives up of the server's list; `_OWN_PID` stands, once, for its pid."""
    kill, tgkill = TABLES[machine]["kill"], TABLES[machine]["tgkill"]
    not_deadly = bpf.if_equal(_SIGKILL, _DENY) + bpf.if_equal(_SIGSTOP, _DENY) + _ALLOW
    signals = bpf.load_arg(0) + bpf.unless_equal(_OWN_PID, _DENY) + bpf.load_number()
    signals += bpf.if_equal(kill, bpf.load_arg(1) + not_deadly) + bpf.load_arg(2) + not_deadly
    reads_only = bpf.load_arg(2) + bpf.unless_equal(0, _DENY) + bpf.load_arg(2, high=True) + _only_loaded((0,))
    leaves = dict.fromkeys(policy.SERVER_ONLY, _DENY)
    leaves |= {
        "clone": bpf.load_arg(0) + bpf.if_any_bit(_CLONE_MORE, _DENY) + bpf.if_any_bit(_CLONE_THREAD, _ALLOW) + _DENY,
        "prctl": _only(0, policy.PRCTL_OPTIONS),
        # Dying of a CPU limit that it set itself, a program would look as if someone else had killed it.
        "prlimit64": bpf.load_arg(1) + bpf.unless_equal(_RLIMIT_CPU, _ALLOW) + reads_only,
    }
    return bpf.load_number() + bpf.if_either(kill, tgkill, signals) + bpf.dispatch(_numbered(leaves, machine), _ALLOW)


def _only(arg: int, values: Iterable[int]) -> Code:
    return bpf.load_arg(arg) + _only_loaded(values)


def _only_loaded(values: Iterable[int]) -> Code:
    return [step for value in values for step in bpf.if_equal(value, _ALLOW)] + _DENY


def _numbered(leaves: dict[str, Code], machine: str) -> dict[int, Code]:
    table = TABLES[machine]
    return {table[name]: leaf for name, leaf in leaves.items() if name in table}


def _installation(code: Code) -> tuple[Memory, Call]:
    """Return an assembled filter and the call that installs it, which works as long as the memory lives."""
    assembled = Memory(bpf.assemble(code))
    program = Memory(_PROGRAM.pack(len(code), assembled.address))
    return assembled, kernel.prepare("prctl", kernel.PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program)


class ChildFilter:
    """The filter that each child adds by the call `install`, once it has said who it is."""

    def __init__(self) -> None:
        code = child_filter(os.uname().machine)
        (self._pid_at,) = bpf.constant_offsets(code, _OWN_PID)
        self._assembled, self.install = _installation(code)

    def set_own_pid(self, pid: int) -> None:
        """Say which process the child is."""
        _PID.pack_into(self._assembled.data, self._pid_at, pid)


def apply() -> str:
    """Install the server's filter.

    Returns:
        Its length, in words.

    Raises:
        OSError: the kernel refused; nothing is confined then.
    """
    code = server_filter(os.uname().machine)
    _assembled, install = _installation(code)
    kernel.run((install,))
    return f"allow-list, {len(code)} instructions"
