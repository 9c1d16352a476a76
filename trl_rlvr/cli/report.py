"""`trl-rlvr report RUN`: one HTML file that shows a run, and advice on what to change; also while it goes on."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from trl_rlvr.cli.options import CommandParser
from trl_rlvr.errors import ConfigError
from trl_rlvr.report import advise, read_run, write_page
from trl_rlvr.report.history import History
from trl_rlvr.report.samples import MOST_ROWS


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = CommandParser(prog="trl-rlvr report", description="Write a page that shows a run.")
    parser.add_argument("run", help="output_dir of the run")
    parser.add_argument("--output", type=Path, help="file for the page; report.html in the run's folder if left out")
    parser.add_argument("--rows", type=int, default=MOST_ROWS, help=f"completions to show (default: {MOST_ROWS})")
    return parser


def main(argv: Sequence[str]) -> int:
    """Write the page, print the advice and return the exit status.

    Raises:
        ConfigError: an option is out of its range.
        DataError: the folder holds no run.
    """
    options = build_parser().parse_args(argv)
    if options.rows < 1:
        raise ConfigError(f"--rows is {options.rows}; give 1 or more")
    run = read_run(options.run)
    print(f"written to {write_page(run, options.output, most_rows=options.rows)}")
    for one in advise(History(run.metrics, run.heldout)):
        print(f"advice: {one}")
    return 0
