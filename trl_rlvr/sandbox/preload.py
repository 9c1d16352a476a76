"""What a fork server imports before it loads this package: what programs import, so that no child has to.

The order matters. A page that the server has written is copied by each child that counts a reference in it; loaded
last, into a heap without holes, the objects of this package that every child touches lie on few pages.
"""

import importlib
import os
import re
import sys
import warnings

_USUAL = [
    "abc", "bisect", "collections", "collections.abc", "contextlib", "copy", "dataclasses", "datetime", "decimal",
    "enum", "fractions", "functools", "heapq", "io", "itertools", "json", "linecache", "math", "numbers", "operator",
    "os", "pathlib", "queue", "random", "re", "statistics", "string", "struct", "sys", "threading", "time",
    "traceback", "types", "typing", "weakref",
]  # fmt: skip
_OTHERS = [
    "argparse", "array", "ast", "asyncio", "base64", "calendar", "cmath", "csv", "difflib", "encodings.idna", "hashlib",
    "inspect", "logging", "pickle", "pprint", "tempfile", "textwrap", "timeit", "unicodedata", "uuid", "zoneinfo",
]  # fmt: skip

_HOLES = [1 << 15, 1 << 14, 1 << 13, 1 << 12, 2048, 1024, 768, 600, 528]
"""Sizes of blocks in the C heap, in bytes, the largest first; smaller ones come from the interpreter's allocator."""
_STATISTICS = re.compile(r"^ *\d+ +(\d+) +\d+ +\d+ +(\d+)$", re.MULTILINE)
"""A line about one size of the interpreter's blocks: class, size, pools, used and free blocks."""
_BYTES_HEAD = sys.getsizeof(b"")
_LARGE = 1 << 40
"""An integer that takes 32 bytes and is not shared."""


def preload() -> None:
    """Import the modules of the standard library that many programs use."""
    _load(_USUAL)


def preload_others() -> None:
    """Import also what few programs use: for children that cannot read the standard library's folder."""
    _load(_OTHERS)


def _load(names: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            importlib.import_module(name)


def fill_heap() -> list[object]:
    """Take up the holes that imports left in the heap, for as long as the caller keeps the result.

    Allocations else come from all over the heap, each from a page that a child must copy first: some 60 page faults a
    program. Now they come from its end, one page after the other.
    """
    return [*_small_blocks(), *_large_blocks()]


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


def main(package_root: str, settings: str) -> None:
    """Become a fork server; see its `main`."""
    preload()
    filling = fill_heap()
    from trl_rlvr.sandbox import forkserver  # here, after all else

    forkserver.main(package_root, settings)
    del filling
