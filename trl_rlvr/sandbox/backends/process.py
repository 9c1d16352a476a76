"""The default sandbox: a pool of workers on this machine, each a supervisor with a warm fork server.

The workers are fresh interpreters, never forks of the trainer, so they may be started beside an initialised CUDA
context; what a program does reaches the trainer only as verdicts.
"""

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from trl_rlvr.errors import SandboxError, SandboxUnavailableError
from trl_rlvr.sandbox.backends.honest_programs import HONEST_PROGRAMS
from trl_rlvr.sandbox.backends.launcher import Launcher
from trl_rlvr.sandbox.backends.pool import Batch, WorkerPool
from trl_rlvr.sandbox.backends.worker import Worker, WorkerLost
from trl_rlvr.sandbox.base import DEADLINE_PASSED, GRACE_S, Program, Sandbox, SandboxStats
from trl_rlvr.sandbox.limits import Limits
from trl_rlvr.sandbox.protocol.control import JOB_BYTES, Answer, Job, printable
from trl_rlvr.sandbox.protocol.settings import WorkerSettings
from trl_rlvr.sandbox.suite import compile_suite
from trl_rlvr.verdict import ExecutionResult, TestResult, Verdict

_ATTEMPTS, _PATIENCE_S = 8, 60.0
"""A program is given up once so many workers were lost over it, and so many seconds have gone by: an outsider who kills
them one after the other says nothing about the program."""


class ProcessSandbox(Sandbox):
    """Runs programs in confined processes on this machine.

    Args:
        limits: caps for each program; a problem's known reference cost scales them.
        workers: programs that run at once.
        require: names of confinement layers without which to refuse.
        off: names of layers to leave out, for tests and for hosts where one misbehaves.
        scratch_mib: what one program may store in its scratch directory, where a tmpfs can be mounted.
        packages: what programs may import beside the standard library, where it is installed.
        hash_seed: PYTHONHASHSEED of programs and tests, 0 to 4294967295.
        launcher: how workers are started; None: as plain processes of this machine.

    Raises:
        SandboxUnavailableError: a worker cannot start here, a required layer is off, or no program can pass.
    """

    name = "process"

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        workers: int = 1,
        require: Sequence[str] = (),
        off: Sequence[str] = (),
        scratch_mib: int = 64,
        packages: Sequence[str] = ("numpy",),
        hash_seed: int = 0,
        launcher: Launcher | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.stats = SandboxStats()
        self._launcher = launcher or Launcher()
        place = self._launcher.surroundings(packages)
        self._settings = WorkerSettings(
            packages=place.packages,
            readable=place.readable,
            scratch_parent=place.scratch_parent,
            memory_mib=self.limits.memory_mib,
            file_mib=self.limits.file_mib,
            scratch_mib=scratch_mib,
            open_files=self.limits.open_files,
            threads=self.limits.threads,
            off=sorted(off),
            hash_seed=hash_seed,
        )
        self._packages = tuple(packages)
        self._pid = os.getpid()
        self._lock, self._closed = threading.Lock(), False
        self._pool = WorkerPool(partial(Worker, self._launcher, self._settings), workers)
        try:
            self.layers = self._wait_for_all()
            self._require_layers(require)
            self._require_honest_programs_to_pass()
        except BaseException:
            self.close()
            raise
        self.stats = SandboxStats()

    def _wait_for_all(self) -> list[tuple[str, bool, str]]:
        """Wait until every worker has started; return the layers of confinement."""
        batch, taken = Batch(), []
        try:
            for _ in range(len(self._pool)):
                worker = self._pool.take(batch)
                assert worker is not None  # there is no deadline
                taken.append(worker)
                worker.ready()
        finally:
            for worker in taken:
                self._pool.give_back(worker, batch)
        return taken[0].layers

    def _require_layers(self, names: Sequence[str]) -> None:
        known = {name: (on, why) for name, on, why in self.layers}
        for name in names:
            on, why = known.get(name, (False, f"choose from {', '.join(sorted(known))}"))
            if not on:
                raise SandboxUnavailableError(f"sandbox_require names {name!r}, which is not on here: {why}")

    def _require_honest_programs_to_pass(self) -> None:
        """Prove that a program can pass here: or all of a model's would fail for what is wrong with the host."""
        for kind, program in HONEST_PROGRAMS.items():
            result = self._run_one(program, Batch(), replace(self.limits, cpu_s=10.0, case_cpu_s=None, idle_s=10.0))
            if result.verdict is not Verdict.PASSED:
                raise SandboxUnavailableError(
                    f"programs cannot be judged on this host: an honest one with {kind} ended as "
                    f"{result.verdict.value} ({result.error})"
                )

    def worker_pids(self) -> list[int]:
        """Return the process ids of the supervisors."""
        return self._pool.pids()

    def take_stats(self) -> SandboxStats:
        """Return what was counted since this was asked last, and begin anew."""
        with self._lock:
            taken, self.stats = self.stats, SandboxStats()
        return taken

    def run(self, programs: Sequence[Program], *, deadline_s: float | None = None) -> list[ExecutionResult]:
        """Run each program against its problem's tests; see `Sandbox.run`."""
        return self._run(programs, _begin(deadline_s))

    async def arun(self, programs: Sequence[Program], *, deadline_s: float | None = None) -> list[ExecutionResult]:
        """Do what `run` does without blocking the event loop; a task that is cancelled ends what runs for it."""
        import asyncio  # lazy: fork cost

        batch = _begin(deadline_s)
        try:
            return await asyncio.to_thread(self._run, programs, batch)
        except asyncio.CancelledError:
            self._pool.give_up(batch)
            raise

    def _run(self, programs: Sequence[Program], batch: Batch) -> list[ExecutionResult]:
        if self._closed or os.getpid() != self._pid:
            raise SandboxError("this sandbox is closed, or belongs to another process; open a new one")
        self._require_allowed(programs)
        results: list[ExecutionResult | None] = [None] * len(programs)
        todo = iter(enumerate(programs))
        lock = threading.Lock()
        errors: list[BaseException] = []

        def work() -> None:
            while not errors:
                with lock:
                    index, program = next(todo, (-1, None))
                if program is None:
                    return
                try:
                    results[index] = self._run_one(program, batch, self.limits)
                except BaseException as error:
                    errors.append(error)

        threads = [
            threading.Thread(target=work, name="sandbox", daemon=True)
            for _ in range(min(len(self._pool), len(programs)) - 1)
        ]
        try:
            with contextlib.suppress(RuntimeError):  # no more threads are to be had: this one does their work
                for thread in threads:
                    thread.start()
            work()
            if errors:
                raise errors[0]
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
        except BaseException:  # an interrupt, say: nobody waits for the others any more
            self._pool.give_up(batch)
            raise
        if errors:
            raise errors[0]
        return [result for result in results if result is not None]

    def _run_one(self, program: Program, batch: Batch, limits: Limits) -> ExecutionResult:
        problem = program.problem
        suite = compile_suite(problem)
        sources = [program.code]
        if suite.together:
            sources += [problem.test_setup, *problem.tests]
        imports = any(package in source for package in self._packages for source in sources)
        limits = limits.for_program(problem.reference_cpu_s, cases=len(problem.io_tests), imports=imports)
        job = Job(suite.kind, suite.tests, limits, *suite.works(program.code), suite.inputs, suite.alone).pack()
        if len(job) > JOB_BYTES:
            return self._fault(suite.tests, f"program and tests take {len(job)} bytes; {JOB_BYTES} are the most")
        started, cause = time.monotonic(), ""
        for attempt in itertools.count():
            if attempt >= _ATTEMPTS and time.monotonic() - started > _PATIENCE_S:
                break
            worker = self._pool.take(batch)
            if worker is None:
                return ExecutionResult.uniform(Verdict.SANDBOX_ERROR, suite.tests, DEADLINE_PASSED)
            try:
                worker.ready()
                answer = worker.run(job, None if batch.deadline is None else batch.deadline + GRACE_S)
            except (WorkerLost, SandboxUnavailableError) as error:
                cause = str(error)
                self._replace(worker, batch)
                time.sleep(min(0.1 * attempt, 1.0))  # what killed it, or kept it from starting, may pass
            except BaseException:  # an interrupt: nobody will read what it answers
                self._replace(worker, batch)
                raise
            else:
                if answer is None:  # it still runs
                    self._pool.replace(worker, batch)
                    return ExecutionResult.uniform(Verdict.SANDBOX_ERROR, suite.tests, DEADLINE_PASSED)
                self._pool.give_back(worker, batch)
                return self._result(answer, problem.isolation)
        return self._fault(suite.tests, f"the worker was lost again and again {cause}".rstrip())

    def _replace(self, worker: Worker, batch: Batch) -> None:
        """Put a fresh worker in the place of a lost one, and count it."""
        self._pool.replace(worker, batch)
        with self._lock:
            self.stats.restarts += 1
            self.stats.retried += 1

    def _result(self, answer: Answer, isolation: str) -> ExecutionResult:
        tests = tuple(TestResult(Verdict(verdict), printable(text)) for verdict, text in answer["tests"])
        result = ExecutionResult(tests, answer["cpu_s"], answer["wall_s"], isolation)
        with self._lock:
            self.stats.programs += 1
            self.stats.retried += answer["retried"]
            self.stats.restarts += answer["restarts"]
            self.stats.faults += result.verdict is Verdict.SANDBOX_ERROR
        return result

    def _fault(self, tests: int, why: str) -> ExecutionResult:
        with self._lock:
            self.stats.programs += 1
            self.stats.faults += 1
        return ExecutionResult.uniform(Verdict.SANDBOX_ERROR, tests, why)

    def close(self) -> None:
        """Stop all workers; programs that still run end at once, and whoever waits for them gets a `SandboxError`."""
        self._closed = True
        if os.getpid() == self._pid:
            self._pool.close()


def _begin(deadline_s: float | None) -> Batch:
    return Batch(None if deadline_s is None else time.monotonic() + deadline_s)
