"""`trl-rlvr push RUN`: put the model of a finished run on the Hub, as `push_to_hub` does at its end."""

import argparse
from collections.abc import Sequence

from trl_rlvr.cli.options import CommandParser

WEIGHTS = ("adapter", "merged", "both")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = CommandParser(prog="trl-rlvr push", description="Push the folder of a finished run to the Hub.")
    parser.add_argument("run", help="output_dir of the run")
    parser.add_argument("--repo", help="owner/name; by default the run's hub_model_id, else the folder's name")
    parser.add_argument("--private", action="store_true", default=None, help="make a new repository private")
    parser.add_argument("--revision", help="branch to push to (the run's hub_revision, else main)")
    parser.add_argument("--weights", choices=WEIGHTS, help="of a LoRA run (the run's hub_weights, else adapter)")
    parser.add_argument(
        "--completions", action="store_true", default=None, help="push the completions too, as a data set"
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Push a run and return the exit status.

    Raises:
        ConfigError: there is no such run, or it has no model.
        TrainingError: the Hub did not take it.
    """
    options = build_parser().parse_args(argv)

    from trl_rlvr.training.publish import push_run, run_folder

    address = push_run(
        run_folder(options.run),
        options.repo,
        private=options.private,
        revision=options.revision,
        weights=options.weights,
        completions=options.completions,
    )
    print(f"pushed: {address}")
    return 0
