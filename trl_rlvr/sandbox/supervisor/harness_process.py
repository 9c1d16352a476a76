"""A harness process: the channel to it, and how it gets its work."""

import contextlib
import os
import socket

from trl_rlvr.sandbox.protocol.control import ASSIGNMENT, HARNESS, Job
from trl_rlvr.sandbox.protocol.frames import memory_file, send_with_fds
from trl_rlvr.sandbox.supervisor.fork_server_client import Child, ForkServerClient, ServerLost

_HARNESS_LIFE_S = 50_000
"""CPU seconds after which the kernel ends a harness; the watchdog ends a hanging one long before."""


class Disturbed(Exception):  # noqa: N818 - a condition that the supervisor answers with another attempt
    """What was seen says nothing about the program: somebody else ended it, or the host did not let it run.

    Args:
        cause: in a few words, for the error line.
        again: whether another attempt may show more.
        own: whether the program may have done it itself, on a host without seccomp.
    """

    def __init__(self, cause: str, *, again: bool = True, own: bool = False) -> None:
        super().__init__(cause)
        self.cause = cause
        self.again = again
        self.own = own


def require_undisturbed(child: Child, server: ForkServerClient) -> None:
    """Make sure that a process of ours was started, and that nobody else ended it.

    Raises:
        Disturbed: else.
    """
    if child.fault:
        raise Disturbed(f"a process could not be started or confined: {child.fault}")
    if child.disturbed:
        raise Disturbed("killed by another process or for lack of memory", own=not server.has("seccomp"))


class HarnessProcess:
    """A harness process and the channel to it."""

    def __init__(self, server: ForkServerClient, kind: bytes) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.child = server.fork(HARNESS, kind, _HARNESS_LIFE_S, [theirs.fileno()])
        self.gone = False
        self.jobs = 0
        """Jobs that it was given."""
        self.server = server
        self._pipes: list[int] = []

    def connect(self, pipes: list[int]) -> None:
        """Keep the harness's ends of the pipes to a candidate until it is assigned its work."""
        self._pipes = pipes

    def assign(self, job: Job, test: int) -> None:
        """Give the harness its work, and the answers that the candidate has written or will write.

        Raises:
            Disturbed: the harness is gone.
        """
        fds = [memory_file(job.harness), *self._pipes]
        self._pipes = []
        head = ASSIGNMENT.pack(job.kind, job.limits.answer_kib * 1024, test)
        try:
            send_with_fds(self.channel, head, fds)
        except OSError:
            self.gone = True
            raise Disturbed("the harness was lost before it had its work") from None
        finally:
            for fd in fds:
                os.close(fd)

    def disconnect(self) -> None:
        """Close the ends of pipes that were never handed over."""
        for fd in self._pipes:
            os.close(fd)
        self._pipes = []

    def close(self) -> None:
        """End the process and drop the channel."""
        self.gone = True
        self.channel.close()
        with contextlib.suppress(ServerLost):  # then it went with its server
            self.server.kill(self.child)
