"""Hosts on which programs cannot run as they are promised to: a sandbox opens there and is right, or says why not.

Each host is a process of its own, with limits from below or with a mount namespace whose /dev/shm and /tmp are small.
"""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support.arena import NAMESPACES

from trl_rlvr.errors import SandboxUnavailableError
from trl_rlvr.sandbox import Limits
from trl_rlvr.sandbox.backends.process import ProcessSandbox

OPENING = """
import json, os, resource, subprocess, sys
from trl_rlvr.errors import SandboxError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Program
from trl_rlvr.sandbox.backends.honest_programs import HONEST_PROGRAMS
from trl_rlvr.sandbox.backends.process import ProcessSandbox

def outcome(sandbox, *programs):
    return [[result.verdict.value, result.error] for result in sandbox.run(programs or list(HONEST_PROGRAMS.values()))]

def opened(**options):
    try:
        with ProcessSandbox(workers=1, **options) as sandbox:
            return outcome(sandbox)
    except SandboxError as error:
        return str(error)
"""
PASSED = [["passed", ""]] * 3


def told(script: str, *before: str) -> list[object]:
    """Run a script in a fresh process, and return the lines of JSON that it prints."""
    command = [*before, sys.executable, "-c", OPENING + textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr[-800:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_limits_that_take_nothing_from_programs_change_no_verdict() -> None:
    script = """
        hard = {"CPU": 3600, "STACK": 8 << 20, "CORE": 0, "MEMLOCK": 0, "MSGQUEUE": 0, "NICE": 0, "RTPRIO": 0, "RSS": 0}
        for name, limit in hard.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))
        for name, limit in {"CPU": 20, "FSIZE": 1 << 20, "NOFILE": 40}.items():
            which = getattr(resource, f"RLIMIT_{name}")
            resource.setrlimit(which, (limit, resource.getrlimit(which)[1]))
        print(json.dumps(opened()))
    """

    assert told(script) == [PASSED]


def test_a_limit_below_what_programs_are_promised_is_named_when_a_sandbox_opens() -> None:
    script = """
        mib = 1 << 20
        for name, limit in {"FSIZE": mib, "AS": 800 * mib, "DATA": 500 * mib, "NOFILE": 48, "STACK": 4 * mib}.items():
            if os.fork() == 0:
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))
                print(json.dumps([name, opened()]), flush=True)
                os._exit(0)
            os.wait()
    """

    said = dict(told(script))  # type: ignore[arg-type]

    named = {name: f"the hard limit RLIMIT_{name} (ulimit -" in text for name, text in said.items()}
    assert named == dict.fromkeys(("FSIZE", "AS", "DATA", "NOFILE", "STACK"), True)


def test_a_limit_of_cpu_time_below_a_programs_own_is_named_as_what_ended_it() -> None:
    script = """
        resource.setrlimit(resource.RLIMIT_CPU, (3, 3))
        burns = "import time\\ndef f(x):\\n    while time.process_time() < 5: pass\\n    return x"
        with ProcessSandbox(workers=1) as sandbox:
            print(json.dumps(outcome(sandbox, Program(burns, CodeProblem("burns", "", ("assert f(1) == 1",))))))
            print(json.dumps([sandbox.stats.faults, sandbox.stats.retried]))
    """

    ((verdict, error),), counts = told(script)  # type: ignore[misc]

    assert (verdict, counts) == ("sandbox_error", [1, 1])
    assert (
        error
        == "the hard limit RLIMIT_CPU (ulimit -t) of 3 s that this host sets ended the program before its own limit"
    )


def without_mounts() -> str | None:
    try:
        done = subprocess.run(["unshare", "-m", "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "the program unshare is not there"
    return None if done.returncode == 0 else f"no mount namespace can be made: {done.stderr.strip()}"


needs_mounts = pytest.mark.skipif(without_mounts() is not None, reason=str(without_mounts()))

SHARED_MEMORY = """
def mount(options, place="/dev/shm"):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place], check=True)

def fill(place="/dev/shm"):
    with open(f"{place}/filling", "wb") as file:
        try:
            while True: file.write(bytes(1 << 20))
        except OSError: pass
"""


@needs_mounts
def test_scratch_finds_another_place_where_shared_memory_is_tiny_full_read_only_or_out_of_inodes() -> None:
    script = SHARED_MEMORY + textwrap.dedent(f"""
        for options in ("size=1m", "size=64m", "size=64m,ro", "size=64m,nr_inodes=40"):
            mount(options)
            if options == "size=64m": fill()
            print(json.dumps(opened(off={NAMESPACES!r})))
    """)

    assert told(script, "unshare", "-m") == [PASSED] * 4


@needs_mounts
def test_where_there_is_no_room_at_all_a_sandbox_says_so() -> None:
    script = SHARED_MEMORY + textwrap.dedent("""
        mount("size=1m")
        mount("size=64m,nr_inodes=10", "/tmp")
        print(json.dumps(opened()))
    """)

    (said,) = told(script, "unshare", "-m")

    assert str(said).startswith("programs cannot be run on this host: there is no room for scratch folders")
    assert "/dev/shm has 1 MiB" in str(said)
    assert "/tmp has 64 MiB and 9 files left" in str(said)


@needs_mounts
@pytest.mark.parametrize("off", [NAMESPACES, (*NAMESPACES, "ids", "capabilities")], ids=["ids", "no ids"])
def test_a_disk_that_fills_up_in_mid_run_is_a_fault_until_there_is_room_again(off: tuple[str, ...]) -> None:
    script = SHARED_MEMORY + textwrap.dedent(f"""
        mount("size=64m,nr_inodes=300")
        stores = "def f(x):\\n    open('x', 'wb').write(bytes(1 << 20))\\n    return x"
        store = Program(stores, CodeProblem("store", "", ("assert f(1) == 1",)))
        with ProcessSandbox(workers=1, off={off!r}) as sandbox:
            fill()
            print(json.dumps(outcome(sandbox, store)))
            os.unlink("/dev/shm/filling")
            print(json.dumps(outcome(sandbox, store)))
            for number in range(300):
                try: open(f"/dev/shm/{{number}}", "w").close()
                except OSError: break
            print(json.dumps(outcome(sandbox, store)))
            for left in range(number): os.unlink(f"/dev/shm/{{left}}")
            print(json.dumps(outcome(sandbox, store)))
            subprocess.run(["mount", "-o", "remount,ro", "/dev/shm"], check=True)
            print(json.dumps(outcome(sandbox, store)))
            subprocess.run(["mount", "-o", "remount,rw", "/dev/shm"], check=True)
            print(json.dumps(outcome(sandbox, store)))
            print(json.dumps(sandbox.stats.faults))
    """)

    full, room, no_inodes, room_again, read_only, at_last, faults = told(script, "unshare", "-m")

    assert full == [["sandbox_error", "the file system of the scratch folders is full"]]
    for outcome, why in ((no_inodes, "No space left on device"), (read_only, "Read-only file system")):
        ((verdict, error),) = outcome  # type: ignore[misc]
        assert verdict == "sandbox_error"
        assert why in error
    assert [room, room_again, at_last] == [[["passed", ""]]] * 3
    assert faults == 3


def test_where_no_honest_program_can_pass_a_sandbox_says_which_and_why() -> None:
    with pytest.raises(SandboxUnavailableError, match=r"programs cannot be|did not start on this host") as refused:
        ProcessSandbox(workers=1, limits=Limits(memory_mib=8))

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("command", "status", "says"),
    [
        ("ulimit -t 3600; trl-rlvr score p.jsonl s.jsonl", 0, '"verdict": "passed"'),
        ("ulimit -f 1024; trl-rlvr doctor", 1, "programs cannot be run on this host: the hard limit RLIMIT_FSIZE"),
    ],
)
def test_the_command_line_is_right_or_says_why_not(command: str, status: int, says: str, tmp_path: Path) -> None:
    problem = {"task_id": "a", "prompt": "p", "tests": ["assert f(2) == 4"], "entry_point": "f"}
    (tmp_path / "p.jsonl").write_text(json.dumps(problem))
    (tmp_path / "s.jsonl").write_text(json.dumps({"task_id": "a", "solution": "def f(x): return x * x"}))
    command = command.replace("trl-rlvr", f"{sys.executable} -m trl_rlvr")

    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert (done.returncode, says in done.stdout + done.stderr) == (status, True), done.stderr[-800:]
    assert "Traceback" not in done.stderr
