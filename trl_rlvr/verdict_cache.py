"""Verdicts of earlier batches, so that a program which a policy writes again is not run again.

It holds digests, not programs; what a sandbox could not run is no fact and is never remembered.
"""

import hashlib
from collections import OrderedDict

from trl_rlvr.verdict import ExecutionResult, Verdict

Key = tuple[str, tuple[object, ...]]
"""A program's code, and all of its problem and limits that decides its verdict."""


class VerdictCache:
    """A bounded cache that drops the least recently used verdict first.

    Args:
        entries: verdicts to keep; 0 keeps none.
    """

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._results: OrderedDict[bytes, ExecutionResult] = OrderedDict()

    @staticmethod
    def _digest(key: Key) -> bytes:
        return hashlib.sha256(repr(key).encode()).digest()

    def get(self, key: Key) -> ExecutionResult | None:
        """Return what is known of a program; None if nothing is."""
        if not self._entries:
            return None
        digest = self._digest(key)
        if digest in self._results:
            self._results.move_to_end(digest)
        return self._results.get(digest)

    def put(self, key: Key, result: ExecutionResult) -> None:
        """Remember a result, unless it is a fault of the sandbox."""
        if not self._entries or result.verdict is Verdict.SANDBOX_ERROR:
            return
        self._results[self._digest(key)] = result
        if len(self._results) > self._entries:
            self._results.popitem(last=False)
