"""What a child does to confine itself, laid out in the server before the fork.

It runs once for every program. Of the time it takes the kernel needs little: most goes to page faults, one for every
page of memory that a fresh fork touches first. So it is one flat list of calls, and a few bytes filled in.
"""

import os
import resource
import struct
from dataclasses import dataclass

from trl_rlvr.sandbox.confine import kernel
from trl_rlvr.sandbox.confine.ids import Ids
from trl_rlvr.sandbox.confine.kernel import Call, Memory
from trl_rlvr.sandbox.confine.scratch import Scratch
from trl_rlvr.sandbox.confine.seccomp import Filter

_LIMIT = struct.Struct("@2L")
_SIGKILL = 9


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
    filter: Filter | None


class ChildPlan:
    """The prepared calls of each role."""

    def __init__(self, scratch: Scratch, layers: Layers) -> None:
        self._scratch, self._follows, self._filter = scratch, layers.follows, layers.filter
        self._path, self._name_at = scratch.path_for_children()
        self._cpu = Memory(bytes(_LIMIT.size))
        ids = layers.ids
        self._calls: dict[str, tuple[Call, ...]] = {
            "candidate": self._lay_out(layers, None if ids is None else ids.candidate),
            "harness": self._lay_out(layers, None if ids is None else ids.harness),
        }

    def carry_out(self, role: str, cpu_hard_s: int) -> None:
        """Confine the calling process.

        Raises:
            OSError: a call failed.
        """
        name = self._scratch.name_for_child()
        self._path.data[self._name_at : self._name_at + len(name)] = name
        _LIMIT.pack_into(self._cpu.data, 0, cpu_hard_s, cpu_hard_s)
        if self._filter is not None:
            self._filter.set_own_pid(os.getpid())
        kernel.run(self._calls[role])
        if self._follows is not None and os.getppid() != self._follows:
            os._exit(1)  # the server died before we had asked to die with it

    def _lay_out(self, layers: Layers, number: int | None) -> tuple[Call, ...]:
        calls = [kernel.prepare("setsid"), *self._scratch.child_calls(self._path, number)]
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
        if layers.filter is not None:
            calls.append(layers.filter.install)
        return tuple(calls)
