"""`trl-rlvr check PROBLEMS`: which problems the sandbox cannot score fairly, and why.

A problem is listed when its own reference fails or a wrong program passes. A listed problem is no failure of the check.
Without a reference only the wrong programs can be tried; how many problems that are is said at the end.
"""

import argparse
import sys
from collections.abc import Sequence

from trl_rlvr.cli.options import CommandParser, add_config_options, sandbox_from
from trl_rlvr.cli.problems import load_said
from trl_rlvr.errors import RowError
from trl_rlvr.progress import progress
from trl_rlvr.sandbox import SandboxConfig, open_sandbox
from trl_rlvr.terminal import printable
from trl_rlvr.validation.gate import ProblemCheck, check_problems

CHUNK = 64
"""Problems checked together: some hundred programs, enough for all workers, few enough to see progress."""


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
    config = sandbox_from(options)
    loaded = load_said(options.problems, options.split)
    problems = loaded.problems
    for row in loaded.set_aside:
        if not row.used:
            print(f"{printable(row.where)}\t{printable(str(RowError(row.where, row.field, row.what)))}", flush=True)
    checks: list[ProblemCheck] = []
    with open_sandbox(config) as sandbox, progress(len(problems), "problem") as advance:
        for start in range(0, len(problems), CHUNK):
            chunk = check_problems(problems[start : start + CHUNK], sandbox)
            for check in chunk:
                if check.reason is not None:
                    print(f"{printable(check.problem.task_id)}\t{printable(check.reason)}", flush=True)
                elif check.together is not None:
                    why = f"is judged together with the solution: {check.together}"
                    print(f"{printable(check.problem.task_id)}\t{printable(why)}", flush=True)
            checks += chunk
            advance(len(chunk))
    print(summary(checks), file=sys.stderr)
    return 0


def summary(checks: Sequence[ProblemCheck]) -> str:
    """Return the line about all problems."""
    set_aside = sum(check.reason is not None for check in checks)
    text = f"{set_aside} of {len(checks)} problems to set aside"
    together = sum(check.together is not None for check in checks)
    if together:
        text += f", {together} are judged together with the solution, so that a verdict could be forged"
    unproven = [check.problem for check in checks if check.reason is None and check.problem.reference_solution is None]
    if not unproven:
        return text
    return (
        f"{text}; {len(unproven)} could not be checked but by wrong programs, since they have no reference solution: "
        + printable(", ".join(problem.task_id for problem in unproven[:5]) + (", ..." if len(unproven) > 5 else ""))
    )
