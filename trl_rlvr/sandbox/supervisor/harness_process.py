"""A harness process: the channel to it, and how it gets its work."""

import contextlib
import os
import socket

from trl_rlvr.sandbox.protocol.control import ASSIGNMENT, HARNESS, Job
from trl_rlvr.sandbox.protocol.frames import memory_file, send_with_fds
from trl_rlvr.sandbox.supervisor.fork_server_client import ForkServerClient, ServerLost

_HARNESS_LIFE_S = 50_000
"""CPU seconds after which the kernel ends a harness; the watchdog ends a hanging one long before."""


class Disturbed(Exception):  # noqa: N818 - a condition that the supervisor answers with another attempt
    """Somebody else killed the candidate or the harness, so what was seen says nothing about the program."""


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
            raise Disturbed from None
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
