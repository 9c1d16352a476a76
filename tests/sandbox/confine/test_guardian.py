import json
import os
import signal
import subprocess
import sys
import time

import pytest

SERVER = """
import json, os, sys, threading, time
sys.path.insert(0, sys.argv[1])
from trl_rlvr.sandbox.confine.stack import Confinement
confinement = Confinement(
    scratch_parent=sys.argv[2], memory_mib=512, file_mib=1, scratch_mib=8, open_files=64, threads=8,
    off=frozenset(json.loads(sys.argv[3])),
)
confinement.enter_server()
confinement.lay_out_children()
if confinement.fork("candidate", 60) == 0:
    time.sleep(60)
    os._exit(0)
print("ready", flush=True)
what = sys.stdin.readline().strip()
if what == "exit":
    os._exit(7)
if what == "abort":
    os.abort()
time.sleep(60)
"""
OFFS = {"namespaces": [], "no namespaces": ["pid_ns", "user_ns", "mount_ns", "scratch_tmpfs"]}


def descendants(pid: int) -> list[int]:
    """Return the processes beneath `pid`, as the host numbers them."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as children:
            for child in map(int, children.read().split()):
                found += [child, *descendants(child)]
    return found


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as status:
            return status.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def all_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 10
    while any(map(is_running, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture(params=OFFS.values(), ids=OFFS.keys())
def server(request, open_folder):
    """A server with one sleeping candidate: the process that was started, its guardian, and those beneath."""
    command = [sys.executable, "-I", "-S", "-c", SERVER, open_folder, open_folder, json.dumps(request.param)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    below = descendants(process.pid)
    assert len(below) == 2
    yield process, below
    process.kill()
    process.communicate()


def test_the_guardian_ends_with_the_servers_exit_status(server):
    process, below = server

    process.communicate("exit\n", timeout=10)

    assert process.returncode == 7
    assert all_gone(below)


def test_the_guardian_ends_by_a_signal_if_the_server_did(server):
    process, below = server

    process.communicate("abort\n", timeout=10)

    assert process.returncode in (
        -signal.SIGABRT,
        -signal.SIGSEGV,
    )  # the first process of a namespace ignores the former
    assert all_gone(below)


def test_killing_the_guardian_kills_server_and_candidate(server):
    process, below = server

    process.kill()

    assert all_gone(below)


def test_killing_the_server_kills_the_candidate_and_is_mirrored(server):
    process, (child, grandchild) = server

    os.kill(child, signal.SIGKILL)

    assert process.wait(10) == -signal.SIGKILL
    assert all_gone([child, grandchild])


def test_the_guardian_leaves_no_folder(server, open_folder):
    process, _ = server

    process.communicate("exit\n", timeout=10)

    mine = [name for name in os.listdir(open_folder) if name.startswith("trl-rlvr-")]
    assert mine == []


STARTER = """
import subprocess, sys, threading, time
process = None
def start():
    global process
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
thread = threading.Thread(target=start)
thread.start()
thread.join()
print(process.pid, flush=True)
sys.stdin.readline()
"""


@pytest.fixture(params=OFFS.values(), ids=OFFS.keys())
def started_from_a_thread(request, open_folder):
    """A process that started a server from a thread which has ended since, and the server's own processes."""
    server = [sys.executable, "-I", "-S", "-c", SERVER, open_folder, open_folder, json.dumps(request.param)]
    command = [sys.executable, "-I", "-c", STARTER, *server]
    starter = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    guardian = int(starter.stdout.readline())
    yield starter, [guardian, *descendants(guardian)]
    starter.kill()
    starter.communicate()


def test_a_server_outlives_the_thread_that_started_it(started_from_a_thread):
    _, processes = started_from_a_thread

    time.sleep(0.3)

    assert len(processes) == 3
    assert all(map(is_running, processes))


def test_a_server_ends_with_the_process_that_started_it(started_from_a_thread):
    starter, processes = started_from_a_thread

    starter.kill()

    assert all_gone(processes)
