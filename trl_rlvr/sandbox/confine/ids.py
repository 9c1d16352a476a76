"""User and group ids of their own for server, harness and candidate, when started with the right to set them.

The three differ, own nothing but their scratch, and are drawn afresh for each server: programs of two servers on one
host can then not signal or read each other either.
"""

import os
import random
from collections.abc import Iterable
from dataclasses import dataclass

from trl_rlvr.sandbox.confine import kernel, privileges

_UNUSED = range(1_879_048_192, 2_147_352_576)
"""Ids that no convention assigns: above those of containers, below the negative ones."""
_SMALL_MAP = range(61_184, 65_520)
"""Where the id map holds 65,536 ids, as in most rootless containers: those of systemd's dynamic users."""


@dataclass(frozen=True, slots=True)
class Ids:
    """One id a role, used for both user and group."""

    server: int
    harness: int
    candidate: int


def id_map(kind: str) -> list[range]:
    """Return the ids that exist in this user namespace, as ranges; `kind` is "uid" or "gid"."""
    with open(f"/proc/self/{kind}_map") as lines:
        rows = [line.split() for line in lines]
    return [range(int(first), int(first) + int(count)) for first, _, count in rows]


def draw() -> Ids | None:
    """Draw three unused ids that this user namespace holds; None if it holds no such."""
    maps = id_map("uid"), id_map("gid")
    for space in (_UNUSED, _SMALL_MAP):
        first = random.SystemRandom().randrange(space.start, space.stop - 2, 3)
        if all(any(_inside(range(first, first + 3), known) for known in ranges) for ranges in maps):
            return Ids(first, first + 1, first + 2)
    return None


def _inside(wanted: range, known: range) -> bool:
    return known.start <= wanted.start and wanted.stop <= known.stop


def supported() -> str | None:
    """Return why processes cannot get ids of their own here, or None."""
    missing = [name for name, cap in privileges.SERVER_NEEDS.items() if not privileges.holds(cap)]
    if missing:
        return f"root without {', '.join(missing)}" if os.geteuid() == 0 else "not started as root"
    if draw() is None:
        return "the user namespace maps too few ids"
    return None


def apply(ids: Ids, scratch_roots: Iterable[str]) -> str:
    """Take the server's id, and the scratch roots with it, and keep the capabilities.

    Returns:
        The ids, in words.

    Raises:
        OSError: the kernel refused.
    """
    for root in scratch_roots:
        os.chown(root, ids.server, ids.server)
    os.setgroups([])
    kernel.prctl(kernel.PR_SET_KEEPCAPS, 1)
    os.setresgid(ids.server, ids.server, ids.server)
    os.setresuid(ids.server, ids.server, ids.server)
    kernel.prctl(kernel.PR_SET_KEEPCAPS, 0)
    return f"server {ids.server}, harness {ids.harness}, candidate {ids.candidate}"
