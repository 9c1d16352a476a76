"""`trl-rlvr rescore RUN`: a run's completions scored again, under its own options or others in their place."""

import argparse
import contextlib
import json
from collections.abc import Sequence

from trl_rlvr.cli.options import CommandParser, add_config_options
from trl_rlvr.cli.output import replacing
from trl_rlvr.data import load_problems
from trl_rlvr.errors import DataError
from trl_rlvr.progress import progress
from trl_rlvr.report import read_run
from trl_rlvr.report.figures import reward_weights
from trl_rlvr.report.rescoring import Rescoring, options_of, problems_of, rescore
from trl_rlvr.rewards import RewardConfig, build_rewards
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.verifier import CodeVerifier

REMEMBERED_VERDICTS = 20_000
"""Verdicts kept from update to update: a policy writes the same program again and again."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = CommandParser(
        prog="trl-rlvr rescore",
        description="Score the completions of a run again. Options that are left out are the run's own.",
    )
    parser.add_argument("run", help="output_dir of the run")
    parser.add_argument("--problems", help="other tests: a file that `trl-rlvr harden` wrote, or any other problems")
    parser.add_argument("--split", help="use only this split of --problems")
    parser.add_argument("--output", help="JSONL file with old and new verdict and rewards of each completion")
    add_config_options(parser, RewardConfig, only=("reward_preset", "reward_scores"))
    add_config_options(parser, SandboxConfig)
    return parser


def main(argv: Sequence[str]) -> int:
    """Score again, print the difference and return the exit status.

    Raises:
        ConfigError: an option is out of its range.
        DataError: the folder holds no completions, or the problems cannot be loaded.
        SandboxError: the sandbox cannot start.
    """
    options = build_parser().parse_args(argv)
    run = read_run(options.run)
    files = run.completion_files()
    if not files:
        raise DataError(f"{options.run!r} holds no completions; train with save_completions true")
    given = vars(options)
    sandbox = options_of(run, SandboxConfig, given)
    sandbox.require_verifying()
    if options.problems is None:
        problems = problems_of(run)
    else:
        problems = {problem.task_id: problem for problem in load_problems(options.problems, options.split)}
    scores = options_of(run, RewardConfig, {**given, "reward_overlong_tokens": 0})  # it needs token ids
    stored = reward_weights(run.report, run.metrics[-1] if run.metrics else {})
    done = Rescoring()
    with (
        replacing(options.output) if options.output else contextlib.nullcontext() as output,
        CodeVerifier(config=sandbox, memory=REMEMBERED_VERDICTS, batch_deadline_s=None, fault_rate=1.0) as verifier,
        progress(len(files), "update") as advance,
    ):
        for rows in rescore(run, problems, build_rewards(scores, verifier), stored, done):
            if output is not None:
                output.writelines(json.dumps(row) + "\n" for row in rows)
            advance(1)
    print(done.table())
    return 0
