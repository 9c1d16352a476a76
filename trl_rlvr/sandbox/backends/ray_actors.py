"""The actors of a Ray cluster, one a node: this module alone imports Ray, and only when a pool is made.

Where actors lie, when they are restarted and which of their tasks are tried again is Ray's to decide.
"""

import contextlib
import os
import signal
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from trl_rlvr.errors import SandboxUnavailableError
from trl_rlvr.sandbox.backends.ray_node import NodeSandbox
from trl_rlvr.sandbox.base import Program, SandboxStats
from trl_rlvr.verdict import ExecutionResult

WINDOW = 2
"""Chunks that an actor holds at once: one may end while the other keeps its workers busy."""

_RETRIES = 3
"""How often Ray runs a chunk again whose actor died; verdicts are idempotent."""

_START_S, _LEAVE_S = 90.0, 5.0
"""Time for actors to start, and to end before they are killed."""

_LOOK_S = 1.0
"""How often the cluster is asked for new nodes, while programs run."""


class ChunkLostError(Exception):
    """A chunk got no answer, for a reason that lies with its node."""


@dataclass(eq=False)
class Actor:
    """One actor: its handle, and the tasks that it has not answered."""

    handle: Any
    opening: Any
    """The task that opens its sandbox, and returns the layers of confinement."""
    layers: list[tuple[str, bool, str]] = field(default_factory=list)
    """Empty until it is open."""
    busy: set[Any] = field(default_factory=set)


class ActorPool:
    """Keeps an actor on each node that has room for one. Safe to call from several threads.

    Args:
        address: of the cluster to join, where the process has not joined one by `ray.init` before.
        workers: programs that run at once on a node, for which the actor reserves as many CPUs; None: all CPUs of
            a node, shared between the ranks.
        options: those of `ProcessSandbox`.

    Raises:
        SandboxUnavailableError: no Ray, no cluster, no node with so many CPUs, or a sandbox that cannot start there.
    """

    def __init__(self, address: str, workers: int | None, options: dict[str, Any]) -> None:
        try:
            import ray  # lazy: an extra, and slow to import
        except ImportError as error:
            raise SandboxUnavailableError(
                "sandbox_backend 'ray' needs the package ray, which is not installed; pip install 'trl-rlvr[ray]'"
            ) from error
        self._ray = ray
        self._ranks = int(os.environ.get("WORLD_SIZE", "1"))
        self._lock = threading.Lock()
        self._actors: list[Actor] = []
        self._looked_s, self._room = 0.0, 0
        joined = _join(ray, address)
        self._finalizer = weakref.finalize(self, _leave, ray, self._actors, joined, os.getpid())
        self._finalizer.atexit = False  # Ray leaves by itself, and takes its actors along
        self.workers = workers or self._usual_workers()
        kind = ray.remote(NodeSandbox)
        self._kind = kind.options(
            num_cpus=self.workers,
            max_restarts=-1,
            max_task_retries=_RETRIES,
            max_concurrency=WINDOW + 1,  # what asks for process ids, or closes, waits for no chunk
            scheduling_strategy="SPREAD",
        )
        self._options = {**options, "workers": self.workers}
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        self._grow()
        if not self._actors:
            raise SandboxUnavailableError(
                f"no node of the Ray cluster has {self.workers} CPUs for sandbox_backend 'ray'; add a node, or give "
                "sandbox_workers fewer"
            )
        openings = [actor.opening for actor in self._actors]
        opened, _ = self._ray.wait(openings, num_returns=len(openings), timeout=_START_S)
        if not opened:
            raise SandboxUnavailableError(
                f"no node of the Ray cluster has had {self.workers} free CPUs within {_START_S:.0f} s; free some, add "
                "a node, or give sandbox_workers fewer"
            )
        for actor in self._actors:
            if actor.opening in opened:
                actor.layers = self._opened(actor)

    def _opened(self, actor: Actor) -> list[tuple[str, bool, str]]:
        try:
            layers: list[tuple[str, bool, str]] = self._ray.get(actor.opening)
        except self._ray.exceptions.RayError as error:
            raise SandboxUnavailableError(f"sandbox_backend 'ray' cannot start: {_cause(error)}") from None
        return layers

    def _rooms(self) -> list[float]:
        """Return the CPUs of each node that is alive and has any."""
        nodes = [node for node in self._ray.nodes() if node["Alive"]]
        return [cpus for node in nodes if (cpus := node["Resources"].get("CPU", 0.0)) >= 1]

    def _usual_workers(self) -> int:
        """Return the CPUs of a node, this rank's share; where nodes differ, the size that makes the most of them."""
        rooms = [int(cpus) for cpus in self._rooms()]
        size = max(rooms, key=lambda cpus: cpus * sum(room >= cpus for room in rooms), default=1)
        return max(1, size // self._ranks)

    def _wanted(self) -> int:
        """Return how many actors this rank may have: one a node, fewer where ranks outnumber the CPUs of a node."""
        places = [int(cpus) // self.workers for cpus in self._rooms()]
        nodes = sum(place > 0 for place in places)
        return min(nodes, max(1, sum(places) // self._ranks))

    def _grow(self) -> None:
        """Start an actor for each node that has come."""
        self._room = self._wanted()
        self._looked_s = time.monotonic()
        for _ in range(self._room - len(self._actors)):
            handle = self._kind.remote(**self._options)
            self._actors.append(Actor(handle, handle.layers.remote()))

    def serves(self) -> bool:
        """Tell whether there are a node and an open actor; the latter may wait for a node itself."""
        return self._room > 0 and any(actor.layers for actor in self._actors)

    def free(self) -> Iterator[Actor]:
        """Yield open actors that may take a chunk, the idlest first; the caller gives one before the next is asked."""
        with self._lock:
            if time.monotonic() - self._looked_s > _LOOK_S:
                self._grow()
            self._note_what_ended()
            idle = [(len(actor.busy), n) for n, actor in enumerate(self._actors) if actor.layers]
            actors = [self._actors[n] for _, n in sorted(idle)]
        for _ in range(WINDOW):
            for actor in actors:
                if len(actor.busy) < WINDOW:
                    yield actor

    def _note_what_ended(self) -> None:
        refs = {ref for actor in self._actors for ref in (actor.opening, *actor.busy)}
        ended = set(self._ray.wait(list(refs), num_returns=len(refs), timeout=0)[0]) if refs else set()
        for actor in list(self._actors):
            actor.busy -= ended
            if not actor.layers and actor.opening in ended:
                try:
                    actor.layers = self._opened(actor)
                except SandboxUnavailableError:  # a node that came later; others do its work
                    self._remove(actor)

    def give(self, actor: Actor, programs: Sequence[Program], deadline_s: float | None, together: bool) -> Any:
        """Hand a chunk to an actor; return the reference of its answer."""
        with self._lock:
            ref = actor.handle.run.remote(programs, deadline_s, together)
            actor.busy.add(ref)
        return ref

    def wait(self, refs: Sequence[Any], timeout_s: float) -> list[Any]:
        """Wait for answers; return those that are there as soon as there is one, or none when time is up."""
        if not refs:
            time.sleep(min(timeout_s, 0.05))  # until others leave an actor free, or one has started
            return []
        ready: list[Any] = self._ray.wait(refs, num_returns=1, timeout=timeout_s)[0]
        return ready

    def answer(self, ref: Any) -> tuple[list[ExecutionResult], SandboxStats]:
        """Return a chunk's results.

        Raises:
            ChunkLostError: its actor died again and again, or has no sandbox.
        """
        try:
            answer: tuple[list[ExecutionResult], SandboxStats] = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            raise ChunkLostError(_cause(error)) from None
        return answer

    def restart(self, actor: Actor) -> None:
        """End an actor that does not answer; Ray starts it again."""
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.kill(actor.handle, no_restart=False)

    def remove(self, actor: Actor) -> None:
        """Do without an actor; the next that starts may lie on another node."""
        with self._lock:
            self._remove(actor)

    def _remove(self, actor: Actor) -> None:
        if actor in self._actors:
            self._actors.remove(actor)
            self._ray.kill(actor.handle)

    def all_layers(self) -> list[list[tuple[str, bool, str]]]:
        """Return the layers of confinement of each actor that is open."""
        return [actor.layers for actor in self._actors if actor.layers]

    def worker_pids(self) -> list[int]:
        """Return the process ids of the supervisors, each on its node."""
        asked = [actor.handle.worker_pids.remote() for actor in self._actors if actor.layers]
        return [pid for pids in self._ray.get(asked) for pid in pids]

    def close(self) -> None:
        """End the actors, and leave the cluster where it was joined here."""
        self._finalizer()


class _Connection:
    """The connection to a cluster that was made here: it ends with the last pool that uses it."""

    lock = threading.Lock()
    pools = 0


def _join(ray: Any, address: str) -> bool:
    """Join a cluster; return whether that was done here, and not by the process before.

    Raises:
        SandboxUnavailableError: there is none at this address.
    """
    with _Connection.lock:
        if not ray.is_initialized():
            _connect(ray, address)
            _Connection.pools = 0
        elif not _Connection.pools:
            return False
        _Connection.pools += 1
        return True


def _connect(ray: Any, address: str) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # Ray raises many kinds
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise SandboxUnavailableError(
            f"sandbox_backend 'ray' finds no Ray cluster at {address!r} ({said[0][:200]}); start one with `ray start "
            "--head`, or give its address by sandbox_ray_address or RAY_ADDRESS"
        ) from error
    finally:
        # Ray takes the signal that asks a run to stop.
        if handler is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)


def _leave(ray: Any, actors: list[Actor], joined: bool, owner: int) -> None:
    """End actors and, where it was made here, the connection; not those of the process that this one is a fork of."""
    if os.getpid() != owner or not ray.is_initialized():
        return
    closing = [actor.handle.close.remote() for actor in actors]
    if closing:
        ray.wait(closing, num_returns=len(closing), timeout=_LEAVE_S)
    for actor in actors:
        ray.kill(actor.handle)
    actors.clear()
    if joined:
        with _Connection.lock:
            _Connection.pools -= 1
            if not _Connection.pools:
                ray.shutdown()


def _cause(error: Exception) -> str:
    """Return the first line of an error from a node: of the exception there, where it was one."""
    said = str(getattr(error, "cause", None) or error).strip().splitlines()
    return said[0][:300] if said else type(error).__name__
