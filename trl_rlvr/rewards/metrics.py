"""What a verified batch puts into the log: metrics and columns of the completions table.

Every verdict, extraction class and class of reward hacking is logged in each step, zero or not, so that no curve has
holes.
"""

from typing import Any

from trl_rlvr.extraction import ExtractionOutcome
from trl_rlvr.problem import TOGETHER
from trl_rlvr.rewards.batch import VerifiedBatch
from trl_rlvr.rewards.hacking import RewardHack
from trl_rlvr.sandbox import SandboxStats
from trl_rlvr.tiers import tier_rates
from trl_rlvr.verdict import Verdict


def batch_metrics(batch: VerifiedBatch, done: SandboxStats) -> dict[str, float]:
    """Summarise a batch.

    Args:
        batch: at least one row.
        done: what the sandbox did since the batch before.

    Returns:
        Shares from 0 to 1, seconds, and counts. `pass_rate` and `tests_pass_rate` are taken over the rows that the
        sandbox could judge, and are absent where it could judge none; all other shares are taken over all rows.
    """
    rows = len(batch.verifications)
    results = [v.result for v in batch.verifications if v.verdict is not Verdict.SANDBOX_ERROR]
    metrics: dict[str, float] = {}
    if results:
        metrics["pass_rate"] = sum(r.verdict is Verdict.PASSED for r in results) / len(results)
        metrics["tests_pass_rate"] = sum(r.passed / r.total for r in results) / len(results)
    rates = tier_rates(batch.tiers, [v.result for v in batch.verifications])
    metrics |= {f"pass_rate/{tier}": rate for tier, rate in rates.items()}
    for verdict in Verdict:
        metrics[f"verdict/{verdict.value}"] = sum(v.verdict is verdict for v in batch.verifications) / rows
    for outcome in ExtractionOutcome:
        share = sum(v.extraction.outcome is outcome for v in batch.verifications) / rows
        metrics[f"extraction/{outcome.value}"] = share
    for hack in RewardHack:
        metrics[f"reward_hacking/{hack.value}"] = sum(hack in tried for tried in batch.hacks) / rows
    together = sum(v.result.isolation == TOGETHER for v in batch.verifications)
    metrics["verification/together"] = together / rows
    metrics["verification_s"] = batch.seconds
    metrics["sandbox/programs"] = float(done.programs)
    metrics["sandbox/retried"] = float(done.retried)
    metrics["sandbox/restarts"] = float(done.restarts)
    metrics["sandbox/faults"] = float(done.faults)
    return metrics


def batch_columns(batch: VerifiedBatch) -> dict[str, list[Any]]:
    """Return what each row showed, one value a row.

    `test_verdicts` names the verdict of every test, in order, and `reward_hacking` what the code tried; both are words
    with blanks between them. `test_tiers` says how many of the tests, from the first on, are visible, hidden and
    augmented; it is empty where that is not known. `test_errors` has a line for each test, empty where it passed.
    """
    return {
        "task_id": [problem.task_id for problem in batch.problems],
        "code": [v.extraction.code or "" for v in batch.verifications],
        "verdict": [v.verdict.value for v in batch.verifications],
        "isolation": [v.result.isolation for v in batch.verifications],
        "passed": [v.result.passed for v in batch.verifications],
        "total": [v.result.total for v in batch.verifications],
        "test_verdicts": [" ".join(test.verdict.value for test in v.result.tests) for v in batch.verifications],
        "test_tiers": [tiers.text() if tiers else "" for tiers in batch.tiers],
        "reward_hacking": [" ".join(sorted(hack.value for hack in tried)) for tried in batch.hacks],
        "error": [v.result.error for v in batch.verifications],
        "test_errors": ["\n".join(test.error for test in v.result.tests) for v in batch.verifications],
    }
