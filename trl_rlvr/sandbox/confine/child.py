"""What a child does to confine itself, laid out in the server before the fork.

It runs once for every program. Of the time it takes the kernel needs little: most goes to page faults, one for every
page of memory that a fresh fork touches first. So it is one flat list of calls, and a few bytes filled in.
"""

import os
import resource
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trl_rlvr.sandbox.confine import kernel, rlimits
from trl_rlvr.sandbox.confine.ids import Ids
from trl_rlvr.sandbox.confine.kernel import Call, Memory
from trl_rlvr.sandbox.confine.scratch import Scratch
from trl_rlvr.sandbox.confine.seccomp import ChildFilter

_LIMIT = struct.Struct("@2L")
_FOREVER_S = 1 << 32
_SIGKILL = 9
_NOBODY = "nobody"
"""A role without confinement, for the server to rehearse."""
_REHEARSALS = 50
"""How often the server runs through the path itself, so that the interpreter has it specialised before the fork."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Which layers a child has, besides those that it inherits."""

    ids: Ids | None
    limits: bool
    drops_capabilities: bool
    hides_memory: bool
    """Whether it must hide its memory again, because the change of id exposed it."""
    follows: int | None
    """Process number of the server whose end must end the child; None where the pid namespace sees to that."""
    narrower: Mapping[str, Sequence[Call]]
    """By role: how it gives up what Landlock grants the server and not the role."""
    filter: ChildFilter | None


class ChildPlan:
    """The prepared calls of each role."""

    def __init__(self, scratch: Mapping[str, Scratch], layers: Layers) -> None:
        self._cpu = Memory(bytes(_LIMIT.size))
        hard_s = rlimits.cpu_hard_s()
        self._most_cpu_s = _FOREVER_S if hard_s is None else hard_s
        self._follows: int | None = None
        self._filter = layers.filter
        self._calls: dict[str, tuple[Call, ...]] = {_NOBODY: (kernel.prepare("getpid"),)}
        self._rehearse()
        self._calls = {role: self._lay_out(role, scratch, layers) for role in scratch}
        self._follows = layers.follows

    def prepare(self, cpu_hard_s: int) -> None:
        """Before the fork: fill in the child's hard limit of CPU seconds, no higher than the one that we inherited."""
        cpu_hard_s = min(cpu_hard_s, self._most_cpu_s)
        _LIMIT.pack_into(self._cpu.data, 0, cpu_hard_s, cpu_hard_s)

    def carry_out(self, role: str) -> None:
        """Confine the calling process, a fork.

        Raises:
            OSError: a call failed.
        """
        if self._filter is not None:
            self._filter.set_own_pid(os.getpid())
        kernel.run(self._calls[role])
        if self._follows is not None and os.getppid() != self._follows:
            os._exit(1)  # the server died before we had asked to die with it

    def _rehearse(self) -> None:
        for _ in range(_REHEARSALS):
            self.carry_out(_NOBODY)

    def _lay_out(self, role: str, scratch: Mapping[str, Scratch], layers: Layers) -> tuple[Call, ...]:
        number = None if layers.ids is None else getattr(layers.ids, role)
        calls = [kernel.prepare("setsid"), *scratch[role].child_calls(number)]
        calls += [folders.close_call() for folders in scratch.values()]
        if layers.limits:
            calls.append(kernel.prepare("setrlimit", resource.RLIMIT_CPU, self._cpu))
        if number is not None:
            calls.append(kernel.prepare("setresgid", number, number, number))
            calls.append(kernel.prepare("setresuid", number, number, number))
        if layers.drops_capabilities:
            calls.append(kernel.prepare("capset", *kernel.capability_sets(0)))
        if layers.hides_memory:
            calls.append(kernel.prepare("prctl", kernel.PR_SET_DUMPABLE, 0, 0, 0, 0))
        if layers.follows is not None:
            calls.append(kernel.prepare("prctl", kernel.PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0))
        calls += layers.narrower.get(role, ())
        if layers.filter is not None:
            calls.append(layers.filter.install)
        return tuple(calls)
