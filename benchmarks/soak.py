"""Verify very many programs in one process and see whether anything grows.

The mix holds right and wrong programs, all kinds of tests, exceptions, syntax errors, exits, threads, files left behind
and, now and then, an endless loop, a flood of output or a memory bomb; no two programs are alike. Memory, descriptors,
processes and files are counted at even intervals; the status is 1 if any has grown after the first tenth.

    python benchmarks/soak.py [--count 100000] [--workers 2] [--backend process] [--json FILE]
"""

import argparse
import contextlib
import gc
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from verify_throughput import descendants, memory_mib, show

from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox import Limits, Program
from trl_rlvr.sandbox.backends.bubblewrap import BubblewrapSandbox
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.verdict import Verdict

BATCH = 500
LIMITS = Limits(cpu_s=0.2, idle_s=0.5, memory_mib=512)
SLACK_MIB, SLACK_COUNT = 16.0, 8
"""What may come and go: a garbage collection that is due, a program that is being swept."""

SQUARE = CodeProblem("square", "", ("assert f(2) == 4", "assert f(3) == 9"))
OBJECT = CodeProblem("object", "", ("box = f(2)\nassert box.width * 2 == 4",), entry_point="f")
SCRIPT = CodeProblem("script", "", io_tests=(IOTest("3\n", "9\n"), IOTest("4\n", "16\n")))
_LEAVES_FILES = """
import os
def f(x):
    os.makedirs(f"{x}/a/b")
    with open(f"{x}/a/c", "w") as file:
        file.write("x" * 9999)
    return x * x
"""
_STARTS_THREAD = """
import threading
def f(x):
    threading.Thread(target=print, args=(x,)).start()
    return x * x
"""
KINDS: dict[str, tuple[CodeProblem, Verdict, str]] = {
    "right": (SQUARE, Verdict.PASSED, "def f(x): return x * x"),
    "wrong": (SQUARE, Verdict.WRONG_ANSWER, "def f(x): return x + 3"),
    "object": (
        OBJECT,
        Verdict.PASSED,
        "class Box:\n    def __init__(self, x): self.width = x\ndef f(x): return Box(x)",
    ),
    "script": (SCRIPT, Verdict.PASSED, "print(int(input()) ** 2)"),
    "exception": (SQUARE, Verdict.RUNTIME_ERROR, "def f(x): raise ValueError(x)"),
    "syntax error": (SQUARE, Verdict.SYNTAX_ERROR, "def f(x:"),
    "exit": (SQUARE, Verdict.CRASHED, "import os\ndef f(x): os._exit(0)"),
    "files left": (SQUARE, Verdict.PASSED, _LEAVES_FILES),
    "threads": (SQUARE, Verdict.PASSED, _STARTS_THREAD),
}
RARE: dict[str, tuple[CodeProblem, Verdict, str]] = {
    "endless loop": (SQUARE, Verdict.TIMEOUT, "def f(x):\n    while True: pass"),
    "sleeper": (SQUARE, Verdict.TIMEOUT, "import time\ndef f(x): time.sleep(60)"),
    "flood": (SQUARE, Verdict.OUTPUT_LIMIT, "def f(x): return 'x' * 5_000_000"),
    "memory bomb": (SQUARE, Verdict.MEMORY_LIMIT, "def f(x): return len(bytearray(10 ** 10))"),
}
RARE_EVERY = 200
"""One program in so many is of a rare kind."""


@dataclass(frozen=True, slots=True)
class State:
    """What there is of everything that must not grow."""

    programs: int
    per_s: float
    trainer_mib: float
    pool_mib: float
    fds: int
    pool_fds: int
    processes: int
    files: int
    """In the scratch folders, which are those that a process of the pool holds open."""
    temporaries: int
    """In the folder for temporaries and in shared memory, not counting what is inside of folders."""
    unexpected: int
    """Verdicts that are not those of the program's kind, so far."""


def mix(count: int) -> Iterator[tuple[Program, Verdict]]:
    """Yield programs, no two alike, with the verdicts that they must get."""
    common, rare = list(KINDS.values()), list(RARE.values())
    for number in range(count):
        kinds, turn = (rare, number // RARE_EVERY) if number % RARE_EVERY == RARE_EVERY - 1 else (common, number)
        problem, verdict, code = kinds[turn % len(kinds)]
        yield Program(f"{code}\n# {number}", problem), verdict


def look(sandbox: ProcessSandbox, programs: int, per_s: float, unexpected: int) -> State:
    """Count everything now."""
    gc.collect()
    pool = [pid for worker in sandbox.worker_pids() for pid in (worker, *descendants(worker))]
    return State(
        programs,
        per_s,
        memory_mib([os.getpid()])[0],
        memory_mib(pool)[1],
        count_entries("/proc/self/fd"),
        sum(count_entries(f"/proc/{pid}/fd") for pid in pool),
        len(pool),
        sum(len(folders) + len(files) for top in open_folders(pool) for _, folders, files in os.walk(top)),
        count_entries(tempfile.gettempdir()) + count_entries("/dev/shm"),
        unexpected,
    )


def open_folders(pids: Iterable[int]) -> Iterator[str]:
    """Yield a path to each folder but the root that one of these processes holds open, as far as we may look."""
    for pid in pids:
        with contextlib.suppress(OSError):
            for entry in os.scandir(f"/proc/{pid}/fd"):
                if entry.is_dir() and os.readlink(entry.path) != "/":
                    yield f"{entry.path}/."


def count_entries(folder: str) -> int:
    """Count what is in a folder; 0 where we may not look."""
    try:
        return len(os.listdir(folder))
    except OSError:
        return 0


def soak(sandbox: ProcessSandbox, count: int, looks: int) -> tuple[list[State], Counter[str]]:
    """Run the mix, looking at even intervals; also return which verdicts were not as they must be."""
    states: list[State] = []
    wrong: Counter[str] = Counter()
    programs = mix(count)
    interval = max(BATCH, count // looks)
    done, started, last = 0, time.perf_counter(), 0
    while batch := [one for _, one in zip(range(min(BATCH, interval)), programs, strict=False)]:
        results = sandbox.run([program for program, _ in batch])
        for (program, expected), result in zip(batch, results, strict=True):
            if result.verdict is not expected:
                wrong[f"{expected.value} -> {result.verdict.value}: {program.code[:40]!r}"] += 1
        done += len(batch)
        if done - last >= interval or done == count:
            per_s = (done - last) / (time.perf_counter() - started)
            states.append(look(sandbox, done, per_s, wrong.total()))
            started, last = time.perf_counter(), done
    return states, wrong


def grown(states: Sequence[State]) -> list[str]:
    """Return what has grown since the first tenth."""
    settled, end = states[len(states) // 10], states[-1]
    found = []
    for name in ("trainer_mib", "pool_mib", "fds", "pool_fds", "processes", "files", "temporaries"):
        slack = SLACK_MIB if name.endswith("_mib") else SLACK_COUNT
        if getattr(end, name) > getattr(settled, name) + slack:
            found.append(f"{name}: {getattr(settled, name):g} -> {getattr(end, name):g}")
    return found


def main() -> int:
    """Run the soak and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="programs to verify")
    parser.add_argument("--looks", type=int, default=20, help="how often to count")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--backend", choices=("process", "bubblewrap"), default="process")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    kind = {"process": ProcessSandbox, "bubblewrap": BubblewrapSandbox}[options.backend]
    with kind(workers=options.workers, limits=LIMITS) as sandbox:
        states, wrong = soak(sandbox, options.count, options.looks)
        stats = asdict(sandbox.stats)
    rows = [asdict(state) for state in states]
    show("soak", rows)
    print(f"\n{stats}")
    problems = [*grown(states), *(f"{times} times {what}" for what, times in wrong.most_common(10))]
    print("\n".join(problems) or "nothing has grown, and every verdict was as it must be")
    if options.json is not None:
        options.json.write_text(json.dumps({"states": rows, "stats": stats, "problems": problems}, indent=1) + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
