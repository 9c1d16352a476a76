r"""Compare GRPO, PPO (one and four completions a problem) and RLOO at equal samples and at equal seconds.

Every run has the embedded policy and the same problems, rewards, completions an update and number of updates. Seconds
are CPU seconds of the training process, without measuring: they do not depend on what else the machine does.
Verification runs in processes of its own, and costs all algorithms alike. Each finished run is a line of FILE, and is
not run again.

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

ALGORITHMS: dict[str, list[str]] = {
    "GRPO": ["--algorithm", "grpo"],
    "PPO, 1 a problem": ["--algorithm", "ppo", "--num_generations", "1"],
    "PPO, 4 a problem": ["--algorithm", "ppo", "--num_generations", "4"],
    "RLOO": ["--algorithm", "rloo"],
}
"""Name -> options beside those of the algorithm's embedded default."""


def train(name: str, seed: int, every: int) -> dict[str, Any]:
    """Train in this process; return marks of (update, CPU seconds, held-out pass@1), and the logged critic."""
    from transformers import TrainerCallback

    from trl_rlvr.training.measure import measure
    from trl_rlvr.training.run import open_run
    from trl_rlvr.training.spec import parse

    marks: list[tuple[int, float, float]] = []
    explained: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        own = ["--seed", str(seed), "--output_dir", folder, "--save_strategy", "no"]
        spec = parse([*ALGORITHMS[name], *own])
        with open_run(spec) as run:

            class Marks(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
                seconds = 0.0
                since = 0.0

                def mark(self, step: int) -> None:
                    rate = measure(run.trainer, run.heldout, run.verifier, spec.run, label="").pass_at(1)
                    marks.append((step, self.seconds, rate))

                def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                    self.mark(0)
                    self.since = time.process_time()

                def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                    self.seconds += time.process_time() - self.since
                    if state.global_step % every == 0:
                        self.mark(state.global_step)
                    self.since = time.process_time()

                def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
                    explained.append(logs.get("ppo/explained_variance") or 0.0)

            run.trainer.add_callback(Marks())
            run.trainer.train()
    return {"algorithm": name, "seed": seed, "marks": marks, "explained_variance": explained[-11:-1]}


def finished(file: Path) -> list[dict[str, Any]]:
    """Return the runs that the file holds."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def run_missing(file: Path, seeds: list[int], every: int) -> None:
    """Run what the file lacks, one process after the other, seeds in the outer loop: a partial file compares fairly."""
    for seed in seeds:
        for name in ALGORITHMS:
            if any((run["algorithm"], run["seed"]) == (name, seed) for run in finished(file)):
                continue
            command = [sys.executable, __file__, str(file), "--one", name, "--every", str(every), "--seeds", str(seed)]
            subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL)
            marks = finished(file)[-1]["marks"]
            print(f"seed {seed}, {name}: " + " ".join(f"{100 * rate:.0f}" for *_, rate in marks), flush=True)


def rate_at(marks: list[list[float]], seconds: float) -> float:
    """Return the smoothed pass rate at the last mark within so many seconds."""
    return [rate for at, rate in smooth(marks) if at <= seconds][-1]


def rows(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row an algorithm, over the seeds that all of them have: median, and least to most."""
    seeds = set.intersection(*({run["seed"] for run in runs if run["algorithm"] == name} for name in ALGORITHMS))
    kept = {name: [r for r in runs if r["algorithm"] == name and r["seed"] in seeds] for name in ALGORITHMS}
    budget = {seed: min(r["marks"][-1][1] for r in runs if r["seed"] == seed) for seed in seeds}

    def spread(rates: list[float]) -> str:
        return f"{100 * statistics.median(rates):.1f} ({100 * min(rates):.0f} to {100 * max(rates):.0f})"

    return [
        {
            "algorithm": name,
            "seeds": len(seeds),
            "pass@1 % at equal samples": spread([smooth(r["marks"])[-1][1] for r in of]),
            "pass@1 % at equal seconds": spread([rate_at(r["marks"], budget[r["seed"]]) for r in of]),
            "CPU s an update": statistics.median(r["marks"][-1][1] / r["marks"][-1][0] for r in of),
        }
        for name, of in kept.items()
    ]


def main() -> None:
    """Run what is missing, or one run, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--every", type=int, default=15, help="updates between two marks")
    parser.add_argument("--one", choices=ALGORITHMS, help="train this one in this process and add its line")
    parser.add_argument("--report", action="store_true", help="only print the table of what there is")
    given = parser.parse_args()
    if given.one:
        line = json.dumps(train(given.one, given.seeds[0], given.every))
        with given.file.open("a") as file:
            file.write(line + "\n")
        return
    if not given.report:
        run_missing(given.file, given.seeds, given.every)
    show("algorithms", rows(finished(given.file)))


if __name__ == "__main__":
    main()
