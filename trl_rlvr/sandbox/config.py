"""Which sandbox to use and how: the `sandbox_*` options, and `open_sandbox` that follows them."""

import os
from dataclasses import dataclass, field

from trl_rlvr.errors import ConfigError
from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.sandbox.limits import Limits

BACKENDS = ("fake", "process")


@dataclass
class SandboxConfig:
    """The `sandbox_*` options of a run."""

    sandbox_backend: str = field(default="process", metadata={"help": "Where programs run: process, or fake in tests."})
    sandbox_workers: int | None = field(
        default=None,
        metadata={"help": "Programs that run at once; by default this rank's share of the cores."},
    )
    sandbox_cpu_s: float = field(
        default=10.0, metadata={"help": "CPU seconds of one program; less where the reference is known to need little."}
    )
    sandbox_idle_s: float = field(default=2.0, metadata={"help": "Seconds that a program may sleep, all tests."})
    sandbox_memory_mib: int = field(default=1024, metadata={"help": "Address space of one program in MiB."})
    sandbox_packages: list[str] = field(
        default_factory=lambda: ["numpy"],
        metadata={"help": "Packages that programs may import beside the standard library, where installed."},
    )
    sandbox_require: list[str] = field(
        default_factory=list,
        metadata={"help": "Confinement layers without which to refuse to start; `trl-rlvr doctor` lists them."},
    )

    def limits(self) -> Limits:
        """Return the caps for one program."""
        return Limits(cpu_s=self.sandbox_cpu_s, idle_s=self.sandbox_idle_s, memory_mib=self.sandbox_memory_mib)

    def workers(self) -> int:
        """Return how many programs may run at once: this rank's share of the cores, at least 1."""
        if self.sandbox_workers is not None:
            if self.sandbox_workers < 1:
                raise ConfigError(f"sandbox_workers is {self.sandbox_workers!r}; give 1 or more, or leave it out")
            return self.sandbox_workers
        return max(1, len(os.sched_getaffinity(0)) // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def open_sandbox(config: SandboxConfig | None = None) -> Sandbox:
    """Open the sandbox that `config` asks for; the caller closes it.

    Raises:
        ConfigError: unknown backend, or an option out of its range.
        SandboxUnavailableError: it cannot start here, or lacks a required layer.
    """
    config = config or SandboxConfig()
    if config.sandbox_backend == "process":
        from trl_rlvr.sandbox.backends.process import ProcessSandbox

        return ProcessSandbox(
            limits=config.limits(),
            workers=config.workers(),
            require=config.sandbox_require,
            packages=config.sandbox_packages,
        )
    if config.sandbox_backend == "fake":
        from trl_rlvr.sandbox.backends.fake import FakeSandbox

        return FakeSandbox()
    allowed = ", ".join(BACKENDS)
    raise ConfigError(f"unknown sandbox backend {config.sandbox_backend!r}; choose one of {allowed}")
