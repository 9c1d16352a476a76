"""The budget of one program's answers: a number of values, and few keys that share a hash."""

from typing import Any

from trl_rlvr.sandbox.codec import tags
from trl_rlvr.sandbox.codec.tags import RefusedValue

UNCOUNTED = 1 << 40
"""Nodes of a budget for what a test wrote: as many as memory holds."""


class Budget:
    """The budget of one program over all its messages: nodes, and distinct keys of equal hash."""

    def __init__(self, nodes: int = 1_000_000) -> None:
        self.nodes = nodes
        self._keys: dict[int, list[Any]] = {}

    def key(self, key: Any) -> None:
        """Count a key of a set or a mapping.

        Raises:
            RefusedValue: too many distinct keys share its hash, or it has none.
        """
        try:
            bucket = self._keys.setdefault(hash(key), [])
        except TypeError as error:
            raise RefusedValue("a key is not hashable") from error
        if not any(type(other) is type(key) and other == key for other in bucket):
            bucket.append(key)
            if len(bucket) > tags.MAX_COLLISIONS:
                raise RefusedValue(f"more than {tags.MAX_COLLISIONS} keys share one hash")
