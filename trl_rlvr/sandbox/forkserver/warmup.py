"""Warm-up of a fork server: it runs programs of our own before it forks anyone.

A page that the server has not warmed is faulted in by each child anew; it is paid once here.
"""

import linecache
import os
import sys

from trl_rlvr.sandbox.candidate import main as candidate
from trl_rlvr.sandbox.codec import Decoder
from trl_rlvr.sandbox.protocol.control import LITERAL, pack_work
from trl_rlvr.sandbox.protocol.frames import memory_file

_PROGRAMS = 40
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


def warm_up() -> None:
    """Run small programs of our own the way a candidate's are run."""
    ours = sys.modules["__main__"], sys.argv
    answers, reply = os.pipe()
    for number in range(2, _PROGRAMS + 2):
        names = f"solve_{number}", f"fail_{number}"
        calls = pack_work([(0, name, "", ([3, 1, 2],), {}, False) for name in names])
        work = memory_file(pack_work((_PROGRAM.format(n=number), names, calls, "")))
        candidate.main(LITERAL, [work, reply])
        Decoder(os.read(answers, 1 << 16))
    os.close(answers)
    os.close(reply)
    sys.modules["__main__"], sys.argv = ours
    del sys.modules["solution"]
    linecache.clearcache()  # a child would free what it holds of our last program, line by line
