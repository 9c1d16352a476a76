"""`trl-rlvr compare RUN RUN ...`: finished runs side by side, with the difference of their held-out results."""

import argparse
from collections.abc import Sequence

from trl_rlvr.cli.options import CommandParser
from trl_rlvr.errors import ConfigError
from trl_rlvr.report import compare_runs, read_run


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = CommandParser(
        prog="trl-rlvr compare",
        description="Hold finished runs against the first of them, on the held-out problems that they share.",
    )
    parser.add_argument("runs", nargs="+", metavar="RUN", help="output_dir of a finished run or of `eval`; two or more")
    parser.add_argument(
        "--pool", action="store_true", help="also all but the first together, as seeds of one experiment"
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Print the tables and return the exit status.

    Raises:
        ConfigError: fewer than two runs.
        DataError: a folder holds no finished run, or two share no held-out problem.
    """
    options = build_parser().parse_args(argv)
    if len(options.runs) < 2:
        raise ConfigError("compare takes two runs or more; give the output_dir of each")
    print(compare_runs([read_run(run) for run in options.runs], pool=options.pool).table())
    return 0
