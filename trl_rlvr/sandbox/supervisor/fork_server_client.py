"""The supervisor's end of a fork server: starts it, gives it orders, keeps its notices."""

import contextlib
import json
import os
import select
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from trl_rlvr.sandbox.interpreter import environment, interpreter
from trl_rlvr.sandbox.protocol.control import EXITED, FORK, KILL, MAX_FAULT, NOTICE, ORDER, WHO
from trl_rlvr.sandbox.protocol.frames import send_with_fds
from trl_rlvr.sandbox.protocol.settings import WorkerSettings
from trl_rlvr.sandbox.supervisor.process_clock import ProcessClock, child_pids, inner_pid

_START_S = 60.0
_LEAVE_S = 5.0


class ServerLost(Exception):  # noqa: N818 - a condition that the supervisor mends
    """The fork server is gone or does not answer."""


@dataclass(slots=True)
class Child:
    """One forked process, as far as the server has told."""

    number: int
    pid: int | None = None
    """In the server's numbering; None until it was asked for and told."""
    status: int | None = None
    """Wait status; None while it runs."""
    cpu_s: float = 0.0
    killed: bool = False
    """Whether we ordered its end; once it has ended, whether that is what ended it."""
    fault: str = ""
    """Why it could not be made or confined; empty if it was."""
    scratch_full: bool = False
    """Whether the file system of the scratch folders had no room left when it had been swept."""
    asked: bool = False
    """Whether its pid was asked for."""
    clock: ProcessClock | None = None
    """Kept once it was found: finding it reads several files."""

    @property
    def disturbed(self) -> bool:
        """Whether somebody else killed it: the programs' own signals cannot be SIGKILL."""
        return (
            self.status is not None
            and os.WIFSIGNALED(self.status)
            and os.WTERMSIG(self.status) == 9
            and not self.killed
        )


class ForkServerClient:
    """A running fork server, as its supervisor sees it. Closing it ends it and all its children.

    Args:
        settings: of the worker.

    Raises:
        ServerLost: it did not start; the message holds what it said.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                interpreter("forkserver.boot", settings.pack()),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment(settings.hash_seed),
                cwd="/",
                start_new_session=True,
            )
        self.children: dict[int, Child] = {}
        self._next = 0
        if not select.select([self.control], [], [], _START_S)[0]:
            raise self._lost("did not start in time")
        ready = self.control.recv(1 << 16)
        if not ready:
            raise self._lost("ended while it started")
        said = json.loads(ready)
        if isinstance(said, str):  # what keeps it from starting, in place of its layers
            self.close()
            raise ServerLost(said)
        self.layers: list[tuple[str, bool, str]] = [tuple(layer) for layer in said]
        inside = self.has("pid_ns")
        self._pid = next(iter(child_pids(self.process.pid)), None) if inside else self.process.pid
        self._inside = inside

    def _lost(self, why: str) -> ServerLost:
        self.close()
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            said = stream.read().decode("utf-8", "replace").strip().splitlines()
        how = f"the fork server {why} (status {self.process.returncode})"
        return ServerLost(f"{how}; it said: {said[-1][:200]!r}" if said else how)

    def has(self, layer: str) -> bool:
        """Say whether a layer of confinement is on."""
        return any(name == layer and on for name, on, _ in self.layers)

    def fork(self, role: bytes, kind: bytes, cpu_hard_s: int, fds: Sequence[int]) -> Child:
        """Order a child.

        Raises:
            ServerLost: the server is gone.
        """
        self._next += 1
        child = self.children[self._next] = Child(self._next)
        try:
            send_with_fds(self.control, ORDER.pack(FORK, role, child.number, cpu_hard_s, kind[0]), fds)
        except OSError as error:
            raise ServerLost("the fork server is gone") from error
        return child

    def kill(self, child: Child) -> None:
        """Order a child's end, if it still runs."""
        if child.status is None and not child.killed:
            child.killed = True
            self._order(KILL, child)

    def _order(self, what: bytes, child: Child) -> None:
        try:
            self.control.send(ORDER.pack(what, b"-", child.number, 0, 0))
        except OSError as error:
            raise ServerLost("the fork server is gone") from error

    def take_notice(self) -> None:
        """Read one notice, blocking until there is one.

        Raises:
            ServerLost: the server is gone.
        """
        try:
            message = self.control.recv(NOTICE.size + MAX_FAULT)
        except OSError:
            message = b""
        if len(message) < NOTICE.size:
            raise ServerLost("the fork server is gone")
        what, number, pid, status, user_s, system_s, ended, full = NOTICE.unpack_from(message)
        child = self.children.get(number)
        if child is None:
            return
        child.pid = pid
        if what == EXITED:
            child.status = status
            child.cpu_s = user_s + system_s
            child.killed = ended
            child.scratch_full = full
            child.fault = message[NOTICE.size :].decode("utf-8", "replace")
            del self.children[number]

    def clock(self, child: Child) -> ProcessClock | None:
        """Return the child's clocks; None while, or where, it cannot be told which process it is.

        The first call asks the server, whose notice comes later.

        Raises:
            ServerLost: the server is gone.
        """
        if child.pid is None and child.status is None and not child.asked:
            child.asked = True
            self._order(WHO, child)
        if child.clock is None and child.pid is not None:
            if not self._inside:
                child.clock = ProcessClock(child.pid)
            elif self._pid is not None:
                found = (pid for pid in child_pids(self._pid) if inner_pid(pid) == child.pid)
                child.clock = next((ProcessClock(pid) for pid in found), None)
        return child.clock

    def close(self) -> None:
        """End the server and with it every child."""
        for child in list(self.children.values()):
            with contextlib.suppress(OSError):
                self.control.send(ORDER.pack(KILL, b"-", child.number, 0, 0))
        self.control.close()  # the server notices, sweeps and leaves; its guardian reaps it
        try:
            self.process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            self._kill_all()
            self.process.wait()

    def _kill_all(self) -> None:
        for child in self.children.values():
            if child.pid is not None and not self._inside:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, 9)
        self.process.kill()
