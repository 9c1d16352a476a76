"""The docker backend: its command line; and real containers where `TRL_RLVR_TEST_DOCKER_IMAGE` names an image."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.backends import SETTINGS

from trl_rlvr.errors import SandboxUnavailableError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Limits, Program, SandboxConfig, open_sandbox
from trl_rlvr.sandbox.backends.docker import DEFAULT_IMAGE, DockerLauncher, DockerSandbox
from trl_rlvr.sandbox.backends.worker import Worker
from trl_rlvr.sandbox.protocol.settings import WorkerSettings
from trl_rlvr.verdict import Verdict

SQUARE = CodeProblem("square", "", ("assert f(2) == 4", "assert f(3) == 9"))
IMAGE = os.environ.get("TRL_RLVR_TEST_DOCKER_IMAGE")
RUNTIME = os.environ.get("TRL_RLVR_TEST_DOCKER_RUNTIME")


def command(runtime=None):
    return DockerLauncher("/usr/bin/docker", "image:1", runtime).command(SETTINGS)


def options(name, words=None):
    words = command() if words is None else words
    return [words[at + 1] for at, word in enumerate(words) if word == name]


def fake_docker(folder, script):
    """Put a program in docker's place on the PATH."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(folder)


@pytest.fixture(scope="module")
def sandbox():
    if IMAGE is None:
        pytest.skip("TRL_RLVR_TEST_DOCKER_IMAGE names no image to make containers of")
    with DockerSandbox(image=IMAGE, runtime=RUNTIME, workers=2, limits=Limits(cpu_s=1.0)) as sandbox:
        yield sandbox


def test_container_has_no_network_and_cannot_write_its_root():
    words = command()

    assert options("--network") == ["none"]
    assert options("--ipc") == ["none"]
    assert "--read-only" in words
    assert all(mount.endswith(",readonly") for mount in options("--mount"))


def test_container_cannot_gain_privilege_and_keeps_what_it_takes_to_give_programs_ids():
    assert options("--security-opt") == ["no-new-privileges"]
    assert options("--cap-drop") == ["ALL"]
    assert set(options("--cap-add")) == {
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETPCAP", "SETUID",
    }  # fmt: skip


def test_bounds_leave_room_for_program_harness_and_worker():
    assert options("--memory") == options("--memory-swap") == ["722m"]  # 2 * 100 + 10 + 512
    assert options("--pids-limit") == ["40"]  # 2 * 4 + 32
    assert options("--pids-limit", command("runsc")) == ["2040"]  # and what a kernel in user space needs for itself
    assert "size=10m" in options("--tmpfs")[0]


def test_container_goes_with_its_worker_and_logs_nothing():
    assert {"--rm", "--init", "--interactive"} <= set(command())
    assert options("--log-driver") == ["none"]
    assert options("--pull") == ["never"]


def test_image_runs_python_on_the_package_and_sees_no_bundled_problems():
    words = command()
    shown = {field for mount in options("--mount") for field in mount.split(",") if field.startswith("target=")}

    assert options("--entrypoint") == ["python3"]
    assert "target=/opt/trl-rlvr/trl_rlvr/sandbox" in shown
    assert not any("data" in target for target in shown)
    assert WorkerSettings.unpack(words[-1]) == SETTINGS
    assert words[words.index("image:1") + 1].startswith("-")


def test_runtime_is_passed_on_only_if_given():
    assert options("--runtime") == []
    assert options("--runtime", command("runsc")) == ["runsc"]


def test_client_finds_its_daemon_and_nothing_of_the_trainer_enters_the_container(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("DOCKER_HOST", "unix:///somewhere")
    launcher = DockerLauncher("/usr/bin/docker", "image:1", None)

    assert launcher.environment()["DOCKER_HOST"] == "unix:///somewhere"
    assert "HF_TOKEN" not in launcher.environment()
    assert not any("hf_secret" in word or "DOCKER_HOST" in word for word in launcher.command(SETTINGS))


def test_default_image_has_the_version_of_python_that_runs_here():
    assert re.fullmatch(r"python:(\d+)\.(\d+)-slim", DEFAULT_IMAGE).groups() == tuple(map(str, sys.version_info[:2]))


def test_missing_program_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(SandboxUnavailableError, match="needs the program docker, which is not on the PATH"):
        open_sandbox(SandboxConfig(sandbox_backend="docker"))


def test_missing_image_is_named_with_the_command_that_gets_it(monkeypatch, tmp_path):
    script = "echo 'docker: Error response from daemon: No such image: thing:1.' >&2; exit 125"
    monkeypatch.setenv("PATH", fake_docker(tmp_path, script))

    with pytest.raises(SandboxUnavailableError, match="no image 'thing:1'; get it by: docker pull thing:1"):
        open_sandbox(SandboxConfig(sandbox_backend="docker", sandbox_docker_image="thing:1"))


def test_missing_daemon_is_told_in_its_clients_words(monkeypatch, tmp_path):
    script = "echo 'Cannot connect to the Docker daemon at unix:///nowhere.' >&2; exit 1"
    monkeypatch.setenv("PATH", fake_docker(tmp_path, script))

    with pytest.raises(SandboxUnavailableError, match="Cannot connect to the Docker daemon at unix:///nowhere"):
        open_sandbox(SandboxConfig(sandbox_backend="docker"))


def test_container_of_a_client_that_had_to_be_killed_is_removed(monkeypatch, tmp_path):
    said = tmp_path / "said"
    monkeypatch.setenv("PATH", fake_docker(tmp_path, f'echo "$@" >> {said}; [ $1 = rm ] || exec /bin/sleep 600'))
    worker = Worker(DockerLauncher(str(tmp_path / "docker"), "image:1", None), SETTINGS)

    worker.close()

    started, removed = said.read_text().split("\nrm ")
    (name,) = re.findall(r"--name (\S+)", started)
    assert removed.split() == ["--force", name]


def test_programs_are_verified_in_containers(sandbox):
    codes = ["def f(x): return x * x", "def f(x): return x + 2", "def f(x):\n    while x == 3: pass\n    return x * x"]

    results = sandbox.run([Program(code, SQUARE) for code in codes])

    assert [result.passed for result in results] == [2, 1, 1]
    assert results[2].verdict is Verdict.TIMEOUT


def test_layers_that_docker_allows_are_on_inside(sandbox):
    on = {name for name, is_on, _ in sandbox.layers if is_on}

    assert {"rlimits", "no_new_privs", "ids", "capabilities", "seccomp"} <= on


def test_program_in_a_container_sees_nothing_of_the_host(sandbox):
    of_the_container = ["/opt/trl-rlvr/trl_rlvr/sandbox/suite.py", "/etc/passwd"]
    hides = any(on for name, on, _ in sandbox.layers if name in ("landlock", "mount_ns"))  # gVisor has neither
    paths = [str(Path(__file__)), *(of_the_container if hides else [])]
    code = """
def f(path):
    try:
        return open(path).read(1)
    except OSError as error:
        return "refused"
"""
    problem = CodeProblem("t", "", tuple(f"assert f({path!r}) == 'refused'" for path in paths))

    (result,) = sandbox.run([Program(code, problem)])

    assert result.passed == len(paths)


def test_containers_are_gone_after_closing():
    if IMAGE is None:
        pytest.skip("TRL_RLVR_TEST_DOCKER_IMAGE names no image to make containers of")
    listing = ["docker", "ps", "--all", "--quiet"]
    before = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
    with DockerSandbox(image=IMAGE, runtime=RUNTIME, workers=1) as sandbox:
        sandbox.run([Program("def f(x): return x * x", SQUARE)])

    assert subprocess.run(listing, capture_output=True, text=True, check=True).stdout == before
