"""Attacks that do not end: loops in Python and in C, sleeps, waits, and signals that are ignored."""

import pytest
from support.arena import Arena
from support.attack import Attack, attack

from trl_rlvr.verdict import Verdict

WRONG = ("assert answer(7) == $NUMBER", "assert answer(8) == $NUMBER", "assert answer(9) == $NUMBER")


def hangs(code: str) -> Attack:
    return attack(code, *WRONG)


LOOPS = {
    "endless_loop_in_call": hangs("def answer(n):\n    while True: pass"),
    "endless_loop_in_import": hangs("while True: pass"),
    "loop_that_swallows_everything": hangs("""
        def answer(n):
            while True:
                try:
                    while True: pass
                except BaseException: pass
    """),
    "loop_in_del": hangs("""
        class Late:
            def __del__(self):
                while True: pass
        def answer(n):
            Late()
            return 1
    """),
    "loop_in_a_generator": hangs("def answer(n):\n    while True: yield 1"),
    "big_power": hangs("def answer(n): return 3 ** (10 ** 9 + n) % 7"),
    "three_argument_power": hangs("def answer(n): return pow(3, 10 ** 300000, 10 ** 30000 + n)"),
    "backtracking_pattern": hangs("import re\ndef answer(n): return re.match('(a+)+$', 'a' * 60 + 'b')"),
    "sum_of_a_long_range": hangs("def answer(n): return sum(range(10 ** 12))"),
    "max_of_a_long_range": hangs("def answer(n): return max(range(10 ** 13))"),
    "membership_in_endless_count": hangs("import itertools\ndef answer(n): return -1 in itertools.count()"),
    "text_of_a_huge_int": hangs("""
        import sys
        sys.set_int_max_str_digits(0)
        def answer(n): return len(str(7 ** (10 ** 8)))
    """),
    "factorial": hangs("import math\ndef answer(n): return math.factorial(10 ** 8) % 7"),
    "sort_with_an_endless_key": hangs("""
        def key(x):
            while True: pass
        def answer(n): return sorted([2, 1], key=key)
    """),
    "hash_collisions": hangs("""
        class Same:
            def __hash__(self): return 1
            def __eq__(self, other): return False
        def answer(n): return len({Same() for _ in range(10 ** 6)})
    """),
    "deque_without_end": hangs("""
        from collections import deque
        from itertools import repeat
        def answer(n): deque(repeat(1), maxlen=0)
    """),
    "decimal_power": hangs("""
        import decimal
        decimal.getcontext().prec = 10 ** 8
        def answer(n): return decimal.Decimal(3) ** decimal.Decimal('0.5') > 1e9
    """),
    "garbage_collection_without_end": hangs("""
        import gc
        class Phoenix:
            def __del__(self): Phoenix()
        def answer(n):
            while True:
                Phoenix()
                gc.collect()
    """),
    "cpu_time_signals_ignored": hangs("""
        import signal
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        def answer(n):
            while True: pass
    """),
    "every_signal_blocked": hangs("""
        import signal
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        def answer(n):
            while True: pass
    """),
    "timers_disarmed": hangs("""
        import signal
        for which in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF): signal.setitimer(which, 0)
        signal.alarm(0)
        def answer(n):
            while True: pass
    """),
    "cpu_limit_handler_that_goes_on": hangs("""
        import signal
        for number in (signal.SIGXCPU, signal.SIGALRM, signal.SIGPROF, signal.SIGVTALRM, signal.SIGTERM):
            signal.signal(number, lambda *a: None)
        def answer(n):
            while True: pass
    """),
    "loop_in_four_threads": hangs("""
        import threading
        def burn():
            while True: sum(range(10 ** 6))
        def answer(n):
            threads = [threading.Thread(target=burn) for _ in range(4)]
            for thread in threads: thread.start()
            threads[0].join()
    """),
    "work_in_short_slices_between_sleeps": hangs("""
        import time
        def answer(n):
            while True:
                sum(range(10 ** 4))
                time.sleep(0.001)
    """),
    "clock_patched": hangs("""
        import time
        time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
        def answer(n):
            while True: pass
    """),
}
SLEEPS = {
    "long_sleep": hangs("import time\ndef answer(n): time.sleep(1000)"),
    "sleep_in_import": hangs("import time\ntime.sleep(1000)"),
    "many_short_sleeps": hangs("import time\ndef answer(n):\n    while True: time.sleep(0.01)"),
    "select": hangs("import select\ndef answer(n): select.select([], [], [], 1000)"),
    "poll": hangs("import select\ndef answer(n): select.poll().poll()"),
    "deadlock_with_itself": hangs("""
        import threading
        lock = threading.Lock()
        def answer(n):
            lock.acquire()
            lock.acquire()
    """),
    "event_that_never_comes": hangs("import threading\ndef answer(n): threading.Event().wait()"),
    "empty_queue": hangs("import queue\ndef answer(n): queue.Queue().get()"),
    "input_from_nobody": hangs("def answer(n): return input()"),
    "input_in_import": hangs("text = input()\ndef answer(n): return text"),
    "read_of_a_pipe_of_its_own": hangs("import os\ndef answer(n): return os.read(os.pipe()[0], 1)"),
    "open_of_a_fifo": hangs("import os\ndef answer(n):\n    os.mkfifo('p')\n    open('p').read()"),
    "sigwait": hangs("import signal\ndef answer(n): signal.sigwait([signal.SIGUSR1])"),
    "pause": hangs("import signal\ndef answer(n): signal.pause()"),
    "stop_signal": hangs("import os, signal\ndef answer(n):\n    os.kill(os.getpid(), signal.SIGSTOP)\n    return 1"),
    "terminal_stop_signal": hangs(
        "import os, signal\ndef answer(n):\n    os.kill(os.getpid(), signal.SIGTSTP)\n    return 1"
    ),
    "asyncio_future": hangs("import asyncio\ndef answer(n): asyncio.run(asyncio.Event().wait())"),
    "join_of_a_sleeping_thread": hangs("""
        import threading, time
        def answer(n):
            thread = threading.Thread(target=time.sleep, args=(1000,))
            thread.start()
            thread.join()
    """),
    "sleeper_that_ignores_signals": hangs("""
        import signal, time
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        def answer(n): time.sleep(1000)
    """),
    "lock_on_a_file": hangs("""
        import fcntl
        def answer(n):
            first, second = open('lock', 'w'), open('lock', 'w')
            fcntl.flock(first, fcntl.LOCK_EX)
            fcntl.flock(second, fcntl.LOCK_EX)
    """),
    "atexit_that_sleeps": hangs("import atexit, time\natexit.register(time.sleep, 1000)\ndef answer(n): return 1"),
    "thread_that_outlives_the_answer": hangs("""
        import threading, time
        def answer(n):
            threading.Thread(target=time.sleep, args=(1000,)).start()
            return 1
    """),
}


@pytest.fixture(scope="module")
def loops(arena: Arena) -> Arena:
    """The arena in which all loops have run, side by side."""
    arena.run_ahead(LOOPS.values())
    return arena


@pytest.fixture(scope="module")
def sleeps(arena: Arena) -> Arena:
    """The arena in which all sleepers have run, side by side."""
    arena.run_ahead(SLEEPS.values())
    return arena


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_is_ended_by_its_cpu_time(loops: Arena, name: str) -> None:
    result = loops.fails(LOOPS[name])

    assert result.cpu_s < 2.5, "the limit is one second"


@pytest.mark.parametrize("name", SLEEPS)
def test_a_sleeper_is_ended(sleeps: Arena, name: str) -> None:
    sleeps.fails(SLEEPS[name])


@pytest.mark.parametrize("name", ["endless_loop_in_call", "endless_loop_in_import", "cpu_time_signals_ignored"])
def test_an_endless_loop_is_called_a_timeout(loops: Arena, name: str) -> None:
    assert loops.fails(LOOPS[name]).verdict is Verdict.TIMEOUT


@pytest.mark.parametrize("name", ["long_sleep", "deadlock_with_itself", "asyncio_future"])
def test_an_endless_sleep_is_called_a_timeout(sleeps: Arena, name: str) -> None:
    assert sleeps.fails(SLEEPS[name]).verdict is Verdict.TIMEOUT
