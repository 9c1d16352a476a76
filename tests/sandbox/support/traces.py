"""What a sandbox may leave behind on this machine, and how to wait until it is gone."""

import ctypes
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.programs import run_or_fail, simple
from trl_rlvr.sandbox.base import Sandbox

SETTLE_S = 15.0
"""How long the traces of an attack may take to be swept."""


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
        for _ in range(2):
            run_or_fail(sandbox, [busy] * 8)
            time.sleep(0.1)
            seen.append(Traces.now())
        return all(one == seen[0] for one in seen)

    assert wait_until(is_up, 60.0), "the sandbox starts processes again and again"
