"""The default sandbox: a pool of workers on this machine, each a supervisor with a warm fork server.

The workers are fresh interpreters, never forks of the trainer, so they may be started beside an initialised CUDA
context; what a program does reaches the trainer only as verdicts.
"""

import itertools
import os
import queue
import threading
import time
import weakref
from collections.abc import Sequence

from trl_rlvr.errors import SandboxError, SandboxUnavailableError
from trl_rlvr.sandbox.backends.launcher import Launcher
from trl_rlvr.sandbox.backends.worker import Worker, WorkerLost, end_all
from trl_rlvr.sandbox.base import DEADLINE_PASSED, Program, Sandbox, SandboxStats
from trl_rlvr.sandbox.limits import Limits
from trl_rlvr.sandbox.protocol.control import Answer, Job, printable
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
        launcher: how workers are started; None: as plain processes of this machine.

    Raises:
        SandboxUnavailableError: a worker cannot start here, or a required layer is off.
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
        )
        self._packages = tuple(packages)
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._closed = False
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._all: set[Worker] = set()
        started = [Worker(self._launcher, self._settings) for _ in range(workers)]
        self._all.update(started)
        self._finalizer = weakref.finalize(self, end_all, self._all, self._pid)
        for worker in started:
            worker.ready()
            self._idle.put(worker)
        self.layers = started[0].layers
        """Each confinement layer: name, whether it is on, and why not."""
        on = {name for name, is_on, _ in self.layers if is_on}
        known = {name for name, _, _ in self.layers}
        for name in require:
            if name not in on:
                self.close()
                why = next(
                    (why for layer, _, why in self.layers if layer == name), f"choose from {', '.join(sorted(known))}"
                )
                raise SandboxUnavailableError(f"sandbox_require names {name!r}, which is not on here: {why}")

    def worker_pids(self) -> list[int]:
        """Return the process ids of the supervisors."""
        with self._lock:
            return [worker.process.pid for worker in self._all]

    def run(self, programs: Sequence[Program], *, deadline_s: float | None = None) -> list[ExecutionResult]:
        """Run each program against its problem's tests; see `Sandbox.run`."""
        if self._closed or os.getpid() != self._pid:
            raise SandboxError("this sandbox is closed, or belongs to another process; open a new one")
        deadline = None if deadline_s is None else time.monotonic() + deadline_s
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
                    results[index] = self._run_one(program, deadline)
                except BaseException as error:
                    errors.append(error)

        threads = [
            threading.Thread(target=work, name="sandbox", daemon=True)
            for _ in range(min(len(self._all), len(programs)) - 1)
        ]
        for thread in threads:
            thread.start()
        work()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return [result for result in results if result is not None]

    def _run_one(self, program: Program, deadline: float | None) -> ExecutionResult:
        suite = compile_suite(program.problem)
        imports = any(package in program.code for package in self._packages)
        limits = self.limits.for_reference(program.problem.reference_cpu_s, imports=imports)
        work = suite.candidate_work(program.code)
        job = Job(suite.kind, suite.tests, limits, work, suite.expected, suite.inputs, suite.alone)
        packed = job.pack()
        started = time.monotonic()
        for attempt in itertools.count():
            if attempt >= _ATTEMPTS and time.monotonic() - started > _PATIENCE_S:
                break
            worker = self._take(deadline)
            if worker is None:
                return ExecutionResult.uniform(Verdict.SANDBOX_ERROR, suite.tests, DEADLINE_PASSED)
            try:
                worker.ready()
                answer = worker.run(packed)
            except (WorkerLost, SandboxUnavailableError):
                self._replace(worker)
                time.sleep(min(0.1 * attempt, 1.0))  # what killed it, or kept it from starting, may pass
            except BaseException:  # an interrupt: nobody will read what it answers
                self._replace(worker)
                raise
            else:
                self._idle.put(worker)
                return self._result(answer)
        return self._fault(suite.tests, "the worker was lost again and again")

    def _take(self, deadline: float | None) -> Worker | None:
        left_s = None if deadline is None else deadline - time.monotonic()
        if left_s is not None and left_s <= 0:
            return None
        try:
            return self._idle.get(timeout=left_s)
        except queue.Empty:
            return None

    def _replace(self, worker: Worker) -> None:
        """Put a fresh worker in the place of a lost one; it is waited for when it is used."""
        worker.close()
        with self._lock:
            if self._closed:
                raise SandboxError("this sandbox was closed while programs ran")
            fresh = Worker(self._launcher, self._settings)
            self._all.discard(worker)
            self._all.add(fresh)
            self.stats.restarts += 1
            self.stats.retried += 1
        self._idle.put(fresh)

    def _result(self, answer: Answer) -> ExecutionResult:
        tests = tuple(TestResult(Verdict(verdict), printable(text)) for verdict, text in answer["tests"])
        result = ExecutionResult(tests, answer["cpu_s"], answer["wall_s"])
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
        """Stop all workers."""
        with self._lock:
            self._closed = True
        self._finalizer()
