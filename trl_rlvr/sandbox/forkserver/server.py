"""A warm interpreter that forks candidates and harnesses on order, and reports how they ended.

It is started fresh, never as a fork of the trainer, and holds neither code nor tests: a child gets its work through
descriptors that the supervisor sends along with the order, so nothing of one program can be found in the memory of
the next.
"""

import builtins
import gc
import json
import os
import select
import signal
import socket
import sys
from os import closerange, dup2

from trl_rlvr.sandbox.candidate import main as candidate
from trl_rlvr.sandbox.confine import stack
from trl_rlvr.sandbox.confine.rlimits import LimitTooLowError
from trl_rlvr.sandbox.forkserver.code_pages import join_mappings, use_huge_pages
from trl_rlvr.sandbox.forkserver.heap import fill_heap
from trl_rlvr.sandbox.forkserver.package_finder import install_finder
from trl_rlvr.sandbox.forkserver.preload import preload_others
from trl_rlvr.sandbox.forkserver.warmup import warm_up
from trl_rlvr.sandbox.harness import main as harness
from trl_rlvr.sandbox.protocol.control import CANDIDATE, EXITED, FORK, KILL, MAX_FAULT, NOTICE, ORDER, RUNS, TOGETHER
from trl_rlvr.sandbox.protocol.frames import receive_with_fds
from trl_rlvr.sandbox.protocol.settings import WorkerSettings
from trl_rlvr.sandbox.together import main as together

_CONTROL = 3
_MAX_FDS = 4
_WATCH_MS = 50
"""Interval at which scratch folders are measured, where that is needed."""
_ASK_MS = 2
"""Interval at which children are asked whether they have ended, on a kernel that does not tell (gVisor)."""


class _Server:
    def __init__(self, control: socket.socket, confinement: stack.Confinement) -> None:
        self.control = control
        self.confinement = confinement
        self.has_pidfds = _has_pidfds()
        self.children: dict[int, tuple[int, int]] = {}
        """By pidfd: child number and pid. Where there are no such descriptors, by the pid below zero."""
        self.null = _open_null()
        """The null device for the next child, opened for it alone: flags of an open file stay for all who share it."""
        self.flooded: set[int] = set()
        self.ended: set[int] = set()
        """Process ids of children that were killed on order, until they are reaped."""
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)

    def serve(self) -> None:
        """Take orders until the supervisor is gone."""
        pause_ms = _ASK_MS if not self.has_pidfds else _WATCH_MS if self.confinement.watches_scratch else None
        while True:
            for fd, _ in self.poll.poll(pause_ms if self.children else None):
                if fd != self.control.fileno():
                    self.reap(fd)
                elif not self.take_order():
                    return
            if pause_ms is not None and self.children:
                self.look_around()

    def take_order(self) -> bool:
        message, fds = receive_with_fds(self.control, ORDER.size, _MAX_FDS)
        if not message:
            return False
        order, role, number, cpu_hard_s, kind = ORDER.unpack(message)
        if order == FORK:
            self.fork(role, number, cpu_hard_s, kind, fds)
        elif order == KILL:
            self.kill(number)
        else:
            self.name(number)
        return True

    def fork(self, role: bytes, number: int, cpu_hard_s: int, kind: int, fds: tuple[int, ...]) -> None:
        try:
            pid = self.confinement.fork("candidate" if role == CANDIDATE else "harness", cpu_hard_s)
        except OSError as error:  # no process or no scratch folder: this one child is not to be had
            self.refuse(number, error, fds)
            return
        if pid == 0:
            _become(role, bytes((kind,)), fds, self.null)
        for fd in (*fds, self.null):
            os.close(fd)
        self.null = _open_null()  # while the child runs
        pidfd = os.pidfd_open(pid) if self.has_pidfds else -pid
        self.children[pidfd] = (number, pid)
        if self.has_pidfds:
            self.poll.register(pidfd, select.POLLIN)

    def refuse(self, number: int, error: OSError, fds: tuple[int, ...]) -> None:
        """Say why a child could not be made."""
        for fd in fds:
            os.close(fd)
        notice = NOTICE.pack(EXITED, number, 0, 1 << 8, 0.0, 0.0, False, False)
        self.control.send(notice + str(error).encode("utf-8", "replace")[:MAX_FAULT])

    def name(self, number: int) -> None:
        """Say which process a child is, if it has not ended."""
        for child, pid in self.children.values():
            if child == number:
                self.control.send(NOTICE.pack(RUNS, number, pid, 0, 0.0, 0.0, False, False))

    def kill(self, number: int) -> None:
        for pidfd, (child, pid) in self.children.items():
            if child == number and not _has_ended(pidfd, pid):  # else it ended before, of something else
                self.ended.add(pid)
                os.kill(pid, 9)  # not reaped yet, so the number is still this child's

    def look_around(self) -> None:
        """Find what nobody tells: children that fill the disk, and on some kernels those that have ended."""
        for pidfd, (_, pid) in list(self.children.items()):
            if pidfd < 0 and _has_ended(pidfd, pid):
                self.reap(pidfd)
        if self.confinement.watches_scratch:
            self.end_floods()

    def end_floods(self) -> None:
        """Kill children that fill the disk, where no file system of their own stops them."""
        for pid in self.confinement.flooding():
            self.flooded.add(pid)
            os.kill(pid, 9)

    def reap(self, pidfd: int) -> None:
        number, pid = self.children.pop(pidfd)
        if pidfd >= 0:
            self.poll.unregister(pidfd)
            os.close(pidfd)
        _, status, usage = os.wait4(pid, 0)
        if pid in self.flooded:
            self.flooded.remove(pid)
            status = signal.SIGXFSZ  # as if the kernel had ended it for its files: it was no outsider
        try:  # noqa: SIM105 - for each program; `suppress` is a dozen pages more to copy
            os.killpg(pid, 9)  # the child's own session: whatever it may have left there
        except OSError:
            pass
        by_order = pid in self.ended
        self.ended.discard(pid)
        self.confinement.sweep(pid)
        full = self.confinement.is_scratch_full()  # after the sweep, so that it is not this child's doing
        notice = NOTICE.pack(EXITED, number, pid, status, usage.ru_utime, usage.ru_stime, by_order, full)
        if status:
            notice += self.confinement.fault(pid).encode()
        self.control.send(notice)


def _has_pidfds() -> bool:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


def _has_ended(pidfd: int, pid: int) -> bool:
    """Say whether a child has ended, without reaping it."""
    if pidfd >= 0:
        return bool(select.select([pidfd], [], [], 0)[0])
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _open_null() -> int:
    return os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)


def _become(role: bytes, kind: bytes, fds: tuple[int, ...], null: int) -> None:
    """Turn this fresh child into a candidate or a harness; never returns."""
    leave = os._exit
    try:
        for place in range(_CONTROL):
            dup2(null, place)
        # The descriptors came in rising order from numbers above their new places, so no move overwrites a later one.
        for place, fd in enumerate(fds, start=_CONTROL):
            dup2(fd, place)
        closerange(_CONTROL + len(fds), 1 << 16)
        places = list(range(_CONTROL, _CONTROL + len(fds)))
        if role == CANDIDATE:
            (together if kind == TOGETHER else candidate).main(kind, places)
        else:
            harness.main(socket.socket(fileno=places[0]))
    except BaseException:
        leave(1)
    finally:
        leave(0)


def _confined(told: WorkerSettings, control: socket.socket) -> stack.Confinement:
    """Confine this process; where the host does not let it, say why in the place of the layers, and leave."""
    try:
        confinement = stack.Confinement(**told.confinement())
        confinement.enter_server()
    except (OSError, LimitTooLowError) as error:
        what = "no process could be made, or no folder for scratch: " if isinstance(error, OSError) else ""
        control.send(json.dumps(f"{what}{error}").encode())
        os._exit(1)
    return confinement


def main(package_root: str, settings: str) -> None:
    """Serve the supervisor on what is standard input at the start.

    Args:
        package_root: folder of this package, on `sys.path` only while its modules are imported.
        settings: packed `WorkerSettings`.
    """
    os.dup2(0, _CONTROL)
    null = _open_null()
    os.dup2(null, 0)
    control = socket.socket(fileno=_CONTROL)
    use_huge_pages()
    join_mappings()
    filling = [fill_heap()]
    warm_up()
    told = WorkerSettings.unpack(settings)
    install_finder(told.packages)
    confinement = _confined(told, control)
    filling.append(fill_heap())
    confinement.lay_out_children()
    if not confinement.imports:
        preload_others()
    for name in [name for name in sys.modules if name.startswith("trl_rlvr")]:
        del sys.modules[name]
    sys.path.remove(package_root)
    control.send(json.dumps([[layer.name, layer.on, layer.why] for layer in confinement.layers]).encode())
    os.dup2(null, 2)  # what was said on the way here is for the supervisor; what children say there is for nobody
    del sys.argv[:]  # a child gets other ones
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]  # which `site` defines for other scripts
    filling.append(fill_heap())
    gc.freeze()
    _Server(control, confinement).serve()
    del filling
    confinement.close()
