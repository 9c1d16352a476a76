"""`trl-rlvr filter --output FILE`: keep the problems that a model solves sometimes.

What a model always or never solves teaches it nothing. The kept problems are written as JSONL that `data_name` takes;
they hold their reference solutions, as their source did.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from trl_rlvr.cli.options import CommandParser
from trl_rlvr.data.rows import problem_row


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command's own options; all others are those of `trl-rlvr train`."""
    parser = CommandParser(
        prog="trl-rlvr filter",
        description="Sample a model on problems and keep those with a pass rate between two bounds.",
        epilog="All other options are those of `trl-rlvr train`: --config, --model_name_or_path, --data_name, "
        "--data_test_split (the split to filter; train if left out), --heldout_samples (8 if left out), ...",
    )
    parser.add_argument("--output", required=True, help="JSONL file to write the kept problems to")
    parser.add_argument("--low", type=float, default=0.0, help="pass rate up to which a problem is too hard (0)")
    parser.add_argument("--high", type=float, default=1.0, help="pass rate from which on one is too easy (1)")
    return parser


def main(argv: Sequence[str]) -> int:
    """Measure a model on a split, write the problems in the band and return the exit status.

    Raises:
        ConfigError: no pass rate lies between the bounds.
        RlvrError: as `trl_rlvr.training.evaluate` and `parse` say.
    """
    options, rest = build_parser().parse_known_args(argv)

    from accelerate import PartialState

    from trl_rlvr.training import evaluate, parse
    from trl_rlvr.training.filter import SampleCount, filter_by_pass_rate

    filter_by_pass_rate([], low=options.low, high=options.high)  # refuses bad bounds before anything is sampled
    spec = parse(["--data_test_split", "train", "--heldout_samples", "8", *rest], prog="trl-rlvr filter")
    outcomes = evaluate(spec).outcomes
    counts = [SampleCount(outcome.task_id, outcome.judged, outcome.passed) for outcome in outcomes]
    report = filter_by_pass_rate(counts, low=options.low, high=options.high)
    if PartialState().is_main_process:
        kept = set(report.kept)
        rows = [problem_row(problem) for problem in spec.data.load_test() if problem.task_id in kept]
        Path(options.output).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        print(f"{report.summary()}; written to {options.output}")
    return 0
