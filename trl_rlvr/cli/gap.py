"""`trl-rlvr gap PROBLEMS COMPLETIONS --visible 1`: pass rates on visible, hidden and augmented tests, side by side.

The augmented tests are those of a file that `trl-rlvr harden` wrote; other problems have none.
"""

import argparse
from collections.abc import Sequence

from trl_rlvr.cli.completions import read_completions
from trl_rlvr.cli.options import CommandParser, add_config_options, sandbox_from
from trl_rlvr.cli.problems import problems_named
from trl_rlvr.cli.score import verified
from trl_rlvr.data.prompts import count_visible
from trl_rlvr.hardening import Gap, read_augmented, with_augmented
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.tiers import Tiers
from trl_rlvr.verdict import Verdict
from trl_rlvr.verifier import CodeVerifier


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = CommandParser(
        prog="trl-rlvr gap",
        description="Compare pass rates on the tests that the prompt shows with those on the tests that it does not.",
    )
    parser.add_argument("problems", help="a file that `trl-rlvr harden` wrote, or any other problems")
    parser.add_argument("completions", help="JSONL with task_id and completion (text) or solution (code as it is)")
    parser.add_argument("--visible", default="all", help="tests that the prompt showed: all, none or a number")
    parser.add_argument("--split", help="use only this split of the problems")
    add_config_options(parser, SandboxConfig)
    return parser


def main(argv: Sequence[str]) -> int:
    """Print the table and return the exit status.

    Raises:
        ConfigError: an option is out of its range.
        DataError: problems or completions cannot be used; nothing has run then.
        SandboxError: the sandbox cannot start.
    """
    options = build_parser().parse_args(argv)
    visible = count_visible(options.visible)
    config = sandbox_from(options)
    problems = problems_named(options.problems, options.split)
    new = read_augmented(options.problems)
    all_tests = {p.task_id: with_augmented(p, new.get(p.task_id, ())) for p in problems}
    rows = read_completions(options.completions, all_tests)
    with CodeVerifier(config=config, batch_deadline_s=None, fault_rate=1.0) as verifier:
        results = [verification.result for verification in verified(rows, verifier)]
    counts = [(row.problem.total, len(new.get(row.problem.task_id, ()))) for row in rows]
    tiers = [Tiers.of(total - augmented, augmented, visible) for total, augmented in counts]
    print(Gap.of(list(zip(tiers, results, strict=True))).table())
    return 1 if any(result.verdict is Verdict.SANDBOX_ERROR for result in results) else 0
