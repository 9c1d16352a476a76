"""Verify the same references again and again, on an idle machine and on an overloaded one, and count what differs.

Every reference must pass every time. For the second half each core is given as many busy processes as `--load` says.
The status is 1 if any verdict differed.

    python benchmarks/steadiness.py --data mbpp.jsonl [--times 20] [--load 4] [--workers 2]
"""

import argparse
import contextlib
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator

from verify_throughput import show

from trl_rlvr.data import load_problems
from trl_rlvr.sandbox import Program, Sandbox, SandboxConfig, open_sandbox
from trl_rlvr.validation.gate import check_problems
from trl_rlvr.verdict import Verdict


def spin() -> None:
    """Keep a core busy."""
    while True:
        pass


@contextlib.contextmanager
def loaded(processes: int) -> Iterator[None]:
    """Keep so many processes computing meanwhile."""
    busy = [multiprocessing.Process(target=spin, daemon=True) for _ in range(processes)]
    for process in busy:
        process.start()
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.join()


def verify(sandbox: Sandbox, programs: list[Program], times: int) -> dict[str, object]:
    """Run all programs so many times; return the row of the table."""
    start = time.perf_counter()
    others: Counter[str] = Counter()
    for _ in range(times):
        for program, result in zip(programs, sandbox.run(programs), strict=True):
            if result.verdict is not Verdict.PASSED:
                others[f"{program.problem.task_id}: {result.verdict.value}"] += 1
    shown = ", ".join(f"{what} ({count})" for what, count in others.most_common(5))
    return {
        "programs": len(programs),
        "times": times,
        "not passed": sum(others.values()),
        "which": shown or "none",
        "s": time.perf_counter() - start,
    }


def main() -> None:
    """Print one row for the idle and one for the overloaded machine."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, help="local file of MBPP in its official JSONL form")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--load", type=int, default=4, help="busy processes a core in the second half")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with open_sandbox(SandboxConfig(sandbox_workers=options.workers)) as sandbox:
        checks = check_problems(load_problems(options.data), sandbox, wrong_on=())
        problems = [check.problem for check in checks]  # with what each reference costs, as training has them
        programs = [Program(problem.reference_solution or "", problem) for problem in problems]
        rows = [{"machine": "idle", **verify(sandbox, programs, options.times)}]
        busy = options.load * len(os.sched_getaffinity(0))
        with loaded(busy):
            rows.append({"machine": f"{busy} busy processes", **verify(sandbox, programs, options.times)})
    show("verdicts on references", rows)
    sys.exit(any(row["not passed"] for row in rows))


if __name__ == "__main__":
    main()
