"""What is taken for idleness: the arithmetic on given readings, and real programs whose threads wait for a core."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from support.traces import wait_until

from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Limits, Program
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.supervisor.idleness import Idleness
from trl_rlvr.sandbox.supervisor.process_clock import ProcessClock, Threads
from trl_rlvr.verdict import Verdict

LIMITS = Limits(cpu_s=10.0, idle_s=2.0)
"""Where it is not known who waits for a core, a program may be idle for 20 s."""
ASLEEP = Threads({}, at_work=False)
AT_WORK = Threads({}, at_work=True)


def asleep(**queued_s: float) -> Threads:
    """Threads that sleep, and how long each has waited for a core in its life."""
    return Threads({thread: int(s * 1e9) for thread, s in queued_s.items()}, at_work=False)


def left_s(*looks: tuple[float, float, list[Threads | None]]) -> float:
    """What is left of the idle time after looks at a program that began at 100.0."""
    idleness = Idleness()
    idleness.start(100.0)
    for now, cpu_s, processes in looks:
        idleness.look(100.0 + now, cpu_s, processes)
    return idleness.left_s(LIMITS)


CROWD = asleep(**{f"t{n}": 1.0 for n in range(30)})


@pytest.mark.parametrize(
    ("looks", "left"),
    [
        pytest.param([(1.0, 0.0, [ASLEEP, ASLEEP]), (2.5, 0.0, [ASLEEP, ASLEEP])], -0.5, id="a sleeper is idle"),
        pytest.param([(1.0, 0.7, [asleep(a=0.2)])], 1.9, id="neither computing nor waiting for a core is"),
        pytest.param(
            [(1.0, 1.0, [CROWD]), (2.0, 1.0, [CROWD]), (3.5, 1.0, [CROWD])], -0.5, id="waits side by side count once"
        ),
        pytest.param([(1.0, 8.0, [ASLEEP]), (3.5, 8.0, [ASLEEP])], -0.5, id="so do cores side by side"),
        pytest.param([(1.0, 0.0, [asleep(a=0.6)]), (2.0, 0.0, [asleep(a=0.7, b=0.1)])], 0.8, id="and each wait"),
        pytest.param(
            [(1.0, 0.0, [asleep(a=1.0, b=0.0)]), (2.0, 0.0, [asleep(b=0.9)])], 1.9, id="a thread that ended takes none"
        ),
        pytest.param([(1.0, 0.0, [AT_WORK]), (3.5, 0.0, [ASLEEP])], -0.5, id="work at one look buys no later sleep"),
        pytest.param([(19.0, 0.0, [ASLEEP, None])], 1.0, id="where nobody says who waits a sleeper has longer"),
        pytest.param([(21.0, 0.0, [ASLEEP, None])], -1.0, id="but not for ever"),
        pytest.param([(15.0, 0.0, [ASLEEP, None]), (16.0, 0.0, [ASLEEP, ASLEEP])], 1.0, id="until it is known"),
        pytest.param(
            [(1.0, 1.0, [ASLEEP]), (2.0, 0.0, [ASLEEP]), (3.0, 1.0, [ASLEEP])], 0.0, id="a clock found again gives none"
        ),
    ],
)
def test_time_is_idle_in_which_nothing_computes_or_waits_for_a_core(looks, left):
    assert left_s(*looks) == pytest.approx(left)


@pytest.mark.parametrize("processes", [[AT_WORK, ASLEEP], [ASLEEP, AT_WORK], [None, AT_WORK]])
def test_no_time_is_idle_at_whose_end_a_thread_is_at_work(processes):
    looks = [(float(now), 0.0, processes) for now in range(1, 50)]

    assert left_s(*looks) == pytest.approx(2.0)


def test_candidates_one_after_the_other_share_the_idle_time():
    idleness = Idleness()
    for start in (100.0, 200.0):
        idleness.start(start)
        idleness.look(start + 1.2, 0.0, [ASLEEP])

    assert idleness.left_s(LIMITS) == pytest.approx(-0.4)


def test_a_process_whose_threads_all_sleep_is_not_at_work_whatever_its_name(tmp_path):
    program = tmp_path / "a) R 1"
    program.symlink_to(sys.executable)
    with subprocess.Popen([program, "-S", "-c", "import time\ntime.sleep(1000)"]) as sleeper:
        clock = ProcessClock(sleeper.pid)
        try:
            assert wait_until(lambda: (threads := clock.threads()) is not None and not threads.at_work)
            assert list(clock.threads().queued_ns) == [str(sleeper.pid)]
        finally:
            sleeper.kill()


def test_of_many_threads_one_that_runs_is_enough_to_be_at_work():
    stop = threading.Event()
    sleeper = threading.Thread(target=stop.wait)
    sleeper.start()

    threads = ProcessClock(os.getpid()).threads()  # this very thread runs as it looks

    stop.set()
    sleeper.join()
    assert threads is not None
    assert threads.at_work
    assert len(threads.queued_ns) >= 2


def test_of_a_process_that_is_gone_nothing_is_known():
    with subprocess.Popen(["true"]) as process:
        process.wait()

    assert ProcessClock(process.pid).threads() is None


@pytest.fixture
def one_core() -> Iterator[None]:
    """All that this test starts shares one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture
def busy_core(one_core: None) -> Iterator[None]:
    """One core for this test, and six loops on it."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True) for _ in range(6)]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


def outcome(code: str, limits: Limits) -> tuple[Verdict, str]:
    problem = CodeProblem("t", "", tests=("assert f(1) == 2",), entry_point="f")
    with ProcessSandbox(limits=limits, workers=1) as sandbox:
        (result,) = sandbox.run([Program(code, problem)])
    return result.verdict, result.error


@pytest.mark.usefixtures("busy_core")
def test_a_program_that_computes_in_short_lived_threads_is_not_idle_on_a_busy_machine():
    code = """
import hashlib, threading
data = b"x" * (1 << 24)
def f(x):
    for _ in range(50):
        thread = threading.Thread(target=hashlib.sha256, args=(data,))
        thread.start()
        thread.join()
    return x + 1
"""
    assert outcome(code, Limits(idle_s=1.0)) == (Verdict.PASSED, "")


@pytest.mark.usefixtures("one_core")
def test_threads_that_wait_for_a_core_at_once_buy_no_sleep():
    code = """
import hashlib, threading, time
data, park, stop = b"x" * (1 << 20), threading.Event(), []
def work():
    while not stop: hashlib.sha256(data)
    park.wait()
def f(x):
    for _ in range(25): threading.Thread(target=work, daemon=True).start()
    while time.process_time() < 1.5: time.sleep(0.02)
    stop.append(1)
    time.sleep(1000)
"""
    assert outcome(code, Limits(idle_s=0.5, wall_s=20.0)) == (Verdict.TIMEOUT, "was idle for more than 0.5 s")


def test_a_sleeper_that_makes_threads_all_the_time_is_idle():
    code = """
import threading, time
def f(x):
    while True:
        threading.Thread(target=int).start()
        time.sleep(0.01)
"""
    assert outcome(code, Limits(idle_s=0.5, wall_s=60.0)) == (Verdict.TIMEOUT, "was idle for more than 0.5 s")
