"""Which backends the contract is tried on here, and how each is opened."""

import shutil
import subprocess
from collections.abc import Callable

from support.ray_cluster import RAY_MISSING, open_ray_sandbox
from trl_rlvr.sandbox import Limits, Sandbox
from trl_rlvr.sandbox.backends.bubblewrap import BubblewrapSandbox
from trl_rlvr.sandbox.backends.docker import DockerSandbox
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.protocol.settings import WorkerSettings

OPENERS: dict[str, Callable[..., Sandbox]] = {
    "process": ProcessSandbox,
    "bubblewrap": BubblewrapSandbox,
    "docker": DockerSandbox,
    "ray": open_ray_sandbox,
    "docker-runsc": lambda **options: DockerSandbox(runtime="runsc", **options),
}
SETTINGS = WorkerSettings(
    packages={}, readable=[], scratch_parent="/tmp", off=[],
    memory_mib=100, file_mib=1, scratch_mib=10, open_files=8, threads=4,
)  # fmt: skip
"""Of a worker that is never started."""
LIMITS = Limits(cpu_s=0.5, idle_s=0.5, memory_mib=512, answer_kib=256)


def missing(name: str) -> str | None:
    """Return what a backend lacks on this host, or None."""
    if name == "bubblewrap" and shutil.which("bwrap") is None:
        return "the program bwrap is not there"
    if name == "ray":
        return RAY_MISSING
    if name.startswith("docker"):
        if shutil.which("docker") is None:
            return "the program docker is not there"
        said = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
        if said.returncode != 0:
            return "no docker daemon answers"
        if name.endswith("runsc") and "runsc" not in said.stdout:
            return "the docker daemon has no runtime runsc"
    return None


MISSING = {name: missing(name) for name in OPENERS}
