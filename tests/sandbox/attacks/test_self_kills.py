"""Attacks that end themselves by what looks like an outside kill, which would be run again and in the end excused."""

import pytest
from support.attack import attack, program
from support.programs import honest_programs, run_or_fail

from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.verdict import Verdict

WRONG = ("assert answer(7) == $NUMBER", "assert answer(8) == '$SECRET'")
SELF_KILLS = {
    "cpu_limit_of_its_own": """
import resource, signal
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
def answer(n):
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
    while True: pass
""",
    "timer_that_kills": """
import ctypes
class Event(ctypes.Structure):
    _fields_ = [('value', ctypes.c_void_p), ('number', ctypes.c_int), ('how', ctypes.c_int), ('x', ctypes.c_long * 6)]
def answer(n):
    libc, timer = ctypes.CDLL(None), ctypes.c_void_p()
    libc.timer_create(0, ctypes.byref(Event(None, 9, 0)), ctypes.byref(timer))
    libc.timer_settime(timer, 0, (ctypes.c_long * 4)(0, 0, 0, 1000000), None)
    while True: pass
""",
    "signal_of_a_descriptor_that_kills": """
import fcntl, os
def answer(n):
    reader, writer = os.pipe()
    fcntl.fcntl(reader, 10, 9)
    fcntl.fcntl(reader, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC)
    os.write(writer, b'x')
    while True: pass
""",
    "death_signal_that_kills": """
import ctypes, threading
def answer(n):
    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
    while True: pass
""",
    "processor_time_signal": "import signal\ndef answer(n): signal.raise_signal(signal.SIGXCPU)",
    "kill_by_every_means": """
import os, signal, threading
def answer(n):
    for kill in (lambda: os.kill(os.getpid(), 9), lambda: os.kill(0, 9), lambda: os.killpg(os.getpgid(0), 9),
                 lambda: signal.pthread_kill(threading.get_ident(), 9), lambda: signal.raise_signal(9)):
        try: kill()
        except (OSError, ValueError): pass
    os._exit(0)
""",
}


@pytest.mark.parametrize("name", SELF_KILLS)
def test_no_program_can_pass_its_own_end_off_as_a_fault_of_ours(sandbox: Sandbox, name: str) -> None:
    """An outside kill is run again and ends as SANDBOX_ERROR, which costs the program nothing."""
    retried = sandbox.stats.retried

    result, *after = run_or_fail(sandbox, [program(attack(SELF_KILLS[name], *WRONG)), *honest_programs(3)])

    assert result.verdict in (Verdict.CRASHED, Verdict.TIMEOUT, Verdict.RUNTIME_ERROR, Verdict.WRONG_ANSWER)
    assert sandbox.stats.retried == retried
    assert [r.verdict for r in after] == [Verdict.PASSED] * 3
