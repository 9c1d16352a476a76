"""The trainer's end of one worker: a supervisor process on this machine, or in a container.

It is a fresh interpreter, never a fork of the trainer, and is spoken to over its standard streams only.
"""

import json
import os
import select
import signal
import subprocess
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
    """One supervisor process, used by one thread at a time."""

    def __init__(self, launcher: Launcher, settings: WorkerSettings) -> None:
        self._launcher = launcher
        self._command = launcher.command(settings)
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
        self.layers: list[tuple[str, bool, str]] = []

    def ready(self) -> None:
        """Wait until it can take jobs.

        Raises:
            SandboxUnavailableError: it cannot start on this host.
        """
        if self.layers:
            return
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        started = select.poll()
        started.register(self.process.stdout, select.POLLIN)
        if started.poll(1000 * _START_S):
            frame = read_frame(self.process.stdout.fileno(), _ANSWER_BYTES)
            if frame is not None:
                self.layers = [tuple(layer) for layer in json.loads(frame)]
                return
        self._end()
        said = self.process.stderr.read()[-600:].decode("utf-8", "replace").strip()
        self.close()
        raise SandboxUnavailableError(f"a sandbox worker did not start on this host; it said: {said!r}")

    def run(self, job: bytes) -> Answer:
        """Send one job and wait for its answer.

        Raises:
            WorkerLost: the worker is gone.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            write_frame(self.process.stdin.fileno(), job)
            answer = read_frame(self.process.stdout.fileno(), _ANSWER_BYTES)
        except (OSError, ValueError, FrameTooLarge) as error:  # ValueError: it was closed by another thread
            raise WorkerLost from error
        if answer is None:
            raise WorkerLost
        return cast(Answer, json.loads(answer))

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


def end_all(workers: set[Worker], owner: int) -> None:
    """End workers, where this process is the one that started them."""
    if os.getpid() != owner:
        return  # a fork of the trainer must not end the trainer's workers
    for worker in workers:
        worker.close()
