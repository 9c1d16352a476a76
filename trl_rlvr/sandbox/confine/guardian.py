"""The process that outlives the server by a moment: it starts it, waits, takes all down, and cleans up.

It watches the process that started it by a pidfd, because a parent-death signal comes already when the *thread* that
started a child ends, and sandboxes are opened from short-lived threads.
"""

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable

from trl_rlvr.sandbox.confine import kernel, privileges

_REAP_S = 5.0


class Leash:
    """The server's end: lets it see that its guardian is gone."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def hold(self) -> None:
        """Have this process killed with its guardian; call it after the last change of ids, which would undo it."""
        privileges.die_with_parent()
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        if poll.poll(0):  # it died before that
            os._exit(1)
        os.close(self._fd)


def fork_guardian(clean_up: Callable[[], None], keep_fd: int | None = None) -> Leash:
    """Fork: the child returns, as the server; this process stays behind as its guardian and never returns.

    Args:
        clean_up: run by the guardian when everything is gone.
        keep_fd: descriptor that the guardian keeps open; it closes all others, so that it holds no pipe's end.

    Raises:
        OSError: no process could be made.
    """
    parent = _watch(os.getppid())
    held, given = os.pipe()
    with contextlib.suppress(OSError):  # gVisor has no such thing; there the container's own init inherits orphans
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    server = os.fork()
    if server == 0:
        os.close(given)
        if parent is not None:
            os.close(parent)
        return Leash(held)
    try:
        keep = {fd for fd in (given, parent, keep_fd) if fd is not None}
        _close_all_but(keep)
        status = _guard(server, parent)
        _reap_all()
        clean_up()
        _end_like(status)
    finally:
        os._exit(1)


def _watch(pid: int) -> int | None:
    """Return a descriptor that becomes readable when process `pid`, our parent, is gone."""
    try:
        fd = os.pidfd_open(pid)
    except OSError:  # an old kernel, or a filter around us: second best, see the module's docstring
        privileges.die_with_parent()
        return None
    if os.getppid() != pid:
        os._exit(1)
    return fd


def _guard(server: int, parent: int | None) -> int:
    """Wait until the server ends, or kill it when our parent has ended; returns its wait status."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)  # meant for the program at the terminal, which will close us
    if parent is not None:
        child = os.pidfd_open(server)
        poll = select.poll()
        poll.register(child, select.POLLIN)
        poll.register(parent, select.POLLIN)
        if all(fd != child for fd, _ in poll.poll()):
            os.kill(server, signal.SIGKILL)
    return os.waitpid(server, 0)[1]


def _reap_all() -> None:
    """Wait for orphans: each is being killed by its own parent-death signal, or with its pid namespace."""
    deadline = time.monotonic() + _REAP_S
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                time.sleep(0.001)


def _close_all_but(keep: set[int]) -> None:
    first = 0
    for fd in sorted(keep):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def _end_like(status: int) -> None:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with contextlib.suppress(OSError):  # SIGKILL has no handler to reset
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))
