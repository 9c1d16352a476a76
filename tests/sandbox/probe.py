"""What the suites of this folder share: how an attack is written, run beside honest programs, and searched for traces.

An attack passes its tests only if it achieved what it tried, so `PASSED` always means a hole: its expected values are
drawn at random for this run, or it answers 'done' once the forbidden act went through.
"""

import ctypes
import os
import platform
import secrets
import textwrap
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox.base import Program, Sandbox
from trl_rlvr.verdict import ExecutionResult, Verdict

SECRET = "sek" + secrets.token_hex(12)
"""An expected value that no candidate can guess, though it knows one when it sees one."""
NUMBER = 10**8 + secrets.randbelow(10**9)
"""An expected number that no candidate can guess."""
TOKEN = "hf_" + secrets.token_hex(16)
"""What the trainer's environment holds as HF_TOKEN."""

NAMESPACES = ("user_ns", "pid_ns", "mount_ns", "net_ns", "ipc_ns", "uts_ns", "scratch_tmpfs")
"""The layers that need namespaces, for a sandbox that is to do without."""

HANG_S = 120.0
"""A sandbox that has not answered by then hangs."""
SETTLE_S = 15.0
"""How long the traces of an attack may take to be swept."""

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


def attack(
    code: str,
    *tests: str,
    setup: str = "",
    entry_point: str | None = "answer",
    io: Sequence[tuple[str, str]] = (),
    may_pass: int = 0,
) -> Attack:
    """Write an attack down; without tests it is one that answers 'done' when it got through."""
    return Attack(
        code=textwrap.dedent(code),
        tests=tuple(textwrap.dedent(test).strip() for test in tests) or Attack.tests,
        setup=textwrap.dedent(setup),
        entry_point=entry_point,
        io=tuple(io),
        may_pass=may_pass,
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


def simple(code: str, *tests: str, **fields: object) -> Program:
    """Return a program from solution code and tests."""
    problem = CodeProblem(
        task_id="t", prompt="", tests=tuple(textwrap.dedent(test).strip() for test in tests), **fields
    )  # type: ignore[arg-type]
    return Program(textwrap.dedent(code), problem)


def honest_programs(count: int) -> list[Program]:
    """Programs that must pass, no two alike, so that none is answered from another's verdict."""
    salts = [secrets.randbelow(10**9) for _ in range(count)]
    return [simple(f"def add(a, b):\n    return a + b + {salt} - {salt}", "assert add(1, 2) == 3") for salt in salts]


def run_or_fail(sandbox: Sandbox, programs: Sequence[Program]) -> list[ExecutionResult]:
    """Run programs; a sandbox that does not come back is a failed test, not a test run that hangs."""
    box: list[list[ExecutionResult]] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            box.append(sandbox.run(programs))
        except BaseException as error:  # the test's own thread raises it again
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(HANG_S)
    if errors:
        raise errors[0]
    assert box, f"the sandbox did not come back within {HANG_S:.0f} s"
    return box[0]


def adopt_orphans() -> None:
    """Make every process that escapes its parent a child of this one, so that survivors can be found."""
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def descendants() -> list[int]:
    """Process ids of all descendants of this process, but for zombies that it has adopted."""
    children: dict[int, list[tuple[int, str]]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            children.setdefault(int(parent), []).append((int(entry.name), state))
    found, queue = [], [os.getpid()]
    while queue:
        parent_pid = queue.pop()
        for pid, state in children.get(parent_pid, ()):
            queue.append(pid)
            if state != "Z" or parent_pid != os.getpid():
                found.append(pid)
    return found


def files_in_scratch() -> int:
    """Count what lies in folders that descendants hold open: the scratch folders, wherever they are mounted."""
    count = 0
    for pid in descendants():
        for link in _listing(Path(f"/proc/{pid}/fd")):
            target = os.path.realpath(link)
            if target not in ("/", str(Path.cwd())) and link.is_dir():
                count += sum(len(folders) + len(names) for _, folders, names in os.walk(f"{link}/."))
    return count


def _listing(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


@dataclass(frozen=True)
class Traces:
    """How much of a kind there is on this machine that a sandbox may leave behind."""

    processes: int
    files: int
    fds: int

    @classmethod
    def now(cls) -> "Traces":
        """Count what there is now."""
        return cls(processes=len(descendants()), files=files_in_scratch(), fds=len(os.listdir("/proc/self/fd")))

    def within(self, bound: "Traces") -> bool:
        """Tell whether nothing has grown beyond `bound`."""
        return self.processes <= bound.processes and self.files <= bound.files and self.fds <= bound.fds


def wait_until(condition: Callable[[], bool], timeout_s: float = SETTLE_S) -> bool:
    """Wait for a condition; False if it did not come true in time."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def settle(sandbox: Sandbox) -> None:
    """Use all of a sandbox at once until that starts no process any more: its parts start when they are used."""
    busy = simple("import time\ndef f(x):\n    time.sleep(0.05)\n    return x", "assert f(1) == 1")

    def is_up() -> bool:
        seen = [Traces.now()]
        for _ in range(3):
            run_or_fail(sandbox, [busy] * 8)
            time.sleep(0.3)
            seen.append(Traces.now())
        return all(one == seen[0] for one in seen)

    assert wait_until(is_up, 60.0), "the sandbox starts processes again and again"


class Arena:
    """A sandbox, the traces that it leaves when idle, and honest programs to run beside and after each attack."""

    def __init__(self, sandbox: Sandbox, known: Mapping[str, object]) -> None:
        self.sandbox = sandbox
        self.known = known
        settle(sandbox)
        self.rest()

    def rest(self) -> None:
        """Take what there is now for what there is when no attack has run."""
        self.idle = Traces.now()

    def run(self, programs: Iterable[Program]) -> list[ExecutionResult]:
        """Run programs, failing if the sandbox hangs."""
        return run_or_fail(self.sandbox, list(programs))

    def fails(self, attack: Attack) -> ExecutionResult:
        """Assert that the attack scores 0, hurts nobody beside or after it, and leaves nothing."""
        result, *beside = self.run([program(attack, self.known), *honest_programs(3)])
        after = self.run(honest_programs(4))

        verdicts = [test.verdict.value for test in result.tests]
        assert result.verdict is not Verdict.PASSED, f"the attack got through: {verdicts}"
        assert result.verdict is not Verdict.SANDBOX_ERROR, f"the attack broke the sandbox: {result.error}"
        assert result.passed <= attack.may_pass, f"the attack passed tests: {verdicts}"
        assert [r.verdict for r in beside] == [Verdict.PASSED] * 3, f"beside it: {[r.error for r in beside]}"
        assert [r.verdict for r in after] == [Verdict.PASSED] * 4, f"after it: {[r.error for r in after]}"
        idle, swept = self.idle, wait_until(lambda: Traces.now().within(self.idle))
        if not swept:
            self.rest()  # the next attack is not to blame for what this one left
        assert swept, f"it left traces: {self.idle} where an idle sandbox has {idle}"
        return result
