"""What the code calls that `rewrite.comparisons` inserts: copies of what is expected, and comparisons under watch."""

import collections
import copy
from collections.abc import Callable
from typing import Any

from trl_rlvr.sandbox.codec.tags import MUTABLE, SCALARS
from trl_rlvr.verdict import Verdict


class Expectations:
    """One conversation's comparisons.

    Args:
        changes: how many containers the candidate has changed until now.
        fail: notes that this test is lost; returns what to raise.
    """

    def __init__(self, changes: Callable[[], int], fail: Callable[[Verdict, str], BaseException]) -> None:
        self.changes = changes
        self._fail = fail

    def unchanged(self, before: int, value: Any) -> Any:
        """Return the outcome of a comparison in which calls were to change nothing.

        Raises:
            BaseException: one did, so that it may have changed what is expected.
        """
        if self.changes() != before:
            raise self._fail(
                Verdict.REFUSED_VALUE, "a call changes a container in the middle of a comparison that may read it"
            )
        return value


def kept(value: Any) -> Any:
    """Return a copy of plain containers, which no call can change; other objects in them are the same."""
    return _kept(value, {})


def _kept(value: Any, known: dict[int, Any]) -> Any:
    kind = type(value)
    if kind is tuple:
        items = tuple(_kept(item, known) for item in value)
        return value if all(one is other for one, other in zip(items, value, strict=True)) else items
    if kind not in MUTABLE:
        return value
    if id(value) not in known:
        known[id(value)] = twin = copy.copy(value)
        if isinstance(value, list | collections.deque) and not SCALARS.issuperset(map(type, value)):
            for place, item in enumerate(value):
                twin[place] = _kept(item, known)
        elif isinstance(value, dict):
            for key, item in value.items():
                if type(item) not in SCALARS:
                    dict.__setitem__(twin, key, _kept(item, known))
    return known[id(value)]
