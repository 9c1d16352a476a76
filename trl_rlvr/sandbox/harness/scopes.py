"""The state of each running function of a test: the comparisons it is in, and the mutations that they stage."""

from threading import get_ident
from typing import Any, NamedTuple

from trl_rlvr.sandbox.codec.state import State


class StagedCopy(NamedTuple):
    """A container of the test's and what stands for it in the meantime."""

    own: Any
    copy: Any
    agreed: State
    """What the other end believed the own one to hold."""
    state: State
    """What the copy held at first."""


class Scope:
    """One running function of the test, or what stands outside of all in a thread."""

    __slots__ = ("answers", "began", "caller", "depth", "staged", "thread", "tuples")

    def __init__(self, caller: "Scope | None" = None) -> None:
        self.caller = caller
        self.thread = get_ident()
        self.depth = 0
        """How many comparisons are being evaluated, one inside the other."""
        self.began = 0
        """How many requests had been made when the outermost of them began."""
        self.staged: dict[int, StagedCopy] = {}
        self.tuples: dict[int, tuple[Any, Any]] = {}
        """Tuples that lead to those, and what stands for each, by number."""
        self.answers: set[int] = set()
        """Numbers of containers that came with answers in the meantime."""


Mark = tuple[Scope, int]
"""A running function, and how many comparisons were being evaluated in it."""
