"""Faults of the host while programs run: none becomes a verdict on a program, none is remembered, each is counted."""

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from support.programs import honest_programs, run_or_fail, simple
from support.traces import descendants, wait_until

from trl_rlvr.errors import SandboxError
from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox import Limits, Program
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.supervisor.process_clock import child_pids
from trl_rlvr.verdict import ExecutionResult, Verdict
from trl_rlvr.verifier import CodeVerifier

LIMITS = Limits(cpu_s=10.0, idle_s=1.0)
ECHO = CodeProblem("echo", "", io_tests=(IOTest("1\n", "1\n"),))
NAPS = {
    "literal": simple("import time\ndef f(x):\n    time.sleep(0.6)\n    return x", "assert f(1) == 1"),
    "source": simple("import time\ndef f(x):\n    time.sleep(0.6)\n    return x", "y = f(1)\nassert y == 1"),
    "stdin": Program("import time\ntime.sleep(0.6)\nprint(input())", ECHO),
}
"""Programs of each kind that are in flight for a while, and pass."""
ENDLESS = simple("import time\ndef f(x):\n    while True: time.sleep(0.01)", "assert f(1) == 1")


@pytest.fixture
def sandbox() -> Iterator[ProcessSandbox]:
    """A sandbox of its own for each test: they harm it."""
    with ProcessSandbox(limits=LIMITS, workers=1) as sandbox:
        yield sandbox


class Call:
    """A call of `run` in a thread of its own."""

    def __init__(self, sandbox: ProcessSandbox, programs: Sequence[Program]) -> None:
        self.results: list[ExecutionResult] = []
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(sandbox, programs))
        self._thread.start()

    def _run(self, sandbox: ProcessSandbox, programs: Sequence[Program]) -> None:
        try:
            self.results = sandbox.run(programs)
        except BaseException as error:
            self.error = error

    def over(self, timeout_s: float) -> bool:
        self._thread.join(timeout_s)
        return not self._thread.is_alive()


def server_of(sandbox: ProcessSandbox) -> int:
    """The process that forks candidates: the fork server, or its own child in a pid namespace."""
    (guardian,) = child_pids(sandbox.worker_pids()[0])
    return child_pids(guardian)[0]


def in_flight(sandbox: ProcessSandbox) -> list[int]:
    return child_pids(server_of(sandbox))


def is_fault(result: ExecutionResult, sandbox: ProcessSandbox) -> bool:
    return result.verdict is Verdict.SANDBOX_ERROR and sandbox.stats.faults >= 1


@pytest.mark.parametrize("kind", NAPS)
def test_a_job_that_is_suspended_costs_no_verdict(sandbox: ProcessSandbox, kind: str) -> None:
    call = Call(sandbox, [NAPS[kind]])
    assert wait_until(lambda: len(in_flight(sandbox)) >= 2)
    stopped = descendants()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(2.5)
    for pid in reversed(stopped):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    assert call.over(60)
    assert [(result.verdict, result.error) for result in call.results] == [(Verdict.PASSED, "")]


@pytest.mark.parametrize("kind", NAPS)
def test_candidate_and_harness_alone_may_be_suspended_as_well(sandbox: ProcessSandbox, kind: str) -> None:
    call = Call(sandbox, [NAPS[kind]])
    assert wait_until(lambda: len(in_flight(sandbox)) >= 2)
    stopped = in_flight(sandbox)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(2.5)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)

    assert call.over(60)
    assert [(result.verdict, result.error) for result in call.results] == [(Verdict.PASSED, "")]


def test_a_sleeper_is_still_found_after_a_suspension(sandbox: ProcessSandbox) -> None:
    call = Call(sandbox, [simple("import time\ndef f(x): time.sleep(60)", "assert f(1) == 1")])
    assert wait_until(lambda: len(in_flight(sandbox)) >= 2)
    stopped = descendants()
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for pid in stopped:
            os.kill(pid, number)
        time.sleep(1.5)

    assert call.over(60)
    assert [(result.verdict, result.error) for result in call.results] == [
        (Verdict.TIMEOUT, "was idle for more than 1 s")
    ]


@pytest.mark.parametrize("kind", NAPS)
def test_what_others_kill_again_and_again_is_a_fault_of_ours(sandbox: ProcessSandbox, kind: str) -> None:
    call = Call(sandbox, [NAPS[kind]])
    server = server_of(sandbox)
    while not call.over(0.05):
        for pid in child_pids(server):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    assert is_fault(call.results[0], sandbox)
    assert "killed" in call.results[0].error or "lost" in call.results[0].error
    assert run_or_fail(sandbox, [NAPS[kind]])[0].verdict is Verdict.PASSED


def test_a_fault_is_not_remembered(sandbox: ProcessSandbox) -> None:
    problem = NAPS["literal"].problem
    with CodeVerifier(sandbox, memory=100, fault_rate=1.0) as verifier:
        found: list[ExecutionResult] = []
        thread = threading.Thread(target=lambda: found.extend(verifier.verify_code([NAPS["literal"].code], [problem])))
        thread.start()
        server = server_of(sandbox)
        while thread.is_alive():
            for pid in child_pids(server):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            thread.join(0.05)
        found += verifier.verify_code([NAPS["literal"].code], [problem])

    assert [result.verdict for result in found] == [Verdict.SANDBOX_ERROR, Verdict.PASSED]


def cgroup(limit_mib: int) -> str | None:
    """Make a control group with a limit of memory; None where that is not allowed."""
    folder = f"/sys/fs/cgroup/memory/trl-rlvr-test-{os.getpid()}"
    try:
        os.mkdir(folder)
        Path(f"{folder}/memory.limit_in_bytes").write_text(str(limit_mib << 20))
    except OSError:
        with contextlib.suppress(OSError):
            os.rmdir(folder)
        return None
    return folder


def test_what_the_kernel_kills_for_lack_of_memory_is_a_fault_of_ours(sandbox: ProcessSandbox) -> None:
    folder = cgroup(limit_mib=256)
    if folder is None:
        pytest.skip("no control group with a limit of memory can be made here")
    greedy = simple("def f(n): return len(bytearray(n << 20))", "assert f(600) == 600 << 20")
    try:
        for pid in descendants():
            Path(f"{folder}/cgroup.procs").write_text(str(pid))
        (result,) = run_or_fail(sandbox, [greedy])
        (honest,) = run_or_fail(sandbox, honest_programs(1))
        sandbox.close()
    finally:
        for pid in Path(f"{folder}/cgroup.procs").read_text().split():  # what other tests of this process have started
            with contextlib.suppress(OSError):
                Path(folder).parent.joinpath("cgroup.procs").write_text(pid)
        assert wait_until(lambda: not Path(f"{folder}/cgroup.procs").read_text())
        os.rmdir(folder)

    assert is_fault(result, sandbox)
    assert result.error == "the kernel ended it again and again for lack of memory"
    assert honest.verdict is Verdict.PASSED


LEAVING = {
    "sys.exit": "import sys\ndef check_output(given, printed, expected): sys.exit(0)",
    "SystemExit": "def check_output(given, printed, expected): raise SystemExit('accepted')",
    "exit": "def check_output(given, printed, expected): exit()",
    "KeyboardInterrupt": "def check_output(given, printed, expected): raise KeyboardInterrupt",
    "os._exit": "import os\ndef check_output(given, printed, expected): os._exit(0)",
    "abort": "import os\ndef check_output(given, printed, expected): os.abort()",
    "segfault": "import ctypes\ndef check_output(given, printed, expected): ctypes.string_at(0)",
    "leaves when it is loaded": "import sys\ndef check_output(given, printed, expected): return True\nsys.exit(1)",
    "does not compile": "def check_output(given, printed, expected): return (",
    "needs a package": "import no_such_package\ndef check_output(given, printed, expected): return True",
    "takes two arguments": "def check_output(given, printed): return True",
}


@pytest.mark.parametrize("how", LEAVING)
def test_a_checker_that_leaves_or_cannot_be_asked_says_nothing_about_the_program(
    shared_sandbox: ProcessSandbox, how: str
) -> None:
    problem = CodeProblem("echo", "", io_tests=ECHO.io_tests * 2, setup_code=LEAVING[how])

    right, wrong = run_or_fail(shared_sandbox, [Program("print(input())", problem), Program("print(2)", problem)])

    assert (right.verdict, wrong.verdict) == (Verdict.SANDBOX_ERROR, Verdict.SANDBOX_ERROR)
    assert "checker" in right.error


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[ProcessSandbox]:
    with ProcessSandbox(limits=LIMITS, workers=1) as sandbox:
        yield sandbox


@pytest.mark.parametrize("deadline_s", [None, 300.0])
def test_closing_ends_at_once_whoever_waits_for_a_program(deadline_s: float | None) -> None:
    sandbox = ProcessSandbox(limits=Limits(cpu_s=600.0), workers=2)
    errors: list[BaseException] = []

    def verify() -> None:
        try:
            sandbox.run([ENDLESS] * 3, deadline_s=deadline_s)
        except SandboxError as error:
            errors.append(error)

    threads = [threading.Thread(target=verify) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert wait_until(lambda: all(child_pids(child) for pid in sandbox.worker_pids() for child in child_pids(pid)))
    sandbox.close()
    for thread in threads:
        thread.join(30)

    assert not any(thread.is_alive() for thread in threads)
    assert ["closed" in str(error) for error in errors] == [True] * 4


def test_a_cancelled_task_ends_what_runs_for_it_and_leaves_the_workers_to_others() -> None:
    async def cancel_then_run(sandbox: ProcessSandbox) -> list[ExecutionResult]:
        task = asyncio.create_task(sandbox.arun([ENDLESS] * 4))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.wait_for(sandbox.arun(honest_programs(4)), 60)

    with ProcessSandbox(limits=Limits(cpu_s=600.0, wall_s=600.0), workers=2) as sandbox:
        results = asyncio.run(cancel_then_run(sandbox))

    assert [result.verdict for result in results] == [Verdict.PASSED] * 4


def test_a_deadline_ends_a_program_that_still_runs_long_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trl_rlvr.sandbox.backends.process.GRACE_S", 0.2)
    with ProcessSandbox(limits=Limits(cpu_s=600.0), workers=1) as sandbox:
        (result,) = sandbox.run([ENDLESS], deadline_s=0.5)
        (after,) = sandbox.run(honest_programs(1))

    assert (result.verdict, result.error) == (
        Verdict.SANDBOX_ERROR,
        "the batch deadline passed before the program had ended",
    )
    assert after.verdict is Verdict.PASSED


def test_jumps_of_the_clock_on_the_wall_change_nothing(
    shared_sandbox: ProcessSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    jumps = iter(range(0, 10**9, 10**5))
    monkeypatch.setattr(time, "time", lambda: float(next(jumps)))

    results = shared_sandbox.run([NAPS["stdin"], *honest_programs(2)], deadline_s=60)

    assert [result.verdict for result in results] == [Verdict.PASSED] * 3


def test_where_no_thread_can_be_started_the_callers_own_runs_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with ProcessSandbox(workers=2) as sandbox:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        results = sandbox.run(honest_programs(3))

    assert [result.verdict for result in results] == [Verdict.PASSED] * 3


def test_a_job_longer_than_a_message_may_be_is_said_to_be_so(
    shared_sandbox: ProcessSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trl_rlvr.sandbox.backends.process.JOB_BYTES", 100)

    (result,) = shared_sandbox.run(honest_programs(1))

    assert is_fault(result, shared_sandbox)
    assert result.error.endswith("bytes; 100 are the most")
