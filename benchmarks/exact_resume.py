"""Kill a run by SIGKILL again and again, let it go on each time, and compare its end with that of an unbroken run.

Both are `trl-rlvr train` on the embedded policy and the starter set, with a curriculum, so that more than weights has
to come back. A kill strikes right behind the update that is named, whose checkpoint may be whole, half-written or
missing.

    python benchmarks/exact_resume.py FOLDER --steps 12 --kills 3 6 7
"""

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

OPTIONS = {
    "seed": 5,
    "per_device_train_batch_size": 16,
    "num_generations": 4,
    "save_steps": 1,
    "data_train_limit": 24,
    "data_test_limit": 20,
    "data_check": "none",
    "curriculum_focus": 1.0,
    "heldout_every": 4,
    "sandbox_workers": 1,
}
CLOCKS = ("step_time", "verification_s", "sandbox/programs", "sandbox/retried", "sandbox/restarts")
"""Keys of the metrics that a clock decides, or a cache of verdicts that died with its process."""


def command(folder: Path, steps: int, **more: object) -> list[str]:
    """Return the command of a run."""
    given = {**OPTIONS, "output_dir": folder, "max_steps": steps, **more}
    words = [text for name, value in given.items() for text in (f"--{name}", str(value))]
    return [sys.executable, "-m", "trl_rlvr", "train", *words]


def killed_behind(folder: Path, steps: int, at: int) -> None:
    """Run until an update's completions are written, then kill."""
    log = (folder.parent / "killed.log").open("a")
    run = subprocess.Popen(command(folder, steps, resume_from_checkpoint="last"), stdout=log, stderr=log)
    while not (folder / "completions" / f"step-{at:06d}.jsonl").is_file():
        if run.poll() is not None:
            raise SystemExit(f"the run ended before update {at}; see {log.name}")
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the records of a file of JSON lines, without what a clock decides."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: value for key, value in row.items() if key not in CLOCKS} for row in rows]


def figures(folder: Path, steps: int) -> dict[str, Any]:
    """Return what a run has ended with, by the name in the table."""
    report = json.loads((folder / "rlvr_report.json").read_text())
    return {
        "weights": load_file(folder / "model.safetensors"),
        "curriculum": json.loads((folder / f"checkpoint-{steps}" / "curriculum.json").read_text()),
        "metrics of every update": lines(folder / "metrics.jsonl"),
        "completions of every update": [
            (folder / "completions" / f"step-{step:06d}.jsonl").read_text() for step in range(1, steps + 1)
        ],
        "held-out measures": lines(folder / "heldout.jsonl"),
        "figures of the report": [report["baseline"], report["rlvr"]],
    }


def same(one: Any, other: Any) -> bool:
    """Tell whether two are equal; of tensors each bit."""
    if isinstance(one, dict) and all(isinstance(value, torch.Tensor) for value in one.values()):
        return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())
    return bool(one == other)


def main() -> None:
    """Run both, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a new folder for both runs")
    parser.add_argument("--steps", type=int, default=12, help="updates")
    parser.add_argument("--kills", type=int, nargs="+", default=[3, 6, 7], help="behind which updates to kill")
    options = parser.parse_args()
    unbroken, broken = options.folder / "unbroken", options.folder / "broken"
    options.folder.mkdir(parents=True)
    subprocess.run(command(unbroken, options.steps), check=True, stdout=subprocess.DEVNULL)
    for at in options.kills:
        killed_behind(broken, options.steps, at)
    last = command(broken, options.steps, resume_from_checkpoint="last")
    subprocess.run(last, check=True, stdout=subprocess.DEVNULL)

    print("| compared | equal |")
    print("| --- | --- |")
    wanted, found = figures(unbroken, options.steps), figures(broken, options.steps)
    for name, value in wanted.items():
        print(f"| {name} | {'yes' if same(value, found[name]) else 'no'} |")


if __name__ == "__main__":
    main()
