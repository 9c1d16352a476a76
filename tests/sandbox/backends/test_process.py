"""What the process backend promises beside the contract: it mends itself, and says what it did."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from support.traces import wait_until

from trl_rlvr.errors import SandboxError, SandboxUnavailableError
from trl_rlvr.problem import APART, TOGETHER, CodeProblem
from trl_rlvr.sandbox import Limits, Program
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.suite import Suite
from trl_rlvr.sandbox.supervisor.process_clock import child_pids
from trl_rlvr.verdict import Verdict

SQUARE = CodeProblem("square", "", ("assert f(2) == 4", "assert f(3) == 9"))
RIGHT = Program("def f(x): return x * x", SQUARE)
WRONG = Program("def f(x): return x + 2", SQUARE)


def slow(number):
    code = f"import time\ndef f(x):\n    time.sleep(0.02)\n    return x * x + {number % 2} * (x - 2)"
    return Program(code + f"  # {number}", SQUARE)


@pytest.fixture(scope="module")
def sandbox():
    with ProcessSandbox(workers=2) as sandbox:
        yield sandbox


def descendants(pid):
    return [below for child in child_pids(pid) for below in (child, *descendants(child))]


def test_results_come_in_the_order_of_the_programs(sandbox):
    results = sandbox.run([RIGHT, WRONG, RIGHT])

    assert [result.passed for result in results] == [2, 1, 2]


def test_no_programs_give_no_results(sandbox):
    assert sandbox.run([]) == []


def test_each_test_counts_on_its_own_also_after_one_that_failed(sandbox):
    problem = CodeProblem("t", "", ("assert f(1) == 0", "assert f(2) == 2", "assert f(3) == 0"))

    (result,) = sandbox.run([Program("def f(x): return x", problem)])

    expected = [Verdict.WRONG_ANSWER, Verdict.PASSED, Verdict.WRONG_ANSWER]
    assert [test.verdict for test in result.tests] == expected


@pytest.mark.parametrize("isolation", [APART, TOGETHER])
def test_tests_that_do_not_reach_the_worker_whole_are_no_fault_of_a_program(monkeypatch, isolation):
    problem = CodeProblem("t", "", ("x = f(1)\nassert x == 1",), isolation=isolation)

    with ProcessSandbox(workers=1) as sandbox:
        sandbox.judges_together = True
        monkeypatch.setattr(Suite, "works", lambda suite, code: (b"", b""))
        (result,) = sandbox.run([Program("def f(x): return x", problem)])

    assert result.verdict is Verdict.SANDBOX_ERROR
    assert result.error.startswith("the tests could not be compiled: EOFError")


def test_tests_before_a_hang_keep_their_verdicts():
    code = "def f(x):\n    while x == 3: pass\n    return x * x"
    with ProcessSandbox(workers=1, limits=Limits(cpu_s=0.3)) as sandbox:
        (result,) = sandbox.run([Program(code, SQUARE)])

    assert [test.verdict for test in result.tests] == [Verdict.PASSED, Verdict.TIMEOUT]


def test_several_threads_may_run_programs_at_once(sandbox):
    counts = []
    threads = [
        threading.Thread(target=lambda: counts.append(sum(r.passed for r in sandbox.run([RIGHT, WRONG] * 5))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == [15] * 4


def test_a_package_has_time_to_be_imported():
    pytest.importorskip("numpy")
    problem = CodeProblem("sum", "", ("assert f([1, 2]) == 3",), reference_cpu_s=0.001)
    with ProcessSandbox(workers=1) as sandbox:
        (result,) = sandbox.run([Program("import numpy as np\ndef f(xs): return int(np.sum(xs))", problem)])

    assert result.verdict is Verdict.PASSED


def test_the_order_of_sets_is_that_of_the_hash_seed():
    command = [sys.executable, "-c", "print(hash('a'))"]
    hashed = subprocess.run(command, env={"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True).stdout
    problem = CodeProblem("t", "", (f"assert f() == {hashed}", "assert [f()] * 2 == [hash('a')] * 2"))
    with ProcessSandbox(workers=1, hash_seed=7) as sandbox:
        (result,) = sandbox.run([Program("def f(): return hash('a')", problem)])

    assert result.verdict is Verdict.PASSED, result.error


def test_deadline_that_has_passed_is_a_fault_of_ours_and_no_wrong_answer(sandbox):
    results = sandbox.run([RIGHT] * 3, deadline_s=0.0)

    assert {result.verdict for result in results} == {Verdict.SANDBOX_ERROR}


def test_closed_sandbox_says_so():
    sandbox = ProcessSandbox(workers=1)
    sandbox.close()
    sandbox.close()

    with pytest.raises(SandboxError, match="closed"):
        sandbox.run([RIGHT])


def test_closing_leaves_no_process():
    sandbox = ProcessSandbox(workers=2)
    sandbox.run([RIGHT])
    pids = [below for pid in sandbox.worker_pids() for below in (pid, *descendants(pid))]
    sandbox.close()
    deadline = time.monotonic() + 10
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert [pid for pid in pids if os.path.exists(f"/proc/{pid}")] == []


def test_closing_while_programs_run_starts_no_new_worker():
    sandbox = ProcessSandbox(workers=1)
    closer = threading.Timer(0.3, sandbox.close)
    closer.start()
    with pytest.raises(SandboxError, match="closed"):
        sandbox.run([Program("import time\ndef f(x): time.sleep(1)", SQUARE)] * 3)
    closer.join()

    assert not any(os.path.exists(f"/proc/{pid}") for pid in sandbox.worker_pids())


def test_required_layer_that_is_off_is_refused_by_name():
    with pytest.raises(SandboxUnavailableError, match="'seccomp', which is not on here: switched off"):
        ProcessSandbox(workers=1, off=["seccomp"], require=["seccomp"])


def test_unknown_required_layer_is_refused():
    with pytest.raises(SandboxUnavailableError, match="'armour'"):
        ProcessSandbox(workers=1, require=["armour"])


def test_a_running_program_ends_with_its_trainer():
    script = """
import sys
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Limits, Program
from trl_rlvr.sandbox.backends.process import ProcessSandbox
with ProcessSandbox(workers=1, limits=Limits(cpu_s=1000)) as sandbox:
    print(sandbox.worker_pids()[0], flush=True)
    loop = "def f(x):\\n    while True: pass"
    sandbox.run([Program(loop, CodeProblem("loop", "", ("assert f(1) == 1",)))])
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as trainer:
        worker = int(trainer.stdout.readline())
        assert wait_until(lambda: sum(state_and_ticks(pid)[1] for pid in descendants(worker)) > 50), (
            "it never began to run"
        )
        running = [worker, *descendants(worker)]
        trainer.kill()

    assert wait_until(lambda: all(state_and_ticks(pid)[0] in "ZX" for pid in running))


def state_and_ticks(pid):
    """Return a process's state, X if it is gone, and the clock ticks that it has computed."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return "X", 0
    return fields[0], int(fields[11])


def test_killed_workers_are_replaced_and_no_verdict_changes():
    programs = [slow(number) for number in range(20)]
    with ProcessSandbox(workers=2) as sandbox:
        killer = threading.Timer(0.2, lambda: [os.kill(pid, signal.SIGKILL) for pid in sandbox.worker_pids()])
        killer.start()
        results = sandbox.run(programs)
        restarts = sandbox.stats.restarts

    assert [result.passed for result in results] == [2 - number % 2 for number in range(20)]
    assert restarts >= 2


def test_a_program_outlives_more_fork_servers_than_a_fault_of_ours_would_take():
    nap = Program("import time\ndef f(x):\n    time.sleep(0.5)\n    return x * x", SQUARE)
    with ProcessSandbox(workers=1) as sandbox:
        (worker,) = sandbox.worker_pids()

        def kill_servers():
            for _ in range(6):
                assert wait_until(lambda: len(descendants(worker)) >= 3)  # it has forked harness and candidate
                (server,) = child_pids(worker)
                os.kill(server, signal.SIGKILL)
                assert wait_until(lambda pid=server: pid not in child_pids(worker))

        killer = threading.Thread(target=kill_servers)
        killer.start()
        (result,) = sandbox.run([nap])
        killer.join()
        restarts = sandbox.stats.restarts

    assert result.verdict is Verdict.PASSED, result.error
    assert restarts > 4


@pytest.mark.slow
def test_random_kills_of_every_process_change_no_verdict():
    """Servers, harnesses and candidates die at random; the verdicts are those of an undisturbed run."""
    rng = random.Random(0)
    over = threading.Event()
    with ProcessSandbox(workers=2) as sandbox:

        def kill_somebody():
            while not over.wait(1.0):
                alive = [below for pid in sandbox.worker_pids() for below in (pid, *descendants(pid))]
                if alive:
                    os.kill(rng.choice(alive), signal.SIGKILL)

        killer = threading.Thread(target=kill_somebody)
        killer.start()
        try:
            results = [result for _ in range(4) for result in sandbox.run([slow(number) for number in range(80)])]
        finally:
            over.set()
            killer.join()
        disturbed = sandbox.stats.retried

    assert [result.passed for result in results] == [2 - number % 2 for number in range(80)] * 4
    assert disturbed > 0


def test_an_interrupt_costs_no_worker():
    sleeper = Program("import time\ndef f(x):\n    time.sleep(1)\n    return x * x", SQUARE)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with ProcessSandbox(workers=1) as sandbox:
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            with pytest.raises(KeyboardInterrupt):
                sandbox.run([sleeper])

            (result,) = sandbox.run([RIGHT], deadline_s=60)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert result.verdict is Verdict.PASSED
