"""Workers inside Docker containers, one each, with gVisor's `runsc` as an option.

The trainer talks to `docker run -i` over its pipes: no port, and no image of ours either. Any image with a `python3` of
version 3.11 or later will do, as the package is shown to it read-only.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from trl_rlvr.errors import SandboxUnavailableError
from trl_rlvr.sandbox.backends.launcher import INSIDE_ROOT, Launcher, shown_to_worker
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.interpreter import environment, interpreter
from trl_rlvr.sandbox.protocol.settings import Surroundings, WorkerSettings

DEFAULT_IMAGE = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
"""The trainer's own version of Python."""
_PYTHON = "python3"
_SCRATCH = "/tmp"
_NAME = "trl-rlvr-worker"
"""Label of each container, and how its name begins."""
_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETPCAP", "SETUID")
"""Capabilities by which a worker gives programs ids of their own; the programs get none."""
_CLIENT_VARIABLES = ("PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME")
_OTHERS_MIB = 512
"""Memory for supervisor, fork server and kernel."""
_OTHER_PROCESSES = 32
_RUNTIME_PROCESSES = 2000
"""What a runtime that is a kernel of its own, such as runsc, may have besides: threads for each of the container's."""
_ANSWER_S = 60.0
"""Time for the daemon to answer a question."""
_LOOK = (
    "import json, sys; sys.path.append(sys.argv[1]);"
    " from trl_rlvr.sandbox.packages import find_packages, library_folders;"
    " found = find_packages(sys.argv[2:]); print(json.dumps([found, library_folders(found)]))"
)


class DockerLauncher(Launcher):
    """Starts workers by `docker run`.

    Args:
        program: path of the docker client.
        image: what the containers are made of.
        runtime: name of an OCI runtime that the daemon knows; None: its default.
    """

    def __init__(self, program: str, image: str, runtime: str | None) -> None:
        self._program, self._image, self._runtime = program, image, runtime

    def surroundings(self, packages: Sequence[str]) -> Surroundings:
        """Return the settings of a worker that depend on where it runs; the packages are those of the image.

        Raises:
            SandboxUnavailableError: the daemon does not answer, lacks the image, or the image lacks Python.
        """
        self._remove_stale()
        looking = [*self._container(), *self._walls(), self._image, "-c", _LOOK, INSIDE_ROOT, *packages]
        found, readable = json.loads(self._ask(looking))
        return Surroundings(found, readable, _SCRATCH)

    def command(self, settings: WorkerSettings) -> list[str]:
        """Return the docker command that starts a worker.

        The bounds of the container leave room for one program, its harness and the worker.
        """
        processes = 2 * settings.threads + _OTHER_PROCESSES + (0 if self._runtime is None else _RUNTIME_PROCESSES)
        memory = f"{2 * settings.memory_mib + settings.scratch_mib + _OTHERS_MIB}m"
        scratch = f"{_SCRATCH}:rw,nosuid,nodev,noexec,size={settings.scratch_mib}m,nr_inodes=4096,mode=0711"
        name = f"{_NAME}-{secrets.token_hex(8)}"
        _, *arguments = interpreter("supervisor.main", settings.pack(), package_root=INSIDE_ROOT)
        return [
            *self._container(),
            *self._walls(),
            *("--name", name, "--label", _NAME),
            *("--memory", memory, "--memory-swap", memory),
            *("--pids-limit", str(processes)),
            *("--tmpfs", scratch),
            *(self._image, *arguments),
        ]

    def environment(self) -> dict[str, str]:
        """Return what the client needs to find its daemon; nothing of it enters the container."""
        return {
            name: value for name, value in os.environ.items() if name in _CLIENT_VARIABLES or name.startswith("DOCKER_")
        }

    def discard(self, command: Sequence[str]) -> None:
        """Remove the container: of a client that is killed before it has started it, the daemon keeps it for ever."""
        name = command[command.index("--name") + 1]
        with contextlib.suppress(SandboxUnavailableError):  # it was gone with its worker
            self._ask([self._program, "rm", "--force", name])

    def _remove_stale(self) -> None:
        """Remove containers that a daemon made when nobody waited for them any more, and that never ran."""
        old = ("--filter", f"label={_NAME}", "--filter", "until=10m")
        with contextlib.suppress(SandboxUnavailableError):  # the next question tells what is wrong
            self._ask([self._program, "container", "prune", "--force", *old])

    def _container(self) -> list[str]:
        """Return the options that make a container which is gone when its worker is."""
        options = ["--rm", "--init", "--interactive", "--pull", "never", "--workdir", "/", "--entrypoint", _PYTHON]
        if self._runtime is not None:
            options += ["--runtime", self._runtime]
        for name, value in environment().items():
            if name != "PATH":  # which is the image's to say
                options += ["--env", f"{name}={value}"]
        for outside, inside in shown_to_worker().items():
            options += ["--mount", f"type=bind,source={outside},target={inside},readonly"]
        return [self._program, "run", *options]

    def _walls(self) -> list[str]:
        walls = ["--network", "none", "--ipc", "none", "--read-only", "--user", "0:0"]
        walls += ["--security-opt", "no-new-privileges", "--cap-drop", "ALL"]
        for name in _CAPABILITIES:
            walls += ["--cap-add", name]
        return [*walls, "--log-driver", "none"]  # what a worker prints are verdicts

    def _ask(self, command: Sequence[str]) -> str:
        try:
            asked = subprocess.run(
                command,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_ANSWER_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise SandboxUnavailableError(f"the docker daemon has not answered within {_ANSWER_S:.0f} s") from error
        if asked.returncode == 0:
            return asked.stdout
        said = " ".join(asked.stderr.split())[-300:]
        if "no such image" in said.lower():
            raise SandboxUnavailableError(f"docker has no image {self._image!r}; get it by: docker pull {self._image}")
        raise SandboxUnavailableError(f"docker cannot start a container of image {self._image!r}; it said: {said!r}")


class DockerSandbox(ProcessSandbox):
    """Runs programs in workers inside containers.

    Args:
        image: an image that the daemon already has, with a `python3` of version 3.11 or later.
        runtime: an OCI runtime that the daemon knows, such as runsc; None: its default.
        options: those of `ProcessSandbox`.

    Raises:
        SandboxUnavailableError: no docker client, no daemon that answers, no such image, or a required layer is off.
    """

    name = "docker"

    def __init__(self, *, image: str | None = None, runtime: str | None = None, **options: Any) -> None:
        program = shutil.which("docker")
        if program is None:
            raise SandboxUnavailableError(
                "sandbox_backend 'docker' needs the program docker, which is not on the PATH; install Docker"
            )
        super().__init__(launcher=DockerLauncher(program, image or DEFAULT_IMAGE, runtime), **options)
