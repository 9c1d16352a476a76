"""Which sandbox to use and how: the `sandbox_*` options, and `open_sandbox` that follows them."""

import os
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from trl_rlvr.errors import ConfigError
from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.sandbox.limits import Limits, require_in_range
from trl_rlvr.sandbox.packages import find_packages

BACKENDS = {
    "bubblewrap": "bubblewrap:BubblewrapSandbox",
    "docker": "docker:DockerSandbox",
    "fake": "fake:FakeSandbox",
    "process": "process:ProcessSandbox",
    "ray": "ray:RaySandbox",
}
"""Name of each backend, and where its class is: only the one that is asked for is imported."""

TESTS = ("apart", "together_where_needed")
"""Whether tests that cannot be judged apart from the solution are refused, or run together with it."""

LEAST_MEMORY_MIB = 64
"""Python with its tests' modules needs about 30 MiB before a program begins."""

_USUAL_PACKAGES = ("numpy",)
_ELSEWHERE = ("docker", "ray")
"""Backends whose workers have packages of their own: those of the image, or of the nodes."""


@dataclass
class SandboxConfig:
    """The `sandbox_*` options of a run.

    Raises:
        ConfigError: an option is out of its range, or names a backend, layer or package that there is not.
    """

    sandbox_backend: str = field(
        default="process",
        metadata={
            "help": "Where programs run: process, the same inside bubblewrap or docker, on the nodes of a ray "
            "cluster, or fake in tests."
        },
    )
    sandbox_workers: int | None = field(
        default=None,
        metadata={
            "help": "Programs that run at once, on each node with backend ray; by default this rank's share of cores."
        },
    )
    sandbox_cpu_s: float = field(
        default=10.0, metadata={"help": "CPU seconds of one program; less where the reference is known to need little."}
    )
    sandbox_case_cpu_s: float | None = field(
        default=None,
        metadata={
            "help": "CPU seconds of one case of a standard-input problem, by default sandbox_cpu_s; "
            "all its cases together may use twelve times that."
        },
    )
    sandbox_stop_at_failure: bool = field(
        default=False,
        metadata={"help": "Run no case of a standard-input problem behind the first that fails."},
    )
    sandbox_idle_s: float = field(default=2.0, metadata={"help": "Seconds that a program may sleep, all tests."})
    sandbox_memory_mib: int = field(default=1024, metadata={"help": "Address space of one program in MiB."})
    sandbox_packages: list[str] = field(
        default_factory=lambda: [*_USUAL_PACKAGES],
        metadata={"help": "Packages that programs may import beside the standard library; they must be installed."},
    )
    sandbox_hash_seed: int = field(
        default=0,
        metadata={"help": "PYTHONHASHSEED of programs and tests: the order of a set is the same in every run."},
    )
    sandbox_tests: str = field(
        default=TESTS[0],
        metadata={
            "help": "apart: tests never share a process with the solution; together_where_needed: they do where they "
            "cannot be judged otherwise, and such verdicts can be forged."
        },
    )
    sandbox_require: list[str] = field(
        default_factory=list,
        metadata={"help": "Confinement layers without which to refuse to start; `trl-rlvr doctor` lists them."},
    )
    sandbox_docker_image: str | None = field(
        default=None,
        metadata={"help": "Image of backend docker, with Python 3.11 or later; by default python:<our version>-slim."},
    )
    sandbox_docker_runtime: str | None = field(
        default=None, metadata={"help": "OCI runtime of backend docker, such as runsc; by default the daemon's own."}
    )
    sandbox_ray_address: str = field(
        default="auto",
        metadata={"help": "Ray cluster of backend ray, unless the process has joined one; auto: RAY_ADDRESS, or here."},
    )
    sandbox_accept_fake: bool = field(
        default=False, metadata={"help": "Let backend fake, which runs nothing, decide what passes; for tests only."}
    )

    def __post_init__(self) -> None:
        if self.sandbox_backend not in BACKENDS:
            raise ConfigError(
                f"unknown sandbox backend {self.sandbox_backend!r}; choose one of {', '.join(sorted(BACKENDS))}"
            )
        if self.sandbox_tests not in TESTS:
            raise ConfigError(f"sandbox_tests is {self.sandbox_tests!r}; give {' or '.join(TESTS)}")
        self.limits()
        if self.sandbox_memory_mib < LEAST_MEMORY_MIB:
            raise ConfigError(
                f"sandbox_memory_mib is {self.sandbox_memory_mib!r}; give {LEAST_MEMORY_MIB} or more, or Python itself "
                "does not start"
            )
        if not 0 <= self.sandbox_hash_seed < 1 << 32:
            raise ConfigError(f"sandbox_hash_seed is {self.sandbox_hash_seed!r}; give a number from 0 to 4294967295")
        self.workers()
        self._refuse_unknown_names()

    def _refuse_unknown_names(self) -> None:
        if self.sandbox_require:
            from trl_rlvr.sandbox.confine.layers import LAYERS

            unknown = sorted(set(self.sandbox_require) - set(LAYERS))
            if unknown:
                raise ConfigError(f"sandbox_require names {unknown[0]!r}; choose from {', '.join(sorted(LAYERS))}")
        asked = set(self.sandbox_packages) - set(_USUAL_PACKAGES)
        if asked and self.sandbox_backend not in _ELSEWHERE:
            missing = sorted(asked - find_packages(asked).keys())
            if missing:
                raise ConfigError(f"sandbox_packages names {missing[0]!r}, which is not installed here; install it")

    def require_verifying(self) -> None:
        """Refuse the backend that verifies nothing, unless it was asked for by name and knowingly.

        Raises:
            ConfigError: it was not.
        """
        if self.sandbox_backend == "fake" and not self.sandbox_accept_fake:
            raise ConfigError(
                "sandbox_backend fake runs no program and passes every one: no figure would mean anything; choose "
                "process, bubblewrap, docker or ray, or give sandbox_accept_fake true to try out the rest without it"
            )

    def limits(self) -> Limits:
        """Return the caps for one program.

        Raises:
            ConfigError: one is out of its range.
        """
        for name in ("cpu_s", "case_cpu_s", "idle_s", "memory_mib"):
            require_in_range(name, getattr(self, f"sandbox_{name}"), prefix="sandbox_")
        return Limits(
            cpu_s=self.sandbox_cpu_s,
            case_cpu_s=self.sandbox_case_cpu_s,
            idle_s=self.sandbox_idle_s,
            memory_mib=self.sandbox_memory_mib,
            stop_at_failure=self.sandbox_stop_at_failure,
        )

    @property
    def judges_together(self) -> bool:
        """Whether tests that cannot be judged apart from the solution may run together with it."""
        return self.sandbox_tests == TESTS[1]

    def workers(self) -> int:
        """Return how many programs may run at once: this rank's share of the cores, at least 1."""
        if self.sandbox_workers is not None:
            if self.sandbox_workers < 1:
                raise ConfigError(f"sandbox_workers is {self.sandbox_workers!r}; give 1 or more, or leave it out")
            return self.sandbox_workers
        return max(1, len(os.sched_getaffinity(0)) // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))

    def options(self) -> dict[str, Any]:
        """Return the arguments of the backend's class."""
        if self.sandbox_backend == "fake":
            return {}
        options = {
            "limits": self.limits(),
            "workers": self.workers(),
            "require": self.sandbox_require,
            "packages": self.sandbox_packages,
            "hash_seed": self.sandbox_hash_seed,
        }
        if self.sandbox_backend == "docker":
            options |= {"image": self.sandbox_docker_image, "runtime": self.sandbox_docker_runtime}
        if self.sandbox_backend == "ray":
            options |= {"address": self.sandbox_ray_address, "workers": self.sandbox_workers}
        return options


def open_sandbox(config: SandboxConfig | None = None) -> Sandbox:
    """Open the sandbox that `config` asks for; the caller closes it.

    Raises:
        SandboxUnavailableError: it cannot start here, or lacks a required layer.
    """
    config = config or SandboxConfig()
    module, _, name = BACKENDS[config.sandbox_backend].partition(":")
    backend = getattr(import_module(f"trl_rlvr.sandbox.backends.{module}"), name)
    sandbox: Sandbox = backend(**config.options())
    sandbox.judges_together = config.judges_together
    return sandbox
