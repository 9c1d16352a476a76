"""The layout of a fork server's objects: children shall copy and fault in few pages.

A page that the server has written is copied by each child that writes to it, be it to count a reference, and so is
each page that the server writes to while a child lives. What all of them touch should therefore lie on few pages.
"""

import gc
import os
import re
import sys
from collections.abc import Iterable
from types import FunctionType

_HOLES = [1 << 15, 1 << 14, 1 << 13, 1 << 12, 2048, 1024, 768, 600, 528]
"""Sizes of blocks in the C heap, in bytes, the largest first; smaller ones come from the interpreter's allocator."""
_STATISTICS = re.compile(r"^ *\d+ +(\d+) +\d+ +\d+ +(\d+)$", re.MULTILINE)
"""A line about one size of the interpreter's blocks: class, size, pools, used and free blocks."""
_BYTES_HEAD = sys.getsizeof(b"")
_LARGE = 1 << 40
"""An integer that takes 32 bytes and is not shared."""
_SMALL_HOLES = range(520, 8, -16)
"""Sizes of smaller blocks in the C heap: what libraries ask for, and the interpreter for itself."""


def fill_heap() -> list[object]:
    """Take up the holes that imports left in the heap, for as long as the caller keeps the result.

    Allocations else come from all over the heap, each from a page that a child must copy first: some 60 page faults a
    program. Now they come from its end, one page after the other.
    """
    gc.collect()  # which also gives back the blocks that the interpreter keeps for the next tuples and lists
    filling = [*_small_blocks(), *_large_blocks()]
    _fill_small_holes()
    return filling


def _small_blocks() -> list[object]:
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


def _large_blocks() -> list[object]:
    filling: list[object] = []
    end = 0
    for size in _HOLES:
        while True:
            filling.append(bytes(size))
            address = id(filling[-1])
            if address > end:  # none of the holes was as large
                end = address
                break
    return filling


def _fill_small_holes() -> None:
    """Take up, for good, what is too small for the interpreter to ask the C library for it."""
    import ctypes  # here, since what children use of it should be loaded last

    malloc = ctypes.CDLL(None).malloc
    malloc.argtypes, malloc.restype = [ctypes.c_size_t], ctypes.c_size_t
    end = malloc(_HOLES[0])  # no hole is as large by now
    for size in _SMALL_HOLES:
        while 0 < malloc(size) < end:
            pass


def gather(functions: Iterable[FunctionType]) -> None:
    """Copy the functions' code objects into adjacent memory.

    Every call writes to them (reference counts, inline caches), and each page that is written is copied in every child.
    Gather functions before they are warmed up: a copy starts without the interpreter's specialisations.
    """
    functions = list(functions)
    # By id, as equal code of two files names but one of them; with what `co_code` writes out, or that lies between.
    codes = {id(one.__code__): (one.__code__, one.__code__.co_code) for one in functions}
    copies = {number: code.replace(co_code=text) for number, (code, text) in codes.items()}
    for function in functions:
        function.__code__ = copies[id(function.__code__)]
