"""From completions and problems to facts: extract the code, run each distinct program once, remember what it showed.

A SANDBOX_ERROR is no fact: it is never remembered, and too many of them stop the run (`SandboxFaultRateError`).
"""

import asyncio
import os
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from trl_rlvr.errors import ConfigError, SandboxFaultRateError
from trl_rlvr.extraction import Extraction, ExtractionOutcome, extract_code
from trl_rlvr.problem import CodeProblem, as_judged
from trl_rlvr.sandbox import Program, Sandbox, SandboxConfig, SandboxStats, open_sandbox
from trl_rlvr.sandbox.base import DEADLINE_PASSED
from trl_rlvr.verdict import ExecutionResult, Verdict
from trl_rlvr.verdict_cache import Key, VerdictCache

_UNRUN = {
    ExtractionOutcome.NO_CODE: Verdict.NO_CODE,
    ExtractionOutcome.SYNTAX_ERROR: Verdict.SYNTAX_ERROR,
    ExtractionOutcome.MISSING_ENTRY_POINT: Verdict.MISSING_ENTRY_POINT,
}

FAULT_WINDOW = 50
"""The least number of programs over which the share of sandbox faults is judged."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What one completion held, and what its code showed."""

    extraction: Extraction
    result: ExecutionResult
    """All tests alike, with the extraction's verdict, where there was no code to run."""

    @property
    def verdict(self) -> Verdict:
        """The verdict of the whole program."""
        return self.result.verdict


def _unrun_result(extraction: Extraction, problem: CodeProblem) -> ExecutionResult:
    """Give a completion without runnable code its verdict; one cut short fails as what is left of it does."""
    cut = Verdict.SYNTAX_ERROR if extraction.code else Verdict.NO_CODE
    verdict = _UNRUN.get(extraction.outcome, cut)
    return replace(ExecutionResult.uniform(verdict, problem.total, extraction.error), isolation=problem.isolation)


def _extract_all(
    completions: Sequence[str], problems: Sequence[CodeProblem], truncated: Sequence[bool] | None
) -> list[Extraction]:
    _require_equal_lengths("completions", completions, problems)
    flags = [False] * len(completions) if truncated is None else truncated
    _require_equal_lengths("truncated flags", flags, problems)
    return [
        extract_code(completion, problem.entry_point, truncated=flag, prompt=problem.prompt)
        for completion, problem, flag in zip(completions, problems, flags, strict=True)
    ]


def _require_equal_lengths(what: str, rows: Sequence[object], problems: Sequence[CodeProblem]) -> None:
    if len(rows) != len(problems):
        raise ConfigError(f"got {len(rows)} {what} for {len(problems)} problems; give one problem a completion")


def _runnable(
    extractions: Sequence[Extraction], problems: Sequence[CodeProblem]
) -> tuple[Sequence[str], Sequence[CodeProblem]]:
    rows = [
        (e.code or "", p) for e, p in zip(extractions, problems, strict=True) if e.outcome is ExtractionOutcome.CODE
    ]
    return [code for code, _ in rows], [problem for _, problem in rows]


def _assemble(
    extractions: Sequence[Extraction], problems: Sequence[CodeProblem], results: Sequence[ExecutionResult]
) -> list[Verification]:
    """Put the results of the runnable rows back between those that had nothing to run."""
    ran = iter(results)
    return [
        Verification(e, next(ran) if e.outcome is ExtractionOutcome.CODE else _unrun_result(e, p))
        for e, p in zip(extractions, problems, strict=True)
    ]


class _FaultRate:
    """The share of sandbox faults over the latest batches that together hold at least `FAULT_WINDOW` programs."""

    def __init__(self, allowed: float) -> None:
        self._allowed = allowed
        self._batches: deque[tuple[int, int]] = deque()

    def add(self, results: Sequence[ExecutionResult]) -> None:
        unverified = [result for result in results if result.verdict is Verdict.SANDBOX_ERROR]
        # A policy that writes endless loops can fill a batch's time; that is no reason to end its training.
        faults = [result for result in unverified if result.error != DEADLINE_PASSED]
        self._batches.append((len(results), len(faults)))
        while sum(programs for programs, _ in self._batches) - self._batches[0][0] >= FAULT_WINDOW:
            self._batches.popleft()
        programs, faulty = (sum(counts) for counts in zip(*self._batches, strict=True))
        if faults and programs >= FAULT_WINDOW and faulty > self._allowed * programs:
            raise SandboxFaultRateError(
                f"{faulty} of the last {programs} programs could not be verified, more than the allowed share of "
                f"{self._allowed!r} (last fault: {faults[-1].error!r}); the rest would mislead. "
                "See `trl-rlvr doctor`, or allow more by fault_rate"
            )


@dataclass(slots=True)
class _Batch:
    """The rows of one call, and what is known about each distinct program among them."""

    keys: list[Key]
    known: dict[Key, ExecutionResult]
    to_run: dict[Key, Program]


class CodeVerifier:
    """Verifies completions against the tests of their problems.

    Safe to call from several threads, to pickle and to fork: the other side opens a sandbox of its own. One that
    was *given* a sandbox keeps that very one, and pickles only if it does.

    Args:
        sandbox: an open one, which stays its caller's to close; None: one is opened by `config` at the first use.
        config: the `sandbox_*` options, where no sandbox is given.
        memory: verdicts to remember beyond their batch; 0: none.
        batch_deadline_s: seconds for one call, far below a training run's collective timeout; what has not begun
            then, or has not ended 30 s later, is SANDBOX_ERROR. None: no deadline, for runs without a trainer.
        fault_rate: share of SANDBOX_ERROR, 0 to 1, past which a call raises; 1.0: never.

    Raises:
        ConfigError: both `sandbox` and `config` given, or a number out of its range.
    """

    def __init__(
        self,
        sandbox: Sandbox | None = None,
        *,
        config: SandboxConfig | None = None,
        memory: int = 0,
        batch_deadline_s: float | None = 300.0,
        fault_rate: float = 0.2,
    ) -> None:
        if sandbox is not None and config is not None:
            raise ConfigError("got both a sandbox and a config for one; give either")
        if memory < 0:
            raise ConfigError(f"memory is {memory!r}; give the number of verdicts to remember, 0 for none")
        if batch_deadline_s is not None and not batch_deadline_s > 0:
            raise ConfigError(
                f"batch_deadline_s is {batch_deadline_s!r}; give seconds above 0, or None for no deadline"
            )
        if not 0 <= fault_rate <= 1:
            raise ConfigError(f"fault_rate is {fault_rate!r}; give a share from 0 to 1")
        self._given = sandbox
        self._config = config
        self._memory_entries = memory
        self._deadline_s = batch_deadline_s
        self._allowed_faults = fault_rate
        self._begin()

    def _begin(self) -> None:  # with nothing of another process: no sandbox, no lock, no cache
        self._lock = threading.Lock()
        self._sandbox = self._given
        self._cache = VerdictCache(self._memory_entries)
        self._faults = _FaultRate(self._allowed_faults)
        _VERIFIERS.add(self)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_lock", "_sandbox", "_cache", "_faults")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()

    def verify(
        self, completions: Sequence[str], problems: Sequence[CodeProblem], *, truncated: Sequence[bool] | None = None
    ) -> list[Verification]:
        """Extract the code of each completion and run it against its problem's tests.

        Args:
            completions: the model's text, one a row.
            problems: the problem of each row.
            truncated: True for each completion that was cut short at its length limit; None: for none.

        Returns:
            One verification a completion, in order.

        Raises:
            ConfigError: the arguments differ in length.
            DataError: a problem's tests must run together with the solution, and `sandbox_tests` does not allow it.
            SandboxFaultRateError: too many programs could not be run.
            SandboxError: the sandbox cannot start.
        """
        extractions = _extract_all(completions, problems, truncated)
        return _assemble(extractions, problems, self.verify_code(*_runnable(extractions, problems)))

    async def averify(
        self, completions: Sequence[str], problems: Sequence[CodeProblem], *, truncated: Sequence[bool] | None = None
    ) -> list[Verification]:
        """Do what `verify` does without blocking the event loop."""
        extractions = await asyncio.to_thread(_extract_all, completions, problems, truncated)
        return _assemble(extractions, problems, await self.averify_code(*_runnable(extractions, problems)))

    def verify_code(self, codes: Sequence[str], problems: Sequence[CodeProblem]) -> list[ExecutionResult]:
        """Run each program as it is against its problem's tests; see `verify` for the rest."""
        batch = self._plan(codes, problems)
        if batch.to_run:
            self._learn(batch, self._open().run(list(batch.to_run.values()), deadline_s=self._deadline_s))
        return [batch.known[key] for key in batch.keys]

    async def averify_code(self, codes: Sequence[str], problems: Sequence[CodeProblem]) -> list[ExecutionResult]:
        """Do what `verify_code` does without blocking the event loop."""
        batch = self._plan(codes, problems)
        if batch.to_run:
            sandbox = await asyncio.to_thread(self._open)
            self._learn(batch, await sandbox.arun(list(batch.to_run.values()), deadline_s=self._deadline_s))
        return [batch.known[key] for key in batch.keys]

    def _open(self) -> Sandbox:
        with self._lock:
            if self._sandbox is None:
                self._sandbox = open_sandbox(self._config)
            return self._sandbox

    @property
    def _judges_together(self) -> bool:
        if self._given is not None:
            return self._given.judges_together
        return self._config is not None and self._config.judges_together

    def _plan(self, codes: Sequence[str], problems: Sequence[CodeProblem]) -> _Batch:
        _require_equal_lengths("programs", codes, problems)
        batch = _Batch(keys=[], known={}, to_run={})
        together = self._judges_together
        with self._lock:
            for code, problem in zip(codes, problems, strict=True):
                problem = as_judged(problem, together=together)
                key = (code, problem.suite_key)
                batch.keys.append(key)
                remembered = batch.known.get(key) or self._cache.get(key)
                if remembered is None:
                    batch.to_run[key] = Program(code, problem)
                else:
                    batch.known[key] = remembered
        return batch

    def _learn(self, batch: _Batch, results: Sequence[ExecutionResult]) -> None:
        batch.known.update(zip(batch.to_run, results, strict=True))
        with self._lock:
            for key in batch.to_run:
                self._cache.put(key, batch.known[key])
            self._faults.add(results)

    @property
    def stats(self) -> SandboxStats:
        """What the open sandbox has done so far; all zero before the first use."""
        with self._lock:
            return SandboxStats() if self._sandbox is None else replace(self._sandbox.stats)

    @property
    def layers(self) -> dict[str, bool]:
        """The layers of confinement of the open sandbox, and whether each is on; empty before the first use."""
        with self._lock:
            return {name: bool(on) for name, on, _ in getattr(self._sandbox, "layers", ())}

    def close(self) -> None:
        """Close the sandbox that was opened here; the next use opens another. Closing twice is harmless."""
        with self._lock:
            opened, self._sandbox = self._sandbox, self._given
        if opened is not None and opened is not self._given:
            opened.close()

    def __enter__(self) -> Self:
        """Return the verifier itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()


_VERIFIERS: "weakref.WeakSet[CodeVerifier]" = weakref.WeakSet()
os.register_at_fork(after_in_child=lambda: list(map(CodeVerifier._begin, _VERIFIERS)))
