"""`trl-rlvr check PROBLEMS`: which problems the sandbox cannot score fairly, and why.

A problem is listed when its own reference fails or a wrong program passes. A listed problem is no failure of the check.
"""

import argparse
import sys
from collections.abc import Sequence

from trl_rlvr.cli.options import CommandParser, add_config_options, config_from
from trl_rlvr.data import load_problems
from trl_rlvr.sandbox import SandboxConfig, open_sandbox
from trl_rlvr.validation.gate import check_problems


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = CommandParser(
        prog="trl-rlvr check",
        description="Run each problem's reference and some wrong programs; list the problems to set aside.",
    )
    parser.add_argument("problems", help="mbpp, mbpp_sanitized, humaneval, starter, a Hub id or a local file")
    parser.add_argument("--split", help="use only this split of the problems")
    add_config_options(parser, SandboxConfig)
    return parser


def main(argv: Sequence[str]) -> int:
    """Print one line for each problem to set aside and return the exit status.

    Raises:
        DataError: the problems cannot be used.
        SandboxError: the sandbox cannot start.
    """
    options = build_parser().parse_args(argv)
    problems = load_problems(options.problems, options.split)
    with open_sandbox(config_from(SandboxConfig, options)) as sandbox:
        checks = check_problems(problems, sandbox)
    set_aside = [check for check in checks if check.reason is not None]
    for check in set_aside:
        print(f"{check.problem.task_id}\t{check.reason}")
    print(f"{len(set_aside)} of {len(checks)} problems to set aside", file=sys.stderr)
    return 0
