"""System calls that the standard library does not offer, by ctypes.

Nearly all that such a call costs in a fresh fork is page faults, not the kernel's work: `prepare` lays calls out, so
that making them touches little.
"""

import ctypes
import os
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_LIBC = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_KEEPCAPS = 8
PR_SET_NAME = 15
PR_GET_NAME = 16
PR_GET_SECCOMP = 21
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_NOATIME = 0x400
MS_NODIRATIME = 0x800
MS_BIND = 0x1000
MS_REC = 0x4000
MS_SLAVE = 0x80000
MS_RELATIME = 0x200000
MNT_DETACH = 2

_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPABILITY_VERSION_3 = 0x20080522

_prctl = _LIBC.prctl
_prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
_mount = _LIBC.mount
_mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
_HEADER = struct.Struct("=Ii")
_SETS = struct.Struct("=6I")
_syscall = _LIBC.syscall
_syscall.restype = ctypes.c_long


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Bit masks of a thread's capabilities."""

    effective: int
    permitted: int


def _raise(what: str) -> None:
    number = ctypes.get_errno()
    raise OSError(number, f"{what}: {os.strerror(number)}")


class Memory:
    """Bytes that stay at one address, for the kernel to read."""

    __slots__ = ("_pin", "address", "data")

    def __init__(self, content: bytes | bytearray) -> None:
        self.data = bytearray(content)
        self._pin = ctypes.c_char.from_buffer(self.data)  # while it lives, the array cannot be resized
        self.address = ctypes.addressof(self._pin)


Call = tuple[str, Callable[..., int], tuple[int, ...], tuple[Memory | int, ...]]
"""A system call laid out beforehand: its name, the C library's function, its arguments as machine words, and the
arguments as they were given, which keeps memory alive."""


_WORDS = 5
_Function = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_ulong] * _WORDS, use_errno=True)
"""One type for all of them: surplus arguments stay in registers unread, and a type of its own for each costs faults."""


def prepare(name: str, *args: Memory | int) -> Call:
    """Lay out a call of the C library's function `name`, which returns an int and takes at most five arguments."""
    words = [arg.address if isinstance(arg, Memory) else arg for arg in args]
    return name, _Function((name, _LIBC)), (*words, *[0] * (_WORDS - len(args))), args


def run(calls: Iterable[Call]) -> None:
    """Make the calls in turn.

    Raises:
        OSError: one failed; those behind it were not made.
    """
    for call in calls:
        if call[1](*call[2]) == -1:  # unpacked, its other parts would be touched for nothing
            _raise(call[0])


def prctl(option: int, second: int = 0, third: int = 0) -> int:
    """Set or get an attribute of the process.

    Raises:
        OSError: it failed.
    """
    result: int = _prctl(option, second, third, 0, 0)
    if result == -1:
        _raise(f"prctl({option})")
    return result


def syscall(name: str, number: int, *args: int) -> int:
    """Call a system call by its number; every argument is passed as a machine word.

    Raises:
        OSError: it failed; the message starts with `name`.
    """
    result: int = _syscall(ctypes.c_long(number), *[ctypes.c_ulong(arg & 0xFFFF_FFFF_FFFF_FFFF) for arg in args])
    if result == -1:
        _raise(name)
    return result


def unshare(flags: int) -> None:
    """Move the process into new namespaces (os.unshare came with Python 3.12).

    Raises:
        OSError: not permitted, or not built into the kernel.
    """
    if _LIBC.unshare(ctypes.c_int(flags)) == -1:
        _raise("unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Mount something, or change a mount.

    Raises:
        OSError: it failed; the message names the target.
    """
    done = _mount(os.fsencode(source), os.fsencode(target), kind and kind.encode(), flags, options and options.encode())
    if done == -1:
        _raise(f"mount on {target}")


def detach(target: str) -> None:
    """Take a mount and all beneath it out of this namespace.

    Raises:
        OSError: it failed.
    """
    if _LIBC.umount2(os.fsencode(target), MNT_DETACH) == -1:
        _raise(f"umount of {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root of this mount namespace and put the former one at `old`.

    Raises:
        OSError: it failed, or the machine is of an unknown kind.
    """
    number = _PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise OSError(f"pivot_root: unknown machine {os.uname().machine!r}")
    if _syscall(ctypes.c_long(number), ctypes.c_char_p(os.fsencode(new)), ctypes.c_char_p(os.fsencode(old))) == -1:
        _raise("pivot_root")


def capabilities() -> Capabilities:
    """Return the calling thread's capabilities.

    Raises:
        OSError: the kernel refused to say.
    """
    header, sets = capability_sets(0)
    run((prepare("capget", header, sets),))
    low, low_permitted, _, high, high_permitted, _ = _SETS.unpack(sets.data)
    return Capabilities(effective=low | high << 32, permitted=low_permitted | high_permitted << 32)


def set_capabilities(mask: int) -> None:
    """Leave the calling thread exactly the capabilities in `mask`, permitted and effective.

    Raises:
        OSError: `mask` holds one that the thread does not have.
    """
    run((prepare("capset", *capability_sets(mask)),))


def capability_sets(mask: int) -> tuple[Memory, Memory]:
    """Return the two arguments with which capset(2) leaves exactly the capabilities in `mask`."""
    low, high = mask & 0xFFFF_FFFF, mask >> 32
    return Memory(_HEADER.pack(_CAPABILITY_VERSION_3, 0)), Memory(_SETS.pack(low, low, 0, high, high, 0))
