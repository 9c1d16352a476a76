"""Workers on the nodes of a Ray cluster, for verification that outgrows the trainer's node.

Placement, discovery and retries are Ray's. Ours are a bounded window of chunks on each node, the batch's deadline and
the order of the results; and a chunk that has had no answer for long is given to an idle node too.
"""

import math
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trl_rlvr.errors import SandboxError
from trl_rlvr.sandbox.backends.ray_actors import Actor, ActorPool, ChunkLostError
from trl_rlvr.sandbox.base import DEADLINE_PASSED, GRACE_S, Program, Sandbox, SandboxStats
from trl_rlvr.verdict import ExecutionResult, Verdict

_ROUNDS = 4
"""Programs of a chunk, for each worker of a node: few, so that nodes end together; several, for the hop to be cheap."""

_TICK_S = 0.5
"""How often a batch looks at the clock and for new nodes while no answer comes."""

_LATE_S = 15.0
"""Age of a chunk from which an idle node gets it too; the first answer counts. Ray waits for a node that is gone."""

_HOP_S = 5.0
"""Time for an answer that is due to arrive."""

_NO_NODE_S = 60.0
"""How long a batch waits while no node is left."""

_FAILURES = 3
"""Nodes on which a chunk may be lost before it is given up."""


@dataclass(eq=False)
class _Chunk:
    """Neighbouring programs of a batch."""

    first: int
    """The place of its first program in the batch."""
    programs: Sequence[Program]
    given_s: float = math.inf
    """When it was last given to a node, on the monotonic clock."""
    failures: int = 0


@dataclass(eq=False)
class _Batch:
    """The programs of one call: those to be given to a node, those that one has, and the results."""

    programs: Sequence[Program]
    size: int
    deadline: float
    """On the monotonic clock; infinite: there is none."""
    todo: deque[_Chunk] = field(default_factory=deque)
    flight: dict[Any, tuple[_Chunk, Actor]] = field(default_factory=dict)
    results: list[ExecutionResult | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.results = [None] * len(self.programs)
        starts = range(0, len(self.programs), self.size)
        self.todo.extend(_Chunk(start, self.programs[start : start + self.size]) for start in starts)

    def next_for(self, actor: Actor) -> _Chunk | None:
        """Return a chunk for an idle node: one that none has had, else the latest that another has kept for long."""
        if self.todo:
            return self.todo.popleft()
        late_s = time.monotonic() - _LATE_S
        own = [chunk for chunk, holder in self.flight.values() if holder is actor]
        late = [chunk for chunk in self.unanswered() if chunk.given_s < late_s and chunk not in own]
        return min(late, key=lambda chunk: chunk.given_s, default=None)

    def unanswered(self) -> list[_Chunk]:
        """Return the chunks that have no results yet."""
        return list(dict.fromkeys([*self.todo, *(chunk for chunk, _ in self.flight.values())]))

    def put(self, chunk: _Chunk, results: Sequence[ExecutionResult]) -> None:
        """Note a chunk's results; whatever else runs it has no one who waits any more."""
        self.results[chunk.first : chunk.first + len(results)] = results
        for ref in [ref for ref, (other, _) in self.flight.items() if other is chunk]:
            del self.flight[ref]
        if chunk in self.todo:
            self.todo.remove(chunk)

    def fail(self, chunk: _Chunk, why: str) -> None:
        """Note that a chunk cannot be verified: no fact about its programs."""
        self.put(
            chunk, [ExecutionResult.uniform(Verdict.SANDBOX_ERROR, one.problem.total, why) for one in chunk.programs]
        )


class RaySandbox(Sandbox):
    """Runs programs on the nodes of a Ray cluster, by the process backend on each.

    Args:
        address: of the cluster, where the process has not joined one by `ray.init`: as `ray.init` takes it.
        workers: programs that run at once on a node; None: its CPUs, shared between the ranks.
        options: those of `ProcessSandbox`.

    Raises:
        SandboxUnavailableError: no Ray, no cluster, no node with room, or a sandbox that cannot start there.
    """

    name = "ray"

    def __init__(self, *, address: str = "auto", workers: int | None = None, **options: Any) -> None:
        self.stats = SandboxStats()
        self._pid, self._closed = os.getpid(), False
        self._lock = threading.Lock()
        self._pool = ActorPool(address, workers, options)
        self.layers = _weakest(self._pool.all_layers())

    def worker_pids(self) -> list[int]:
        """Return the process ids of the supervisors, each on its node."""
        return self._pool.worker_pids()

    def run(self, programs: Sequence[Program], *, deadline_s: float | None = None) -> list[ExecutionResult]:
        """Run each program against its problem's tests; see `Sandbox.run`."""
        self._require_use()
        self._require_allowed(programs)
        deadline = math.inf if deadline_s is None else time.monotonic() + deadline_s
        batch = _Batch(programs, _ROUNDS * self._pool.workers, deadline)
        served_s = time.monotonic()
        while batch.unanswered():
            now_s = time.monotonic()
            if now_s < batch.deadline:
                self._give(batch)
                served_s = now_s if self._pool.serves() else served_s
                if now_s - served_s > _NO_NODE_S:
                    why = f"no node of the Ray cluster could run programs for {_NO_NODE_S:.0f} s"
                    self._fail(batch, batch.unanswered(), why)
            else:
                self._end_what_is_due(batch, late_s=now_s - batch.deadline)
            for ref in self._pool.wait(list(batch.flight), min(_TICK_S, max(0.0, batch.deadline - now_s) or _TICK_S)):
                self._take(batch, ref)
            self._require_use()
        return [result for result in batch.results if result is not None]

    def _require_use(self) -> None:
        if self._closed or os.getpid() != self._pid:
            raise SandboxError("this sandbox is closed, or belongs to another process; open a new one")

    def _give(self, batch: _Batch) -> None:
        """Fill the window of each node that is free."""
        for actor in self._pool.free():
            chunk = batch.next_for(actor)
            if chunk is None:
                continue
            left_s = batch.deadline - time.monotonic()
            ref = self._pool.give(actor, chunk.programs, None if math.isinf(left_s) else left_s, self.judges_together)
            chunk.given_s = time.monotonic()
            batch.flight[ref] = (chunk, actor)

    def _take(self, batch: _Batch, ref: Any) -> None:
        """Put a chunk's results in their places, or give it to another node where this one has lost it."""
        chunk, actor = batch.flight.pop(ref)
        try:
            results, stats = self._pool.answer(ref)
        except ChunkLostError as error:
            self._require_use()  # or it was lost to `close`
            self._pool.remove(actor)
            chunk.failures += 1
            if chunk.failures >= _FAILURES:
                self._fail(batch, [chunk], f"the chunk was lost again and again: {error}")
            elif all(other is not chunk for other, _ in batch.flight.values()):
                batch.todo.appendleft(chunk)
        else:
            batch.put(chunk, results)
            with self._lock:
                self.stats.programs += stats.programs
                self.stats.retried += stats.retried
                self.stats.restarts += stats.restarts
                self.stats.faults += stats.faults

    def _end_what_is_due(self, batch: _Batch, late_s: float) -> None:
        """Let what has begun go on for a while behind the deadline, and no longer."""
        waiting = list(batch.todo)
        if late_s > GRACE_S + _HOP_S:
            for chunk, actor in list(batch.flight.values()):
                self._pool.restart(actor)  # or whatever keeps it would keep the next chunk too
                waiting.append(chunk)
        for chunk in waiting:
            batch.fail(chunk, DEADLINE_PASSED)

    def _fail(self, batch: _Batch, chunks: Sequence[_Chunk], why: str) -> None:
        for chunk in chunks:
            batch.fail(chunk, why)
            with self._lock:
                self.stats.programs += len(chunk.programs)
                self.stats.faults += len(chunk.programs)

    def close(self) -> None:
        """Stop all actors; whoever waits for one gets a `SandboxError`."""
        self._closed = True
        if os.getpid() == self._pid:
            self._pool.close()


def _weakest(nodes: Sequence[Sequence[tuple[str, bool, str]]]) -> list[tuple[str, bool, str]]:
    """Return the layers that are on, on every node; of one that is not, a node's reason."""
    return [next((layer for layer in same if not layer[1]), same[0]) for same in zip(*nodes, strict=True)]
