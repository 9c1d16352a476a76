"""What a fork server does before it forks anyone: imports what programs import, and touches the pages that they touch.

An import in a child costs milliseconds for every program, and a page that the server has not warmed is faulted in by
each child anew; both are paid once here.
"""

import importlib
import warnings

from trl_rlvr.sandbox import candidate

_MODULES = [
    "abc", "argparse", "array", "ast", "asyncio", "base64", "bisect", "calendar", "cmath", "collections",
    "collections.abc", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "difflib", "enum",
    "fractions", "functools", "hashlib", "heapq", "inspect", "io", "itertools", "json", "linecache", "logging", "math",
    "numbers", "operator", "os", "pathlib", "pickle", "pprint", "queue", "random", "re", "statistics", "string",
    "struct", "sys", "tempfile", "textwrap", "threading", "time", "timeit", "traceback", "types", "typing",
    "unicodedata", "uuid", "weakref", "zoneinfo",
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


def preload() -> None:
    """Import the standard library's usual modules."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in _MODULES:
            importlib.import_module(name)
    importlib.import_module("encodings.idna")


def warm_up(programs: int = 100) -> None:
    """Run small programs of our own the way a candidate's are run."""
    for number in range(2, programs + 2):
        source = _PROGRAM.format(n=number)
        candidate.warm_up(source, f"solve_{number}")
        candidate.warm_up(source, f"fail_{number}")
