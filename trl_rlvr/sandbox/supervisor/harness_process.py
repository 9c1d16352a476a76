"""A harness process and the channel to it."""

import contextlib
import socket

from trl_rlvr.sandbox.protocol.control import (
    HARNESS,
)
from trl_rlvr.sandbox.supervisor.fork_server_client import ForkServer, ServerLost

_HARNESS_LIFE_S = 50_000
"""CPU seconds after which the kernel ends a harness; the clock of a run ends a hanging one long before."""


class Harness:
    """A harness process and the channel to it."""

    def __init__(self, server: ForkServer, kind: bytes) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.child = server.fork(HARNESS, kind, _HARNESS_LIFE_S, [theirs.fileno()])
        self.gone = False
        self.jobs = 0
        """Jobs that it was given."""
        self.server = server

    def close(self) -> None:
        """End the process and drop the channel."""
        self.gone = True
        self.channel.close()
        with contextlib.suppress(ServerLost):  # then it went with its server
            self.server.kill(self.child)
