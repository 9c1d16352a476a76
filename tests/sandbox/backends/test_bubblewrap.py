"""The bubblewrap backend: what its command line shows to a worker, and what it adds to the worker's own confinement."""

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from support.backends import SETTINGS

from trl_rlvr.errors import SandboxUnavailableError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Program, SandboxConfig, open_sandbox
from trl_rlvr.sandbox.backends.bubblewrap import BubblewrapLauncher, BubblewrapSandbox
from trl_rlvr.sandbox.interpreter import PACKAGE_ROOT

SQUARE = CodeProblem("square", "", ("assert f(2) == 4", "assert f(3) == 9"))
RIGHT = Program("def f(x): return x * x", SQUARE)


def command(**settings):
    return BubblewrapLauncher("/usr/bin/bwrap").command(replace(SETTINGS, **settings))


def shown(words):
    return [words[at + 1] for at, word in enumerate(words) if word == "--ro-bind"]


def why_not():
    program = shutil.which("bwrap")
    if program is None:
        return "there is no bwrap on this machine"
    words = [program, "--unshare-user", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "true"]
    tried = subprocess.run(words, capture_output=True, text=True)
    return f"bwrap may not make namespaces here: {tried.stderr.strip()}" if tried.returncode else None


def first_beyond_bwrap(pid):
    while os.readlink(f"/proc/{pid}/exe").endswith("/bwrap"):
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            pid = int(file.read().split()[0])
    return pid


@pytest.fixture(scope="module")
def sandbox():
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with BubblewrapSandbox(workers=1) as sandbox:
        yield sandbox


def test_worker_gets_no_network_and_no_view_of_other_processes():
    assert {"--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts"} <= set(command())


def test_worker_sees_no_whole_home_no_root_and_no_bundled_problems():
    folders = [os.path.realpath(path) for path in shown(command())]

    for hidden in ("/", os.path.expanduser("~"), "/etc", "/var", f"{PACKAGE_ROOT}/trl_rlvr/data/starter"):
        assert not any(hidden == folder or hidden.startswith(f"{folder}/") for folder in folders), hidden


def test_installed_packages_are_covered_after_the_library_that_holds_them():
    words = command()
    library = os.path.realpath(os.path.dirname(os.__file__))
    packages = f"{library}/site-packages"
    if not os.path.isdir(packages):
        pytest.skip("this Python keeps its packages elsewhere")

    assert words.index(packages) > words.index(library)
    assert words[words.index(packages) - 1] == "--tmpfs"


def test_allowed_packages_are_shown():
    assert os.path.realpath(os.path.dirname(pytest.__file__)) in shown(
        command(readable=[os.path.dirname(pytest.__file__)])
    )


def test_links_of_the_host_are_made_and_the_interpreter_is_named_by_its_real_path():
    words = command()

    assert os.path.realpath(sys.executable) in words
    for link in (path for path in ("/lib", "/lib64") if os.path.islink(path)):
        at = words.index(link)
        assert words[at - 2 : at] == ["--symlink", os.readlink(link)]


def test_missing_program_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(SandboxUnavailableError, match="needs the program bwrap, which is not on the PATH"):
        open_sandbox(SandboxConfig(sandbox_backend="bubblewrap"))


def test_programs_are_verified(sandbox):
    wrong = Program("def f(x): return x + 2", SQUARE)

    assert [result.passed for result in sandbox.run([RIGHT, wrong])] == [2, 1]


def test_worker_itself_sees_no_file_of_the_trainer(sandbox):
    (pid,) = sandbox.worker_pids()
    supervisor = first_beyond_bwrap(pid)

    assert not os.path.exists(f"/proc/{supervisor}/root{PACKAGE_ROOT}/tests")
    assert os.readlink(f"/proc/{supervisor}/ns/net") != os.readlink("/proc/self/ns/net")


def test_worker_survives_the_thread_that_opened_the_sandbox(sandbox):
    del sandbox  # only for its check that bwrap works here
    opened = []
    thread = threading.Thread(target=lambda: opened.append(BubblewrapSandbox(workers=1)))
    thread.start()
    thread.join()
    with opened[0] as other:
        (result,) = other.run([RIGHT])

    assert (result.passed, other.stats.restarts) == (2, 0)
