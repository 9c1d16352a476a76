"""The actor of a node of a Ray cluster: the process backend's pool, opened there at its first use.

It knows nothing of Ray, which makes an actor of it. Opened at the first use and not with the actor, a pool that cannot
start is an answer with a cause, and an actor that Ray has restarted opens another without being told to.
"""

import threading
from collections.abc import Sequence
from typing import Any

from trl_rlvr.errors import SandboxUnavailableError
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.base import Program, SandboxStats
from trl_rlvr.verdict import ExecutionResult


class NodeSandbox:
    """Runs chunks of programs on the node where it is; safe to call from several threads.

    Args:
        options: those of `ProcessSandbox`.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._sandbox: ProcessSandbox | None = None

    def _open(self) -> ProcessSandbox:
        with self._lock:
            if self._sandbox is None:
                self._sandbox = ProcessSandbox(**self._options)
            return self._sandbox

    def layers(self) -> list[tuple[str, bool, str]]:
        """Open the pool and return its layers of confinement.

        Raises:
            SandboxUnavailableError: it cannot start on this node; the node is named.
        """
        try:
            return self._open().layers
        except SandboxUnavailableError as error:
            import socket  # lazy: only for the message

            raise SandboxUnavailableError(f"node {socket.gethostname()}: {error}") from None

    def run(
        self, programs: Sequence[Program], deadline_s: float | None, judges_together: bool
    ) -> tuple[list[ExecutionResult], SandboxStats]:
        """Run a chunk; return its results in order, and what was counted since the last chunk ended."""
        sandbox = self._open()
        sandbox.judges_together = judges_together
        results = sandbox.run(programs, deadline_s=deadline_s)
        return results, sandbox.take_stats()

    def worker_pids(self) -> list[int]:
        """Return the process ids of the supervisors, on this node."""
        return self._open().worker_pids()

    def close(self) -> None:
        """Stop all of it; whoever waits for a chunk gets a `SandboxError`."""
        with self._lock:
            if self._sandbox is not None:
                self._sandbox.close()
