"""How an attack is written down.

An attack passes its tests only if it achieved what it tried, so `PASSED` always means a hole: its expected values are
drawn at random for this run, or it answers 'done' once the forbidden act went through.
"""

import os
import platform
import secrets
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template

from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox.base import Program

SECRET = "sek" + secrets.token_hex(12)
"""An expected value that no candidate can guess, though it knows one when it sees one."""
NUMBER = 10**8 + secrets.randbelow(10**9)
"""An expected number that no candidate can guess."""
TOKEN = "hf_" + secrets.token_hex(16)
"""What the trainer's environment holds as HF_TOKEN."""
_X86_64 = {
    "add_key": 248, "bpf": 321, "chroot": 161, "clone": 56, "clone3": 435, "fanotify_init": 300, "fsopen": 430,
    "inotify_init1": 294, "io_uring_setup": 425, "kcmp": 312, "keyctl": 250, "kill": 62, "memfd_create": 319,
    "memfd_secret": 447, "mount": 165, "mq_open": 240, "msgget": 68, "name_to_handle_at": 303, "open_tree": 428,
    "perf_event_open": 298, "personality": 135, "pidfd_getfd": 438, "pidfd_open": 434, "pidfd_send_signal": 424,
    "process_madvise": 440, "process_vm_readv": 310, "process_vm_writev": 311, "ptrace": 101, "reboot": 169,
    "request_key": 249, "rt_sigqueueinfo": 129, "semget": 64, "setns": 308, "shmget": 29, "socket": 41, "swapon": 167,
    "tgkill": 234, "tkill": 200, "umount2": 166, "unshare": 272, "userfaultfd": 323, "vmsplice": 278,
}  # fmt: skip
_AARCH64 = {
    "add_key": 217, "bpf": 280, "chroot": 51, "clone": 220, "clone3": 435, "fanotify_init": 262, "fsopen": 430,
    "inotify_init1": 26, "io_uring_setup": 425, "kcmp": 272, "keyctl": 219, "kill": 129, "memfd_create": 279,
    "memfd_secret": 447, "mount": 40, "mq_open": 180, "msgget": 186, "name_to_handle_at": 264, "open_tree": 428,
    "perf_event_open": 241, "personality": 92, "pidfd_getfd": 438, "pidfd_open": 434, "pidfd_send_signal": 424,
    "process_madvise": 440, "process_vm_readv": 270, "process_vm_writev": 271, "ptrace": 117, "reboot": 142,
    "request_key": 218, "rt_sigqueueinfo": 138, "semget": 190, "setns": 268, "shmget": 194, "socket": 198,
    "swapon": 224, "tgkill": 131, "tkill": 130, "umount2": 39, "unshare": 97, "userfaultfd": 282,
    "vmsplice": 75,
}  # fmt: skip
SYSCALLS = _AARCH64 if platform.machine() == "aarch64" else _X86_64
KERNEL = """
import ctypes, errno

LIBC = ctypes.CDLL(None, use_errno=True)
REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ESRCH)

def reached(number, *arguments):
    'Whether the kernel did what the call asks for, or at least looked at its arguments.'
    ctypes.set_errno(0)
    answer = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    return answer != -1 or ctypes.get_errno() not in REFUSALS
"""
"""What an attack by raw system call starts with; a refusal by seccomp, Landlock or plain permissions is not reached."""


VICTIM = """
class Unarmed(BaseException):
    'Raised by an attack that does not find its victim: a part of the executor that was renamed, say.'

def victim(found, name):
    'Return an attribute that the attack aims at.'
    try:
        return object.__getattribute__(found, name)
    except AttributeError:
        raise Unarmed(name) from None
"""
"""What an attack starts with that looks for a part of the executor by its name."""


@dataclass(frozen=True)
class Attack:
    """One attack; its tests may name `$SECRET`, `$NUMBER` and `$TOKEN`, its code `$BAIT`, `$ME` and `$SYS_name`."""

    code: str
    tests: tuple[str, ...] = ("assert answer(7) == 'done'",)
    setup: str = ""
    entry_point: str | None = "answer"
    io: tuple[tuple[str, str], ...] = ()
    may_pass: int = 0
    """Tests that an honest reading of the attack's answers passes."""
    compiles: bool = True
    """False where it attacks by code that does not."""


def attack(
    code: str,
    *tests: str,
    setup: str = "",
    entry_point: str | None = "answer",
    io: Sequence[tuple[str, str]] = (),
    may_pass: int = 0,
    compiles: bool = True,
) -> Attack:
    """Write an attack down; without tests it is one that answers 'done' when it got through."""
    return Attack(
        code=textwrap.dedent(code),
        tests=tuple(textwrap.dedent(test).strip() for test in tests) or Attack.tests,
        setup=textwrap.dedent(setup),
        entry_point=entry_point,
        io=tuple(io),
        may_pass=may_pass,
        compiles=compiles,
    )


EXPECTED: dict[str, object] = {"SECRET": SECRET, "NUMBER": NUMBER, "TOKEN": TOKEN}
"""What tests may name and no candidate's code may."""
KNOWN: dict[str, object] = {"ME": os.getpid()} | {f"SYS_{name}": number for name, number in SYSCALLS.items()}
"""What a candidate's code may name: the trainer's process id and the numbers of system calls."""


def fill(text: str, values: Mapping[str, object]) -> str:
    """Put values into the text of an attack."""
    return Template(text).safe_substitute(values)


def program(attack: Attack, known: Mapping[str, object] | None = None) -> Program:
    """Return the attack as a program that a sandbox can run."""
    io_tests = tuple(IOTest(fill(given, EXPECTED), fill(wanted, EXPECTED)) for given, wanted in attack.io)
    problem = CodeProblem(
        task_id="attack",
        prompt="",
        tests=() if io_tests else tuple(fill(test, EXPECTED) for test in attack.tests),
        io_tests=io_tests,
        setup_code=fill(attack.setup, EXPECTED),
        entry_point=None if io_tests else attack.entry_point,
    )
    return Program(fill(attack.code, KNOWN | dict(known or {})), problem)
