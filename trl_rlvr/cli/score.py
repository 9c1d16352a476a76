"""`trl-rlvr score PROBLEMS COMPLETIONS`: one output row for each input row, in order, and a summary on stderr.

Exit status 0 says that every row was scored, not that any of them passed; 1 that the sandbox failed on some.
"""

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from trl_rlvr.cli.completions import CompletionRow, read_completions
from trl_rlvr.cli.options import CommandParser, add_config_options, sandbox_from
from trl_rlvr.cli.output import replacing
from trl_rlvr.cli.problems import problems_named
from trl_rlvr.errors import ConfigError
from trl_rlvr.evaluation import pass_at_k
from trl_rlvr.extraction import Extraction, ExtractionOutcome
from trl_rlvr.problem import TOGETHER
from trl_rlvr.progress import progress
from trl_rlvr.rewards.scores import graded
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.verdict import ExecutionResult, Verdict
from trl_rlvr.verifier import CodeVerifier, Verification

CHUNK = 256
"""Rows verified together: rows come out soon, and the wait for the slowest of a chunk stays small beside the chunk."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = CommandParser(
        prog="trl-rlvr score",
        description="Score completions against the tests of their problems.",
    )
    parser.add_argument("problems", help="mbpp, mbpp_sanitized, humaneval, starter, a Hub id or a local file")
    parser.add_argument("completions", help="JSONL with task_id and completion (text) or solution (code as it is)")
    parser.add_argument("--output", help="file for the rows; standard output if left out")
    parser.add_argument("--split", help="use only this split of the problems")
    parser.add_argument("--k", type=int, nargs="*", default=[1], help="the k of pass@k in the summary (default: 1)")
    add_config_options(parser, SandboxConfig)
    return parser


def main(argv: Sequence[str]) -> int:
    """Score the rows of a file and return the exit status.

    Raises:
        ConfigError: an option is out of its range; nothing has run then.
        DataError: problems or completions cannot be used; nothing has run then.
        SandboxError: the sandbox cannot start.
    """
    options = build_parser().parse_args(argv)
    config = sandbox_from(options)
    problems = {problem.task_id: problem for problem in problems_named(options.problems, options.split)}
    rows = read_completions(options.completions, problems)
    require_samples(options.k, rows)
    start = time.perf_counter()
    results = []
    with (
        replacing(options.output) as output,
        CodeVerifier(config=config, batch_deadline_s=None, fault_rate=1.0) as verifier,
    ):
        for row, verification in zip(rows, verified(rows, verifier), strict=True):
            output.write(json.dumps(output_row(row, verification)) + "\n")
            output.flush()
            results.append(verification.result)
    print(summary(rows, results, options.k, time.perf_counter() - start), file=sys.stderr)
    return 1 if any(result.verdict is Verdict.SANDBOX_ERROR for result in results) else 0


def require_samples(ks: Sequence[int], rows: Sequence[CompletionRow]) -> None:
    """Refuse a k for which some task has too few rows: pass@k needs k of each.

    Raises:
        ConfigError: a k is below 1 or above the rows of a task.
    """
    counts = Counter(row.problem.task_id for row in rows)
    task_id, fewest = min(counts.items(), key=lambda item: item[1])
    for k in ks:
        if k < 1:
            raise ConfigError(f"--k is {k}; give 1 or more")
        if k > fewest:
            raise ConfigError(f"--k is {k}, but task_id {task_id!r} has {fewest} row(s); pass@k needs k of each task")


def verified(rows: Sequence[CompletionRow], verifier: CodeVerifier) -> Iterator[Verification]:
    """Yield what each row showed, in order."""
    with progress(len(rows), "solution") as advance:
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            code = [row for row in chunk if row.is_code]
            text = [row for row in chunk if not row.is_code]
            of_code = iter(verifier.verify_code([row.text for row in code], [row.problem for row in code]))
            of_text = iter(verifier.verify([row.text for row in text], [row.problem for row in text]))
            for row in chunk:
                yield _as_it_is(row, next(of_code)) if row.is_code else next(of_text)
            advance(len(chunk))


def _as_it_is(row: CompletionRow, result: ExecutionResult) -> Verification:
    return Verification(Extraction(ExtractionOutcome.CODE, row.text), result)


def output_row(row: CompletionRow, verification: Verification) -> dict[str, object]:
    """Return one row of the output; the reward is None where the sandbox could not judge."""
    result = verification.result
    return {
        "task_id": row.task_id,
        "verdict": result.verdict.value,
        "passed": result.passed,
        "total": result.total,
        "reward": None if result.verdict is Verdict.SANDBOX_ERROR else graded(verification),
        "error": result.error,
        "cpu_s": round(result.cpu_s, 6),
        "wall_s": round(result.wall_s, 6),
    }


def summary(
    rows: Sequence[CompletionRow], results: Sequence[ExecutionResult], ks: Sequence[int], elapsed_s: float
) -> str:
    """Return the lines about all rows: rate, pass@k as the mean over tasks, verdict counts."""
    by_task: dict[str, list[bool]] = defaultdict(list)
    for row, result in zip(rows, results, strict=True):
        if result.verdict is not Verdict.SANDBOX_ERROR:
            by_task[row.problem.task_id].append(result.verdict is Verdict.PASSED)
    lines = [f"{len(rows)} solutions of {len({row.problem.task_id for row in rows})} tasks in {elapsed_s:.1f} s"]
    lines[0] += f", {len(rows) / elapsed_s:.1f} a second"
    tasks = len({row.problem.task_id for row in rows})
    for k in ks:
        shares = [pass_at_k(len(passed), sum(passed), k) for passed in by_task.values() if len(passed) >= k]
        rate = f"{100 * sum(shares) / len(shares):.1f} %" if shares else "nothing scored"
        some = f" of {len(shares)} of {tasks} tasks, the others could not be judged" if 0 < len(shares) < tasks else ""
        lines.append(f"pass@{k}: {rate}{some}")
    counts = Counter(result.verdict.value for result in results)
    lines.append(", ".join(f"{verdict} {count}" for verdict, count in counts.most_common()))
    together = sum(result.isolation == TOGETHER for result in results)
    if together:
        lines.append(f"{together} were judged together with their tests: a verdict could be forged")
    return "\n".join(lines)
