"""`trl-rlvr harden PROBLEMS --output FILE`: new tests from each reference, and how much more they catch.

The rows are MBPP's with a field `augmented_tests`; nothing uses that field for verdicts unless `--append` is given.
"""

import argparse
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence

from trl_rlvr.cli.options import CommandParser, add_config_options, sandbox_from
from trl_rlvr.cli.output import replacing
from trl_rlvr.cli.problems import problems_named
from trl_rlvr.errors import ConfigError
from trl_rlvr.hardening import Augmentation, Strength, augment_problems, hardened_row, measure_strength
from trl_rlvr.problem import CodeProblem
from trl_rlvr.progress import progress
from trl_rlvr.sandbox import SandboxConfig, open_sandbox
from trl_rlvr.terminal import printable

CHUNK = 16
"""Problems worked on together: enough to keep the workers busy, few enough to see progress."""

Hardened = tuple[Augmentation, Strength | None]


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = CommandParser(
        prog="trl-rlvr harden",
        description="Add tests to problems by changing known inputs and asking the reference solution.",
    )
    parser.add_argument("problems", help="mbpp, mbpp_sanitized, humaneval, starter, a Hub id or a local file")
    parser.add_argument("--output", required=True, help="JSONL file to write")
    parser.add_argument("--split", help="use only this split of the problems")
    parser.add_argument("--limit", type=int, help="use only the first so many problems")
    parser.add_argument("--tests", type=int, default=10, help="new tests a problem, at most (default: 10)")
    parser.add_argument("--mutants", type=int, default=20, help="mutants a problem, at most; 0: no strengths")
    parser.add_argument("--seed", type=int, default=0, help="of all chance (default: 0)")
    parser.add_argument("--append", action="store_true", help="put the new tests into test_list too, behind the others")
    add_config_options(parser, SandboxConfig)
    return parser


def main(argv: Sequence[str]) -> int:
    """Write one row a problem, print a table and return the exit status.

    Raises:
        ConfigError: an option is out of its range.
        DataError: the problems cannot be used, or the file cannot be written; nothing has run then.
        SandboxError: the sandbox cannot start.
    """
    options = build_parser().parse_args(argv)
    for name, least in (("tests", 1), ("mutants", 0), ("limit", 1)):
        given = getattr(options, name)
        if given is not None and given < least:
            raise ConfigError(f"--{name} is {given!r}; give {least} or more")
    config = sandbox_from(options)
    problems = problems_named(options.problems, options.split)[: options.limit]
    found = []
    with replacing(options.output) as output:
        for augmentation, strength in hardened(problems, options, config):
            output.write(json.dumps(hardened_row(augmentation, strength, append=options.append)) + "\n")
            found.append((augmentation, strength))
    print(table(found))
    return 0


def hardened(problems: Sequence[CodeProblem], options: argparse.Namespace, config: SandboxConfig) -> Iterator[Hardened]:
    """Yield each problem's new tests and their strength."""
    with open_sandbox(config) as sandbox, progress(len(problems), "problem") as advance:
        for start in range(0, len(problems), CHUNK):
            chunk = augment_problems(problems[start : start + CHUNK], sandbox, tests=options.tests, seed=options.seed)
            strengths: Sequence[Strength | None] = [None] * len(chunk)
            if options.mutants:
                strengths = measure_strength(chunk, sandbox, mutants=options.mutants, seed=options.seed)
            yield from zip(chunk, strengths, strict=True)
            advance(len(chunk))


def table(found: Sequence[Hardened]) -> str:
    """Return what became of all problems, before and after."""
    tests = sum(augmentation.problem.total for augmentation, _ in found)
    new = sum(len(augmentation.tests) for augmentation, _ in found)
    lines = [f"{'':<20}{'before':>10}{'after':>10}", f"{'tests':<20}{tests:>10}{tests + new:>10}"]
    if found:
        lines.append(f"{'tests a problem':<20}{tests / len(found):>10.1f}{(tests + new) / len(found):>10.1f}")
    total = Strength.total(strength for _, strength in found if strength is not None)
    if not math.isnan(total.before):
        lines.append(f"{'strength':<20}{_percent(total.before):>10}{_percent(total.after):>10}")
        caught = (total.caught / total.mutants, total.caught_augmented / total.mutants)
        lines.append(f"{'caught of all':<20}{_percent(caught[0]):>10}{_percent(caught[1]):>10}")
        lines.append(f"{total.mutants} mutants, {total.mistaken} of them known to be mistakes")
    helped = sum(bool(augmentation.tests) for augmentation, _ in found)
    lines.append(f"{helped} of {len(found)} problems have new tests")
    reasons = Counter(augmentation.reason for augmentation, _ in found if augmentation.reason is not None)
    return "\n".join([*lines, *(f"{count:>6} not: {printable(reason)}" for reason, count in reasons.most_common(10))])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
