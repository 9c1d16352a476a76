"""One batch as all rewards of a step see it: verified once, logged once.

A batch is known by the identity of its lists: a trainer hands the same ones to each of its rewards, and new ones in
each step. Sharing by content instead would carry a sandbox fault into the next step, and swallow its metrics.
"""

import asyncio
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from trl_rlvr.problem import CodeProblem
from trl_rlvr.rewards.hacking import RewardHack, reward_hacks
from trl_rlvr.sandbox import SandboxStats
from trl_rlvr.tiers import TIERS, Tiers
from trl_rlvr.verdict import Verdict
from trl_rlvr.verifier import CodeVerifier, Verification

Observer = Callable[[Sequence[CodeProblem], Sequence[Verification]], None]
"""Told once about each verified batch: the problem and the verification of each row."""

_KEPT = 16
"""Batches that a registry keeps: more than an asynchronous trainer scores at once."""


@dataclass(frozen=True)
class BatchRequest:
    """What a trainer handed to a reward."""

    completions: Sequence[Any]
    texts: list[str]
    truncated: Sequence[bool] | None
    completion_ids: Sequence[Sequence[int]] | None
    columns: Mapping[str, Any]
    problems: list[CodeProblem]
    """What the columns held when they were handed over: their lists may be changed and handed over again."""

    def is_same(self, other: "BatchRequest") -> bool:
        """Tell whether both stem from one step: the very same lists, not changed in between."""
        return (
            self.completions is other.completions
            and self.texts == other.texts
            and self.columns.keys() == other.columns.keys()
            and all(self.columns[name] is other.columns[name] for name in self.columns)
            and self.problems == other.problems
        )


@dataclass(frozen=True)
class VerifiedBatch:
    """The facts about one batch, row by row."""

    texts: list[str]
    completion_ids: Sequence[Sequence[int]] | None
    problems: list[CodeProblem]
    verifications: list[Verification]
    seconds: float
    """Wall time of extraction and verification together."""
    tiers: Sequence[Tiers | None]
    """How each row's tests divide into visible, hidden and augmented ones; None where its columns do not say."""

    @cached_property
    def hacks(self) -> list[frozenset[RewardHack]]:
        """What each row tried; read only where it is logged."""
        return [reward_hacks(found, problem) for found, problem in zip(self.verifications, self.problems, strict=True)]

    def is_known(self, row: int) -> bool:
        """Tell whether the sandbox could judge this row."""
        return self.verifications[row].verdict is not Verdict.SANDBOX_ERROR

    def siblings(self) -> list[list[int]]:
        """Rows of the same problem, as far as they are in this batch."""
        groups: dict[tuple[object, ...], list[int]] = {}
        for row, problem in enumerate(self.problems):
            groups.setdefault((problem.task_id, problem.suite_key), []).append(row)
        return list(groups.values())


@dataclass(eq=False)
class BatchEntry:
    """A batch in the registry."""

    request: BatchRequest
    future: "Future[VerifiedBatch]" = field(default_factory=Future)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _logged: bool = False
    _told: list[Observer] = field(default_factory=list)

    @property
    def facts(self) -> VerifiedBatch:
        """What was found; waits until it is there, or raises what the verifying caller got."""
        return self.future.result()

    def claim_log(self) -> bool:
        """Return True for the first caller only: it logs the batch."""
        with self._lock:
            is_first, self._logged = not self._logged, True
        return is_first

    def claim_observer(self, observer: Observer) -> bool:
        """Return True for the first caller only: it calls this observer."""
        with self._lock:
            is_first = all(told is not observer for told in self._told)
            self._told.append(observer)
        return is_first


class BatchRegistry:
    """Verifies each batch once, for whichever reward asks first; the others wait for it. Thread-safe."""

    def __init__(self) -> None:
        self._entries: deque[BatchEntry] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()
        self._seen_stats = SandboxStats()

    def _enter(self, request: BatchRequest) -> tuple[BatchEntry, bool]:
        """Return the batch's entry, and whether the caller is the one to verify it."""
        with self._lock:
            for entry in self._entries:
                if entry.request.is_same(request):
                    return entry, False
            entry = BatchEntry(request)
            entry.future.set_running_or_notify_cancel()  # a waiter that is cancelled must not cancel it for the others
            self._entries.append(entry)
            return entry, True

    @contextmanager
    def _publishing(self, entry: BatchEntry) -> Iterator[None]:
        """Let an error reach those who wait for the batch as well, and forget the batch."""
        try:
            yield
        except BaseException as error:
            with self._lock:
                if entry in self._entries:
                    self._entries.remove(entry)
            entry.future.set_exception(error)
            raise

    def verified(self, verifier: CodeVerifier, request: BatchRequest) -> BatchEntry:
        """Return the batch's entry once its facts are there."""
        entry, is_mine = self._enter(request)
        if is_mine:
            with self._publishing(entry):
                start = time.perf_counter()
                verifications = verifier.verify(request.texts, request.problems, truncated=request.truncated)
                entry.future.set_result(_facts(request, verifications, start))
        entry.future.result()
        return entry

    async def averified(self, verifier: CodeVerifier, request: BatchRequest) -> BatchEntry:
        """Do what `verified` does without blocking the event loop."""
        entry, is_mine = self._enter(request)
        if is_mine:
            with self._publishing(entry):
                start = time.perf_counter()
                verifications = await verifier.averify(request.texts, request.problems, truncated=request.truncated)
                entry.future.set_result(_facts(request, verifications, start))
        await asyncio.wrap_future(entry.future)
        return entry

    def new_stats(self, stats: SandboxStats) -> SandboxStats:
        """Return what the sandbox has done since the last call."""
        with self._lock:
            old, self._seen_stats = self._seen_stats, stats
        if stats.programs < old.programs:  # another sandbox was opened meanwhile
            old = SandboxStats()
        return SandboxStats(
            programs=stats.programs - old.programs,
            retried=stats.retried - old.retried,
            restarts=stats.restarts - old.restarts,
            faults=stats.faults - old.faults,
        )


def _facts(request: BatchRequest, verifications: list[Verification], start: float) -> VerifiedBatch:
    seconds = time.perf_counter() - start
    tiers = _tiers(request.columns, len(request.texts))
    return VerifiedBatch(request.texts, request.completion_ids, request.problems, verifications, seconds, tiers)


def _tiers(columns: Mapping[str, Any], count: int) -> Sequence[Tiers | None]:
    """Read the columns that `problems_to_dataset` writes beside the tests."""
    counts = [columns.get(f"{name}_count") for name in TIERS]
    if any(values is None or len(values) != count for values in counts):
        return [None] * count
    return [Tiers(*row) if all(isinstance(one, int) for one in row) else None for row in zip(*counts, strict=True)]


_REGISTRIES: "weakref.WeakKeyDictionary[CodeVerifier, BatchRegistry]" = weakref.WeakKeyDictionary()
_REGISTRIES_LOCK = threading.Lock()


def registry_of(verifier: CodeVerifier) -> BatchRegistry:
    """Return the registry that all rewards with this verifier share, for as long as the verifier lives."""
    with _REGISTRIES_LOCK:
        return _REGISTRIES.setdefault(verifier, BatchRegistry())


def _begin_anew_in_fork() -> (
    None
):  # a lock that another thread held, or a batch that it verified, would never come free
    global _REGISTRIES_LOCK
    _REGISTRIES_LOCK = threading.Lock()
    _REGISTRIES.clear()


os.register_at_fork(after_in_child=_begin_anew_in_fork)
