r"""Is feedback used? Two turns beside two single turns of the same policy, and beside two turns with random feedback.

On the set `ambiguous` a first turn can only guess, and the feedback on it tells the answer. On the starter set the
prompt shows the test that the feedback is about. Both sides of a row are measured on the held-out problems at
temperature 1, two conversations each, of which the first turns are the single turns. Each finished run is a line of
FILE, and is not run again.

    OMP_NUM_THREADS=1 python tools/make_embedded_policy.py --repair --output POLICY
    OMP_NUM_THREADS=1 python benchmarks/repair.py repair.jsonl --seeds 0 1 2 3 4 --more --model_name_or_path POLICY
    python benchmarks/repair.py repair.jsonl --report
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from verify_throughput import show

MEASURED = [
    *("--config", "embedded-starter-refine", "--max_completion_length", "240", "--learning_rate", "6e-4"),
    *("--heldout_samples", "2", "--heldout_temperature", "1.0"),
]
STARTER = [*MEASURED, "--max_steps", "30", "--per_device_train_batch_size", "40"]
AMBIGUOUS = [
    *(*MEASURED, "--max_steps", "40", "--num_generations", "8", "--data_name", "ambiguous"),
    *("--data_visible_tests", "none", "--refinement_visible_tests", "1"),
]
RUNS: dict[str, list[str]] = {
    "ambiguous": AMBIGUOUS,
    "ambiguous, random feedback": [*AMBIGUOUS, "--refinement_feedback", "random"],
    "starter, two turns": STARTER,
    "starter, one turn": [*STARTER, "--refinement_turns", "1", "--max_completion_length", "48"],
}
"""Name -> options."""


def train(name: str, seed: int, more: list[str]) -> dict[str, Any]:
    """Train; return the pass rates before and after, by turn and of two single turns."""
    from trl_rlvr.training.measure import measure
    from trl_rlvr.training.refinement.heldout import turns_of_run
    from trl_rlvr.training.run import Run, open_run
    from trl_rlvr.training.spec import parse

    def figures(run: Run, label: str) -> dict[str, Any]:
        found = turns_of_run(run, label)
        if found is not None:
            return {"turns": found.pass_rates, "best_of_two": found.best_of}
        assert run.heldout is not None
        alone = measure(run.trainer, run.heldout, run.verifier, run.spec.run, label=label)
        return {"turns": [alone.pass_at(1)], "best_of_two": alone.pass_at(2)}

    with tempfile.TemporaryDirectory() as folder:
        spec = parse([*RUNS[name], *more, "--seed", str(seed), "--output_dir", folder, "--save_strategy", "no"])
        with open_run(spec) as run:
            before, begun = figures(run, "before"), time.process_time()
            print(f"seed {seed}, {name}, before: {before}", flush=True)
            run.trainer.train()
            seconds = time.process_time() - begun
            after = figures(run, "after")
            steps, logged = run.trainer.state.global_step, run.trainer.state.log_history
    last = [{k: v for k, v in row.items() if k.startswith("refinement/")} for row in logged[-6:-1]]
    return {
        "run": name,
        "seed": seed,
        "updates": steps,
        "cpu_s": seconds,
        "before": before,
        "after": after,
        "last_updates": last,
    }


def finished(file: Path) -> list[dict[str, Any]]:
    """Return the runs that the file holds."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def run_missing(file: Path, names: list[str], seeds: list[int], more: list[str]) -> None:
    """Run what the file lacks, seeds in the outer loop: a partial file compares fairly."""
    for seed in seeds:
        for name in names:
            if any((run["run"], run["seed"]) == (name, seed) for run in finished(file)):
                continue
            found = train(name, seed, more)
            with file.open("a") as lines:
                lines.write(json.dumps(found) + "\n")
            print(f"seed {seed}, {name}: {found['before']} -> {found['after']}", flush=True)


def percent(rates: list[float]) -> str:
    """Return the mean, and least to most where there are several."""
    spread = f" ({100 * min(rates):.1f} to {100 * max(rates):.1f})" if len(rates) > 1 else ""
    return f"{100 * statistics.mean(rates):.1f}{spread}"


def rows(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for each kind of run, before and after: means over its seeds, and least to most."""
    found = []
    for name in RUNS:
        of = [run for run in runs if run["run"] == name]
        for when in ("before", "after") if of else ():
            sides = [run[when] for run in of]
            gains = [side["turns"][-1] - side["best_of_two"] for side in sides if len(side["turns"]) > 1]
            found.append(
                {
                    "run": f"{name}, {when}",
                    "seeds": len(of),
                    "first turn %": percent([side["turns"][0] for side in sides]),
                    "best of two single turns %": percent([side["best_of_two"] for side in sides]),
                    "two turns %": percent([side["turns"][-1] for side in sides]) if gains else "",
                    "two turns less best of two, points": percent(gains) if gains else "",
                }
            )
    return found


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=list(RUNS), help="which kinds")
    parser.add_argument("--report", action="store_true", help="only print the table of what there is")
    parser.add_argument("--more", nargs=argparse.REMAINDER, default=[], help="last: further options of each run")
    given = parser.parse_args()
    if not given.report:
        run_missing(given.file, given.runs, given.seeds, given.more)
    show("repair", rows(finished(given.file)))


if __name__ == "__main__":
    main()
