r"""Measure how fast a policy learns with this project and with a plain TRL script, on paired seeds.

Every side trains the same model on the same problems with the same seeds and number of updates, and with the same
arguments but those that its name tells, each run in a process of its own, in turn, another side first each time. Every
few updates the clock stops, and the held-out pass@1 is measured in the same way for all. `plain_script.py` is the other
side; each feature is also switched off alone.

    python benchmarks/learning_speed.py --seeds 0 1 2 3 4 --sides ours "plain, 40 an update"
    python benchmarks/learning_speed.py --seeds 0 1 2 3 4 --sides "ours, same draws" plain
    python benchmarks/learning_speed.py --seeds 0 1 2 --sides ours "every row forwarded" "subprocess reward"
    python benchmarks/learning_speed.py --seeds 0 --every 0 -- --config smollm2-135m-mbpp.yaml \
        --model_name_or_path FOLDER --data_name mbpp.jsonl --use_cpu true --bf16 false

What stands behind `--` are options of the run, the same for all sides; without any it is the embedded default.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from learning_side import SIDES
from verify_throughput import show

SMOOTHED = 3
"""Marks in a moving mean: one mark of a hundred problems is off by several points, for whoever it favours."""


def run_side(side: str, seed: int, every: int, arguments: Sequence[str]) -> dict[str, Any]:
    """Train one side in a process of its own and return what it wrote down."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        options = [*arguments, "--seed", str(seed), "--output_dir", folder, "--save_strategy", "no"]
        command = [sys.executable, str(Path(__file__).with_name("learning_side.py")), side, str(every), str(file)]
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
        figures: dict[str, Any] = json.loads(file.read_text())
    shown = f"{figures['seconds']:.1f} s, " + " ".join(f"{100 * rate:.0f}" for _, _, rate in figures["marks"])
    print(f"seed {seed}, {side}: {shown}", flush=True)
    return figures


def smooth(marks: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """Return (seconds, pass rate) of each mark, the rate as the mean of it and the marks just before it."""
    rates = [rate for *_, rate in marks]
    means = [statistics.mean(rates[max(0, last - SMOOTHED + 1) : last + 1]) for last in range(len(rates))]
    return [(seconds, rate) for (_, seconds, _), rate in zip(marks, means, strict=True)]


def seconds_to(rate: float, marks: Sequence[Sequence[float]]) -> float:
    """Return the clock's seconds at the first mark that reached a pass rate; infinite if none did."""
    return next((seconds for seconds, reached in smooth(marks) if reached >= rate), math.inf)


def learning_rows(found: dict[str, list[dict[str, Any]]], reference: str) -> list[dict[str, Any]]:
    """Return one row a side, medians over seeds; times are to the final pass rate of `reference` on the same seed."""
    finals = {side: [smooth(run["marks"])[-1][1] for run in runs] for side, runs in found.items()}
    times = {
        side: [seconds_to(rate, run["marks"]) for run, rate in zip(runs, finals[reference], strict=True)]
        for side, runs in found.items()
    }
    rows = []
    for side, to_target in times.items():
        shares = [ours / theirs for ours, theirs in zip(to_target, times[reference], strict=True)]
        rows.append(
            {
                "side": side,
                "final pass@1 %": 100 * statistics.median(finals[side]),
                f"s to the final rate of {reference}": statistics.median(to_target),
                f"of the time of {reference}": statistics.median(shares),
                "per seed": " ".join(f"{share:.2f}" for share in shares),
            }
        )
    return rows


def cost_rows(found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return what an iteration of each side costs, and where its time goes; medians over seeds."""
    rows = []
    for side, runs in found.items():

        def median(value: Callable[[dict[str, Any]], float], runs: list[dict[str, Any]] = runs) -> float:
            return statistics.median(value(run) for run in runs)

        row = {"side": side, "s an iteration": median(lambda run: run["seconds"] / run["steps"])}
        for phase in ("generation", "verification", "update"):
            row[f"{phase} %"] = median(lambda run: 100 * run["phases"][phase] / run["seconds"])  # noqa: B023
        row["tokens sampled"] = median(lambda run: run["tokens"])
        row["rows forwarded %"] = median(lambda run: 100 * run["rows"])
        rows.append(row)
    return rows


def main() -> None:
    """Run all sides on all seeds and print the tables."""
    arguments = sys.argv[1:]
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=["ours", "plain"])
    parser.add_argument("--every", type=int, default=10, help="updates between two marks; 0: no marks")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args(own)
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in options.sides}
    for turn, seed in enumerate(options.seeds):
        first = turn % len(options.sides)
        for side in options.sides[first:] + options.sides[:first]:
            found[side].append(run_side(side, seed, options.every, arguments[len(own) + 1 :]))
    if options.every:
        reference = next((side for side in found if side.startswith("plain")), options.sides[0])
        show("learning", learning_rows(found, reference))
    show("cost", cost_rows(found))
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
