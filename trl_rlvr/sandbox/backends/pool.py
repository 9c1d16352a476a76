"""The workers of a sandbox: lent to one thread at a time, replaced where they are lost, ended all at once.

Whoever closes the pool, or gives up a batch, ends the processes that others wait for; each waiting thread then finds
its worker lost and lets go of it itself, so no descriptor is closed beneath a thread that reads from it.
"""

import contextlib
import os
import subprocess
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from trl_rlvr.errors import SandboxError, SandboxUnavailableError
from trl_rlvr.sandbox.backends.worker import Worker

_LEAVE_S = 10.0
"""How long a worker that was told to end may take before it is killed."""


@dataclass(eq=False)
class Batch:
    """The programs of one call, for as long as workers run for them."""

    deadline: float | None = None
    """On the monotonic clock; None: there is none."""
    given_up: bool = False
    """Whether nobody waits for them any more."""
    workers: set[Worker] = field(default_factory=set)
    """Those that run for it now."""


class WorkerPool:
    """Keeps a number of workers. Safe to call from several threads.

    Args:
        start: starts a worker, which is waited for when it is used.
        size: how many there are.
    """

    def __init__(self, start: Callable[[], Worker], size: int) -> None:
        self._start = start
        self._changed = threading.Condition()
        self._closed = False
        self._all: set[Worker] = set()
        self._idle: deque[Worker] = deque()
        self._finalizer = weakref.finalize(self, _end_all, self._all, os.getpid())
        for _ in range(size):
            worker = start()
            self._all.add(worker)
            self._idle.append(worker)

    def __len__(self) -> int:
        """Return how many workers there are."""
        return len(self._all)

    def pids(self) -> list[int]:
        """Return the process ids of the workers."""
        with self._changed:
            return [worker.process.pid for worker in self._all]

    def take(self, batch: Batch) -> Worker | None:
        """Wait for a worker; None if the deadline passes first.

        Raises:
            SandboxError: the pool was closed, or the batch given up.
        """
        with self._changed:
            while True:
                self._require_use(batch)
                left_s = None if batch.deadline is None else batch.deadline - time.monotonic()
                if left_s is not None and left_s <= 0:
                    return None
                if self._idle:
                    worker = self._idle.popleft()
                    batch.workers.add(worker)
                    return worker
                self._changed.wait(left_s)

    def give_back(self, worker: Worker, batch: Batch) -> None:
        """Let others have a worker."""
        with self._changed:
            batch.workers.discard(worker)
            if not self._closed:
                self._idle.append(worker)
                self._changed.notify()
                return
        worker.close()

    def replace(self, worker: Worker, batch: Batch) -> None:
        """Put a fresh worker in the place of one that is lost.

        Raises:
            SandboxError: the pool was closed, or the batch given up.
        """
        worker.close()
        with self._changed:
            batch.workers.discard(worker)
            if not self._closed:
                fresh = worker  # where no other can be started now, the next thread finds this one lost and tries again
                with contextlib.suppress(SandboxUnavailableError):
                    fresh = self._start()
                self._all.discard(worker)
                self._all.add(fresh)
                self._idle.append(fresh)
                self._changed.notify()
            self._require_use(batch)

    def give_up(self, batch: Batch) -> None:
        """End what runs for a batch; its threads find out at once."""
        with self._changed:
            batch.given_up = True
            for worker in batch.workers:
                worker.interrupt()
            self._changed.notify_all()

    def close(self) -> None:
        """End all workers; who waits for one finds out at once. Closing twice is harmless."""
        with self._changed:
            self._closed = True
            idle, busy = set(self._idle), self._all.difference(self._idle)
            self._idle.clear()
            for worker in busy:
                worker.interrupt()
            self._changed.notify_all()
        self._finalizer.detach()
        for worker in idle:
            worker.close()
        for worker in busy:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.process.wait(_LEAVE_S)

    def _require_use(self, batch: Batch) -> None:
        if self._closed:
            raise SandboxError("this sandbox was closed while programs ran; open a new one")
        if batch.given_up:
            raise SandboxError("the caller gave up these programs while they ran")


def _end_all(workers: set[Worker], owner: int) -> None:
    """End workers, where this process is the one that started them."""
    if os.getpid() != owner:
        return  # a fork of the trainer must not end the trainer's workers
    for worker in workers:
        worker.close()
