"""The trainer's end of one worker: a supervisor process on this machine, or in a container.

It is a fresh interpreter, never a fork of the trainer, and is spoken to over its standard streams only.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from typing import cast

from trl_rlvr.errors import SandboxUnavailableError
from trl_rlvr.sandbox.backends.launcher import Launcher
from trl_rlvr.sandbox.protocol.control import Answer
from trl_rlvr.sandbox.protocol.frames import FrameTooLarge, read_frame, write_frame
from trl_rlvr.sandbox.protocol.settings import WorkerSettings

_START_S = 90.0
_ANSWER_BYTES = 1 << 26


class WorkerLost(Exception):  # noqa: N818 - a condition that the pool mends
    """A worker's process is gone."""


class Worker:
    """One supervisor process, used by one thread at a time.

    Raises:
        SandboxUnavailableError: no process can be made.
    """

    def __init__(self, launcher: Launcher, settings: WorkerSettings) -> None:
        self._launcher = launcher
        self._command = launcher.command(settings)
        try:
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=launcher.environment(),
                cwd="/",
                umask=0o022,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxUnavailableError(f"a sandbox worker cannot be started on this host: {error}") from error
        self.layers: list[tuple[str, bool, str]] = []

    def ready(self) -> None:
        """Wait until it can take jobs.

        Raises:
            SandboxUnavailableError: it cannot start on this host.
            WorkerLost: it was closed.
        """
        if self.layers:
            return
        assert self.process.stdout is not None
        if self.process.stdout.closed:
            raise WorkerLost
        assert self.process.stderr is not None
        started = select.poll()
        started.register(self.process.stdout, select.POLLIN)
        if started.poll(1000 * _START_S):
            frame = read_frame(self.process.stdout.fileno(), _ANSWER_BYTES)
            ready = json.loads(frame) if frame is not None else ""
            if isinstance(ready, list):
                self.layers = [tuple(layer) for layer in ready]
                return
            if ready:  # what keeps it from starting, in place of its layers
                self.close()
                raise SandboxUnavailableError(f"programs cannot be run on this host: {ready}")
        self._end()
        said = self.process.stderr.read().decode("utf-8", "replace").strip().splitlines()
        self.close()
        how = f"a sandbox worker did not start on this host (status {self.process.returncode})"
        raise SandboxUnavailableError(f"{how}; it said: {said[-1][:300]!r}" if said else how)

    def run(self, job: bytes, deadline: float | None) -> Answer | None:
        """Send one job and wait for its answer; None if a deadline on the monotonic clock passes first.

        Raises:
            WorkerLost: the worker is gone.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            write_frame(self.process.stdin.fileno(), job)
            if deadline is not None:
                answered = select.poll()
                answered.register(self.process.stdout, select.POLLIN)
                if not answered.poll(max(0.0, 1000 * (deadline - time.monotonic()))):
                    return None
            answer = read_frame(self.process.stdout.fileno(), _ANSWER_BYTES)
        except (OSError, ValueError, FrameTooLarge) as error:  # ValueError: it was closed by another thread
            raise WorkerLost from error
        if answer is None:
            raise WorkerLost
        return cast(Answer, json.loads(answer))

    def interrupt(self) -> None:
        """End the worker while another thread waits for its answer, who then learns that it is lost and closes it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGTERM)  # a container's client passes it on

    def close(self) -> None:
        """End the worker; its fork server notices and ends with it."""
        self._end()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def _end(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()  # the polite way: the supervisor closes its server and leaves
        for number in (signal.SIGTERM, signal.SIGKILL):  # a container's client passes the first on, dies of the second
            try:
                self.process.wait(2.0)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, number)
            else:
                break
        self.process.wait()
        if self.process.returncode != 0:
            self._launcher.discard(self._command)
