"""The layout of a fork server's objects: children shall copy and fault in few pages.

A page that the server has written is copied by each child that writes to it, be it to count a reference, and so is
each page that the server writes to while a child lives. What all of them touch should therefore lie on few pages.
"""

import gc
import os
import re
import sys

_STATISTICS = re.compile(r"^ *\d+ +(\d+) +\d+ +\d+ +(\d+)$", re.MULTILINE)
"""A line about one size of the interpreter's blocks: class, size, pools, used and free blocks."""
_BYTES_HEAD = sys.getsizeof(b"")
_LARGE = 1 << 40
"""An integer that takes 32 bytes and is not shared."""


def fill_heap() -> list[object]:
    """Take up the holes that imports left in the heap, for as long as the caller keeps the result.

    Allocations else come from all over the heap, each from a page that a child must copy first. Now they come from its
    end, one page after the other.
    """
    gc.collect()  # which also gives back the blocks that the interpreter keeps for the next tuples and lists
    filling: list[object] = []
    for size, free in _free_blocks().items():
        if size > _BYTES_HEAD:
            filling += [bytes(size - _BYTES_HEAD) for _ in range(free)]
        else:
            filling += [object() for _ in range(free)] if size == 16 else range(_LARGE, _LARGE + free)
    return filling


def _free_blocks() -> dict[int, int]:
    """Return how many blocks of each size lie free between used ones, which the interpreter tells standard error."""
    reading, writing = os.pipe()
    ours = os.dup(2)
    os.dup2(writing, 2)
    try:
        sys._debugmallocstats()
    finally:
        os.dup2(ours, 2)
        os.close(ours)
        os.close(writing)
    text = os.read(reading, 1 << 16).decode()
    os.close(reading)
    return {int(size): int(free) for size, free in _STATISTICS.findall(text)}
