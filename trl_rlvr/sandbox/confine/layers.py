"""The layers of confinement by name, and what became of one on this host."""

from dataclasses import dataclass

LAYERS = (
    "rlimits",
    "no_new_privs",
    "dumpable",
    "ids",
    "capabilities",
    "seccomp",
    "landlock",
    "user_ns",
    "pid_ns",
    "mount_ns",
    "net_ns",
    "ipc_ns",
    "uts_ns",
    "scratch_tmpfs",
)
"""Their names, in the order of the report."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of confinement on this host."""

    name: str
    on: bool
    why: str
    """If it is off, the reason; if it is on, a short detail."""
