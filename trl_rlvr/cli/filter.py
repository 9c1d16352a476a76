"""`trl-rlvr filter --output FILE`: keep the training problems that a model solves sometimes.

What a model always or never solves teaches it nothing. Split and limit are those that `train` would train on. The kept
problems are written as JSONL that `data_name` takes; they hold their reference solutions, as their source did.
"""

import argparse
import contextlib
import json
import os
from collections.abc import Sequence

from trl_rlvr.cli.options import CommandParser
from trl_rlvr.cli.output import replacing
from trl_rlvr.data.rows import problem_row
from trl_rlvr.errors import ConfigError


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command's own options; all others are those of `trl-rlvr train`."""
    parser = CommandParser(
        prog="trl-rlvr filter",
        description="Sample a model on its training problems and keep those with a pass rate between two bounds.",
        epilog="All other options are those of `trl-rlvr train`: --config, --model_name_or_path, --data_name, "
        "--data_train_split, --data_train_limit, --heldout_samples (8 if left out), --heldout_temperature, ...",
    )
    parser.add_argument("--output", required=True, help="JSONL file to write the kept problems to")
    parser.add_argument("--low", type=float, default=0.0, help="pass rate up to which a problem is too hard (0)")
    parser.add_argument("--high", type=float, default=1.0, help="pass rate from which on one is too easy (1)")
    return parser


def main(argv: Sequence[str]) -> int:
    """Measure a model on the training problems, write those in the band and return the exit status.

    Raises:
        ConfigError: no pass rate lies between the bounds.
        DataError: the output cannot be written; nothing has been sampled then.
        RlvrError: as `trl_rlvr.training.evaluate` and `parse` say.
    """
    options, rest = build_parser().parse_known_args(argv)
    if any(text.partition("=")[0].replace("-", "_") == "__data_test_split" for text in rest):
        raise ConfigError("--data_test_split says nothing here: give --data_train_split, the split to filter")

    from trl_rlvr.training import evaluate, parse
    from trl_rlvr.training.filter import SampleCount, filter_by_pass_rate

    filter_by_pass_rate([], low=options.low, high=options.high)  # refuses bad bounds before anything is sampled
    spec = parse(["--heldout_samples", "8", *rest], prog="trl-rlvr filter")
    with replacing(options.output) if is_main_process() else contextlib.nullcontext() as output:
        outcomes = evaluate(spec, on="training").outcomes
        counts = [SampleCount(outcome.task_id, outcome.judged, outcome.passed) for outcome in outcomes]
        report = filter_by_pass_rate(counts, low=options.low, high=options.high)
        if output is not None:
            kept = set(report.kept)
            rows = [problem_row(problem) for problem in spec.data.load_train() if problem.task_id in kept]
            output.writelines(json.dumps(row) + "\n" for row in rows)
            print(f"{report.summary()}; written to {options.output}")
    return 0


def is_main_process() -> bool:
    """Tell whether this is the rank that prints and writes, before any process group was made."""
    return os.environ.get("RANK", "0") == "0"
