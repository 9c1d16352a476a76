r"""Compare GRPO, PPO (one and four completions a problem) and RLOO at equal samples and at equal seconds.

GRPO and RLOO make one update from a batch, as their embedded defaults do, and PPO four; so GRPO stands there with four
as well, and with PPO's learning rate: what a critic gives is what PPO has beyond that row. All rates are constant, so
that a run may be cut anywhere.

Every run has the embedded policy and the same problems, rewards, completions a batch and number of batches; how many
updates are made from a batch is the algorithm's own matter. Seconds are CPU seconds of the training process, without
measuring: they hardly depend on what else the machine does. Verification runs in processes of its own, and costs all
algorithms alike. Each finished run is a line of FILE, and is not run again.

    nice python benchmarks/algorithms.py algorithms.jsonl --seeds 0 1 2 3 4
    python benchmarks/algorithms.py algorithms.jsonl --report
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from learning_speed import smooth
from verify_throughput import show

FOUR_UPDATES = [
    *("--per_device_train_batch_size", "20", "--steps_per_generation", "4", "--logging_steps", "4"),
    *("--learning_rate", "2e-4", "--lr_scheduler_type", "constant"),
]

ALGORITHMS: dict[str, list[str]] = {
    "GRPO": ["--algorithm", "grpo"],
    "PPO, 1 a problem": ["--algorithm", "ppo", *FOUR_UPDATES, "--num_generations", "1"],
    "PPO, 4 a problem": ["--algorithm", "ppo", *FOUR_UPDATES, "--num_generations", "4"],
    "RLOO": ["--algorithm", "rloo"],
    "GRPO, 4 updates a batch": ["--algorithm", "grpo", *FOUR_UPDATES],
}
"""Name -> options beside those of the algorithm's embedded default."""

LAST = 10
"""Batches at the end over which the critic's explained variance is averaged."""


def train(name: str, seed: int, batches: int, every: int) -> dict[str, Any]:
    """Train in this process; return marks of (batch, CPU seconds, held-out pass@1), and the logged critic."""
    from transformers import TrainerCallback

    from trl_rlvr.training.measure import measure
    from trl_rlvr.training.run import open_run
    from trl_rlvr.training.spec import parse

    marks: list[tuple[int, float, float]] = []
    explained: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        own = ["--seed", str(seed), "--output_dir", folder, "--save_strategy", "no"]
        spec = parse([*ALGORITHMS[name], *own])
        args = spec.grpo
        updates = args.num_iterations * args.steps_per_generation // args.gradient_accumulation_steps  # from each batch
        args.max_steps = batches * updates
        with open_run(spec) as run:

            class Marks(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
                seconds = 0.0
                since = 0.0

                def mark(self, batch: int) -> None:
                    rate = measure(run.trainer, run.heldout, run.verifier, spec.run, label="").pass_at(1)
                    marks.append((batch, self.seconds, rate))
                    foreseen = statistics.mean(explained[-LAST:] or [0.0])
                    print(f"batch {batch}: pass@1 {100 * rate:.0f} %, explained variance {foreseen:.2f}", flush=True)

                def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                    self.mark(0)
                    self.since = time.process_time()

                def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                    self.seconds += time.process_time() - self.since
                    if state.global_step % (every * updates) == 0:
                        self.mark(state.global_step // updates)
                    self.since = time.process_time()

                def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
                    if "ppo/explained_variance" in logs:
                        explained.append(logs["ppo/explained_variance"])

            run.trainer.add_callback(Marks())
            run.trainer.train()
    return {"algorithm": name, "seed": seed, "marks": marks, "explained_variance": explained}


def finished(file: Path) -> list[dict[str, Any]]:
    """Return the runs that the file holds."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def run_missing(file: Path, names: list[str], seeds: list[int], batches: int, every: int) -> None:
    """Run what the file lacks, one process after the other, seeds in the outer loop: a partial file compares fairly."""
    for seed in seeds:
        for name in names:
            if any((run["algorithm"], run["seed"]) == (name, seed) for run in finished(file)):
                continue
            sizes = ["--batches", str(batches), "--every", str(every), "--seeds", str(seed)]
            subprocess.run(
                [sys.executable, __file__, str(file), "--one", name, *sizes],
                check=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                stdout=subprocess.DEVNULL,
            )
            (marks,) = [r["marks"] for r in finished(file) if (r["algorithm"], r["seed"]) == (name, seed)]
            print(f"seed {seed}, {name}: " + " ".join(f"{100 * rate:.0f}" for *_, rate in marks), flush=True)


def rate_at(marks: list[list[float]], seconds: float) -> float:
    """Return the smoothed pass rate at the last mark within so many seconds; the untrained policy's is in no mean."""
    return [rate for at, rate in [*smooth(marks[:1]), *smooth(marks[1:])] if at <= seconds][-1]


def rows(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row an algorithm, over the seeds and batches that all of them have: median, and least to most."""
    batches = min(run["marks"][-1][0] for run in runs)
    runs = [
        {
            **run,
            "marks": [mark for mark in run["marks"] if mark[0] <= batches],
            "explained_variance": run["explained_variance"][:batches],
        }
        for run in runs
    ]
    names = [name for name in ALGORITHMS if any(run["algorithm"] == name for run in runs)]
    seeds = set.intersection(*({run["seed"] for run in runs if run["algorithm"] == name} for name in names))
    kept = {name: [r for r in runs if r["algorithm"] == name and r["seed"] in seeds] for name in names}
    budget = {seed: min(r["marks"][-1][1] for r in runs if r["seed"] == seed) for seed in seeds}

    def spread(rates: list[float]) -> str:
        return f"{100 * statistics.median(rates):.1f} ({100 * min(rates):.0f} to {100 * max(rates):.0f})"

    def foreseen(of: list[dict[str, Any]]) -> str:
        ends = [statistics.mean(r["explained_variance"][-LAST:]) for r in of if r["explained_variance"]]
        return f"{statistics.median(ends):.2f} ({min(ends):.2f} to {max(ends):.2f})" if ends else ""

    return [
        {
            "algorithm": name,
            "seeds": len(seeds),
            "pass@1 % at equal samples": spread([smooth(r["marks"][1:])[-1][1] for r in of]),
            "pass@1 % at equal seconds": spread([rate_at(r["marks"], budget[r["seed"]]) for r in of]),
            "explained variance": foreseen(of),
            "CPU s a batch": statistics.median(r["marks"][-1][1] / r["marks"][-1][0] for r in of),
        }
        for name, of in kept.items()
    ]


def main() -> None:
    """Run what is missing, or one run, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--algorithms", nargs="+", choices=ALGORITHMS, default=list(ALGORITHMS), metavar="NAME")
    parser.add_argument("--batches", type=int, default=75, help="of 80 completions")
    parser.add_argument("--every", type=int, default=15, help="batches between two marks")
    parser.add_argument("--one", choices=ALGORITHMS, help="train this one in this process and add its line")
    parser.add_argument("--report", action="store_true", help="only print the table of what there is")
    given = parser.parse_args()
    if given.one:
        line = json.dumps(train(given.one, given.seeds[0], given.batches, given.every))
        with given.file.open("a") as file:
            file.write(line + "\n")
        return
    if not given.report:
        run_missing(given.file, given.algorithms, given.seeds, given.batches, given.every)
    show("algorithms", rows(finished(given.file)))


if __name__ == "__main__":
    main()
