"""What a fork server does before it forks anyone: imports what programs import, and touches the pages that they touch.

An import in a child costs milliseconds, and a page that the server has not warmed is faulted in by each child anew;
both are paid once here. But each fork also pays for all that the server has loaded, some 10 microseconds for a shared
library: what few programs import is left to them.
"""

import importlib
import os
import sys
import warnings

from trl_rlvr.sandbox import candidate
from trl_rlvr.sandbox.protocol import PLAIN
from trl_rlvr.sandbox.values import Decoder, Encoder
from trl_rlvr.sandbox.wire import memory_file

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

_PROGRAM = """
import math, re, itertools, functools, heapq
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
@dataclass
class Pair_{n}:
    left: int
    right: int = 0
class Stack_{n}:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item); return self
@functools.lru_cache(None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def solve_{n}(xs):
    try:
        counts = Counter(xs); groups = defaultdict(list); queue = deque(xs)
        for i, x in enumerate(sorted(xs, key=lambda v: -v)):
            groups[x % {n}].append((i, x ** 2, str(x), f"{{x:.2f}}"))
        words = re.findall(r"[a-z]+", "some words {n}".lower())
        assert isinstance(words, list)
        stack = Stack_{n}().push(Pair_{n}(1, {n}))
        table = [[0] * 8 for _ in range(8)]
        for i in range(8):
            for j in range(8): table[i][j] = i * j + max(i, j)
        heap = list(xs); heapq.heapify(heap)
        return [sum(xs), {{"a": counts[1], "b": len(queue)}}, tuple(words), math.sqrt(fib(8)), table, dict(groups)]
    except ValueError as error:
        return str(error)
def fail_{n}(xs): return xs["key"]
"""


_HOLES = [1 << 15, 1 << 14, 1 << 13, 1 << 12, 2048, 1024, 768, 600, 528]
"""Sizes in bytes, the largest first; smaller ones come from the interpreter's own allocator."""


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


def fill_heap() -> list[bytes]:
    """Take up the holes that imports left in the C heap, for as long as the caller keeps the result.

    A child's allocations else come from all over the heap, each from a page that the child must copy first: some 60
    page faults a program. Now they come from its end, one page after the other.
    """
    filling, end = [], 0
    for size in _HOLES:
        while True:
            filling.append(bytes(size))
            address = id(filling[-1])
            if address > end:  # none of the holes was as large
                end = address
                break
    return filling


def warm_up(programs: int = 40) -> None:
    """Run small programs of our own the way a candidate's are run."""
    ours = sys.modules["__main__"], sys.argv
    answers, reply = os.pipe()
    for number in range(2, programs + 2):
        work = memory_file(_work(_PROGRAM.format(n=number), [f"solve_{number}", f"fail_{number}"]))
        candidate.main(PLAIN, [work, reply])
        Decoder(os.read(answers, 1 << 16))
    os.close(answers)
    os.close(reply)
    sys.modules["__main__"], sys.argv = ours
    del sys.modules["solution"]


def _work(source: str, names: list[str]) -> bytes:
    """Return the payload of a candidate that is asked one call of each name."""
    work = Encoder()
    work.value(source)
    work.value(tuple(names))
    work.length(len(names))
    for name in names:
        work.text(name)
        work.value(([3, 1, 2],))
        work.value({})
    return bytes(work.out)
