"""Attacks by signals, tracing, limits and new processes on whatever else runs on the machine.

Each is bounded, so that a hole shows as a failed test and not as a machine that must be restarted.
"""

import resource
import signal
from collections.abc import Iterator

import pytest
from support.arena import Arena
from support.attack import KERNEL, attack

from trl_rlvr.verdict import Verdict

OTHERS = r"""
import os, re, signal

def others():
    'The parent and what is between it and the trainer.'
    pid, seen = os.getppid(), [$ME]
    while pid > 1 and pid not in seen:
        seen.append(pid)
        try:
            pid = int(re.search(r'PPid:\s*(\d+)', open(f'/proc/{pid}/status').read()).group(1))
        except OSError:
            break
    return seen
"""

SIGNALS = {
    "kill_the_parent": "def answer(n):\n    os.kill(os.getppid(), signal.SIGKILL)\n    return 'done'",
    "stop_the_parent": "def answer(n):\n    os.kill(os.getppid(), signal.SIGSTOP)\n    return 'done'",
    "terminate_the_trainer": "def answer(n):\n    os.kill($ME, signal.SIGUSR2)\n    return 'done'",
    "probe_every_ancestor": """
def answer(n):
    for pid in others(): os.kill(pid, 0)
    return 'done'
""",
    "probe_every_process": "def answer(n):\n    os.kill(-1, 0)\n    return 'done'",
    "kill_the_process_group_of_the_parent": """
def answer(n):
    os.killpg(os.getpgid(os.getppid()), 0)
    return 'done'
""",
    "kill_the_own_group": "def answer(n):\n    os.killpg(0, signal.SIGKILL)\n    return 'done'",
    "kill_the_own_group_by_number": "def answer(n):\n    os.kill(0, signal.SIGTERM)\n    return 'done'",
    "pidfd_of_the_parent": "def answer(n):\n    os.pidfd_open(os.getppid())\n    return 'done'",
    "pidfd_signal": """
def answer(n):
    signal.pidfd_send_signal(os.pidfd_open($ME), 0)
    return 'done'
""",
    "signal_a_thread_of_another": KERNEL
    + "def answer(n):\n    return 'done' if any(reached($SYS_tgkill, p, p, 0) for p in others()) else 0",
    "tkill": KERNEL + "def answer(n):\n    return 'done' if any(reached($SYS_tkill, p, 0) for p in others()) else 0",
    "queued_signal": KERNEL
    + """
def answer(n):
    info = ctypes.create_string_buffer(128)
    return 'done' if any(reached($SYS_rt_sigqueueinfo, p, 0, info) for p in others()) else 0
""",
    "ptrace_seize": KERNEL
    + "def answer(n):\n    return 'done' if any(reached($SYS_ptrace, 0x4206, p, 0, 0) for p in others()) else 0",
    "ptrace_traceme": KERNEL + "def answer(n):\n    return 'done' if reached($SYS_ptrace, 0, 0, 0, 0) else 0",
    "process_vm_writev": KERNEL
    + """
def answer(n):
    part = (ctypes.c_size_t * 2)(id(n), 0)
    return 'done' if any(reached($SYS_process_vm_writev, p, part, 1, part, 1, 0) for p in others()) else 0
""",
    "kcmp": KERNEL
    + "def answer(n):\n    return 'done' if any(reached($SYS_kcmp, p, p, 0, 0, 0) for p in others()) else 0",
    "limits_of_another_lowered": """
import resource
def answer(n):
    for pid in others():
        try: resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        except OSError: continue
        return 'done'
""",
    "limits_of_another_read": """
import resource
def answer(n):
    for pid in others():
        try: resource.prlimit(pid, resource.RLIMIT_NOFILE)
        except OSError: continue
        return 'done'
""",
    "own_limits_raised": """
import resource
def answer(n):
    limits = (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)
    for limit in limits:
        if resource.getrlimit(limit)[1] == resource.RLIM_INFINITY: return 'done'
        try: resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        except (OSError, ValueError): continue
        return 'done'
""",
    "affinity_of_another": """
def answer(n):
    for pid in others():
        try: os.sched_setaffinity(pid, os.sched_getaffinity(0))
        except OSError: continue
        return 'done'
""",
    "priority_of_another": """
def answer(n):
    for pid in others():
        try: os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid))
        except OSError: continue
        return 'done'
""",
    "priority_of_a_whole_user": """
def answer(n):
    try: os.setpriority(os.PRIO_USER, 64999, 19)
    except ProcessLookupError: pass
    return 'done'
""",
    "scheduler_of_another": """
def answer(n):
    for pid in others():
        try: os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))
        except OSError: continue
        return 'done'
""",
    "real_time_for_oneself": """
def answer(n):
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return 'done'
""",
    "group_of_the_parent_joined": """
def answer(n):
    os.setpgid(0, os.getpgid(os.getppid()))
    return 'done'
""",
    "identity_changed": "def answer(n):\n    os.setuid(0)\n    open('$BAIT.private').close()\n    return 'done'",
}


@pytest.fixture(scope="module", autouse=True)
def _harmless_signal() -> Iterator[None]:
    """The signal that an attack sends to the trainer must not end the test run if it arrives."""
    before = signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGUSR2, before)


@pytest.mark.parametrize("name", SIGNALS)
def test_no_other_process_is_reached(arena: Arena, name: str) -> None:
    arena.fails(attack(OTHERS + SIGNALS[name]))


NEW_PROCESSES = {
    "fork": """
def answer(n):
    if os.fork() == 0: os._exit(0)
    return 'done'
""",
    "survivor_in_a_session_of_its_own": """
import time
def answer(n):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(30)
        os._exit(0)
    return 'done'
""",
    "survivor_that_ignores_signals": """
import time
def answer(n):
    for number in range(1, 64):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    return 'done'
""",
    "fork_bomb": """
import time
def answer(n):
    children = 0
    for _ in range(300):
        try:
            if os.fork() == 0:
                time.sleep(3)
                os._exit(0)
            children += 1
        except OSError: pass
    return 'done' if children else None
""",
    "forkpty": "def answer(n):\n    if os.forkpty()[0] == 0: os._exit(0)\n    return 'done'",
    "multiprocessing_fork": """
import multiprocessing, time
def answer(n):
    process = multiprocessing.get_context('fork').Process(target=time.sleep, args=(20,))
    process.start()
    return 'done'
""",
    "multiprocessing_spawn": """
import multiprocessing
def answer(n):
    with multiprocessing.get_context('spawn').Pool(2) as pool: pool.map(abs, [1])
    return 'done'
""",
    "process_pool": """
from concurrent.futures import ProcessPoolExecutor
def answer(n):
    with ProcessPoolExecutor(2) as pool: return 'done' if pool.submit(abs, -1).result() else 0
""",
    "subprocess_run": "import subprocess\ndef answer(n):\n    subprocess.run(['/bin/true'])\n    return 'done'",
    "os_system": "def answer(n): return 'done' if os.system('true') == 0 else None",
    "os_popen": "def answer(n): return 'done' if os.popen('echo x').read() else None",
    "posix_spawn": "def answer(n): return 'done' if os.posix_spawn('/bin/true', ['true'], {}) else None",
    "spawn_of_python": """
import sys
def answer(n): return 'done' if os.spawnv(os.P_WAIT, sys.executable, ['x', '-c', '']) == 0 else 0
""",
    "vfork_by_clone": KERNEL
    + "def answer(n): return 'done' if LIBC.syscall($SYS_clone, 17, 0, 0, 0, 0) != -1 else None",
    "clone_with_a_new_namespace": KERNEL
    + "def answer(n): return 'done' if LIBC.syscall($SYS_clone, 0x10000000 | 17, 0, 0, 0, 0) != -1 else None",
    "clone3": KERNEL
    + """
def answer(n):
    request = (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17)
    return 'done' if LIBC.syscall($SYS_clone3, request, 88) != -1 else None
""",
}
EXECS = {
    "exec_of_a_shell": "def answer(n): os.execv('/bin/sh', ['sh', '-c', 'sleep 30'])",
    "exec_of_python": "import sys\ndef answer(n): os.execv(sys.executable, ['x', '-c', 'import time; time.sleep(30)'])",
    "exec_of_a_script_of_its_own": """
def answer(n):
    with open('run.sh', 'w') as file: file.write('#!/bin/sh\\nsleep 30\\n')
    os.chmod('run.sh', 0o755)
    os.execv('./run.sh', ['run.sh'])
""",
    "exec_by_descriptor": "def answer(n): os.execve(os.open('/bin/sleep', os.O_RDONLY), ['sleep', '30'], {})",
}


@pytest.mark.parametrize("name", NEW_PROCESSES)
def test_no_process_is_started(arena: Arena, name: str) -> None:
    arena.fails(attack("import os, signal\n" + NEW_PROCESSES[name]))


@pytest.mark.parametrize("name", EXECS)
def test_no_program_takes_the_place_of_the_candidate(arena: Arena, name: str) -> None:
    result = arena.fails(attack("import os\n" + EXECS[name]))

    assert result.verdict is not Verdict.TIMEOUT, "the program that was started slept"


LOWER = """
import resource
def answer(n):
    for pid in others():
        for limit, value in ((resource.RLIMIT_CPU, 1 << 25), (resource.RLIMIT_CORE, 0)):
            try: resource.prlimit(pid, limit, (value, value))
            except (OSError, ValueError): pass
    return 1
"""


def test_the_limits_of_the_trainer_stay(arena: Arena) -> None:
    before = [resource.getrlimit(limit) for limit in range(15)]

    arena.fails(attack(OTHERS + LOWER))

    assert [resource.getrlimit(limit) for limit in range(15)] == before
