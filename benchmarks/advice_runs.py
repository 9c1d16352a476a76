"""Makes short runs of the embedded policy, healthy ones and ones gone wrong, and keeps their metrics for a test.

    python benchmarks/advice_runs.py                      all of them, minutes on idle cores
    python benchmarks/advice_runs.py --only rloo ppo      some
    python benchmarks/advice_runs.py --only grpo --run outputs/embedded-starter     from a run that was made before

Each becomes one file of `tests/report/recorded/`: its options, and the columns of metrics that the rules of the advice
read, rounded to four digits. The file says which advice the run was given; an empty list is a healthy run.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trl_rlvr.report import RunRecord, advise, read_run
from trl_rlvr.report.history import History

RECORDED = Path(__file__).parents[1] / "tests" / "report" / "recorded"

SHORT = {"max_steps": 24, "per_device_train_batch_size": 16, "data_test_limit": 30, "data_check": "none"}

RUNS: dict[str, dict[str, Any]] = {
    "grpo": {"config": "embedded-starter", "seed": 0},
    "grpo_short": {"config": "embedded-starter", **SHORT},
    "rloo": {"config": "embedded-starter-rloo", **SHORT},
    "ppo": {"config": "embedded-starter-ppo", **SHORT},
    "curriculum": {"config": "embedded-starter", **SHORT, "curriculum_focus": 1.0},
    "truncated": {"config": "embedded-starter", **SHORT, "max_steps": 6, "max_completion_length": 8},
    "invalid_code": {"config": "embedded-starter", **SHORT, "max_steps": 6, "temperature": 2.0},
    "no_signal": {"config": "embedded-starter", **SHORT, "max_steps": 6, "temperature": 0.01},
    "no_code": {"config": "embedded-starter-refine", **SHORT},
    "unstable": {"config": "embedded-starter", **SHORT, "learning_rate": 0.003},
}
"""Name -> options; the first five are healthy, of the others each goes wrong in the way of its name."""

KEPT = ("pass_rate", "reward", "frac_reward_zero_std", "grad_norm", "step_time", "verification_s", "sandbox/faults")
KEPT_OF = ("verdict/", "extraction/", "reward_hacking/", "ppo/value_loss")


def main() -> None:
    """Make the runs that were asked for, keep them, and print what the advice says of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=RUNS, default=list(RUNS), help="which runs")
    parser.add_argument("--run", help="folder of a run of the same options, made before")
    options = parser.parse_args()
    for name in options.only:
        with tempfile.TemporaryDirectory() as folder:
            keep(name, made(name, folder) if options.run is None else read_run(options.run))


def made(name: str, folder: str) -> RunRecord:
    """Make a run and return what it wrote."""
    from trl_rlvr.training import parse, train

    given = {**RUNS[name], "output_dir": folder, "save_strategy": "no", "save_completions": False}
    train(parse([text for key, value in given.items() for text in (f"--{key}", str(value))]))
    return read_run(folder)


def keep(name: str, run: RunRecord) -> None:
    """Write the file of a run, and print what the advice says of it."""
    history = History(run.metrics, run.heldout)
    said = [one.rule.name for one in advise(history)]
    keys = [
        key for key in sorted({key for row in run.metrics for key in row}) if key in KEPT or key.startswith(KEPT_OF)
    ]
    content = {
        "options": RUNS[name],
        "updates": len(run.metrics),
        "advice": said,
        "heldout": [rounded(row.get("heldout/pass@1")) for row in run.heldout],
        "metrics": {key: [rounded(row.get(key)) for row in run.metrics] for key in keys},
    }
    RECORDED.mkdir(exist_ok=True)
    (RECORDED / f"{name}.json").write_text(as_lines(content))
    print(f"{name}: {len(run.metrics)} updates, advice {said}", flush=True)


def as_lines(content: Mapping[str, Any]) -> str:
    """Return JSON with a line for each column of metrics."""
    metrics = ",\n".join(f"  {json.dumps(key)}: {json.dumps(values)}" for key, values in content["metrics"].items())
    head = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in content.items() if key != "metrics")
    return f'{{\n{head},\n "metrics": {{\n{metrics}\n }}\n}}\n'


def rounded(value: Any) -> float | None:
    """Return a number with four digits; None where there is none."""
    return float(f"{value:.4g}") if isinstance(value, int | float) else None


if __name__ == "__main__":
    main()
