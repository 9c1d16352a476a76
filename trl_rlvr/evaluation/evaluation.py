"""What one policy showed on a set of problems, and the figures that sum it up.

Samples that the sandbox could not judge are left out of every figure and counted apart; a problem without any other
sample is left out as well.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from trl_rlvr.errors import ConfigError
from trl_rlvr.evaluation.estimators import bootstrap_interval, pass_at_k, pass_hat_k
from trl_rlvr.evaluation.skill import SampleCounts
from trl_rlvr.problem import APART, TOGETHER, CodeProblem
from trl_rlvr.verdict import Verdict
from trl_rlvr.verifier import Verification

_MALFORMED = {Verdict.NO_CODE, Verdict.MISSING_ENTRY_POINT, Verdict.SYNTAX_ERROR}
"""Verdicts about the format; a text that was cut off does not parse."""


def _mean(values: Iterable[float]) -> float:
    values = [value for value in values if not math.isnan(value)]
    return math.fsum(values) / len(values) if values else math.nan


@dataclass(frozen=True, slots=True)
class ProblemOutcome:
    """The samples of one problem."""

    task_id: str
    verdicts: tuple[Verdict, ...]
    """One a sample, SANDBOX_ERROR included."""
    rewards: tuple[float, ...]
    """One a sample that the sandbox could judge, in order."""
    isolation: str = APART
    """`together` where tests and program shared a process, so that a verdict can be forged."""
    mended: tuple[Verdict, ...] = ()
    """One a sample: its verdict if its format were right (`format_oracle`); empty where nobody asked."""

    @property
    def judged(self) -> int:
        """How many samples the sandbox could judge."""
        return len(self.rewards)

    @property
    def passed(self) -> int:
        """How many samples passed all tests."""
        return self.verdicts.count(Verdict.PASSED)

    @property
    def malformed(self) -> int:
        """How many samples fail by their format: there is no whole program, or the mended one passes."""
        mended = self.mended or self.verdicts
        return sum(
            own in _MALFORMED or (best is Verdict.PASSED and own is not Verdict.PASSED)
            for own, best in zip(self.verdicts, mended, strict=True)
        )

    @property
    def counts(self) -> SampleCounts:
        """The judged samples by how they ended."""
        return SampleCounts(self.judged, self.passed, self.malformed)


@dataclass(frozen=True)
class Evaluation:
    """The outcomes of one policy on a set of problems."""

    outcomes: tuple[ProblemOutcome, ...]

    @classmethod
    def of(
        cls,
        problems: Sequence[CodeProblem],
        verifications: Sequence[Sequence[Verification]],
        score: Callable[[Verification], float],
        mended: Sequence[Sequence[Verdict]] | None = None,
    ) -> Self:
        """Sum up verified samples.

        Args:
            problems: each once.
            verifications: the samples of each problem, in the same order; any number each.
            score: the reward of a sample, for the mean reward.
            mended: the verdict of each sample if its format were right; None: nobody asked.

        Raises:
            ConfigError: the two differ in length, or a task id occurs twice.
        """
        if len(problems) != len(verifications):
            raise ConfigError(f"got samples of {len(verifications)} problems for {len(problems)} problems")
        task_id, times = Counter(problem.task_id for problem in problems).most_common(1)[0] if problems else ("", 0)
        if times > 1:
            raise ConfigError(f"task_id {task_id!r} occurs {times} times; put all its samples into one row")
        return cls(
            tuple(
                ProblemOutcome(
                    problem.task_id,
                    tuple(sample.verdict for sample in samples),
                    tuple(score(sample) for sample in samples if sample.verdict is not Verdict.SANDBOX_ERROR),
                    problem.isolation,
                    tuple(mended[place]) if mended is not None else (),
                )
                for place, (problem, samples) in enumerate(zip(problems, verifications, strict=True))
            )
        )

    @property
    def judged(self) -> tuple[ProblemOutcome, ...]:
        """Problems with at least one sample that the sandbox could judge."""
        return tuple(outcome for outcome in self.outcomes if outcome.judged)

    @property
    def together(self) -> int:
        """How many problems were judged together with the solution."""
        return sum(outcome.isolation == TOGETHER for outcome in self.outcomes)

    @property
    def mean_reward(self) -> float:
        """Mean over problems of the mean reward of their samples; NaN if none was judged."""
        return _mean(_mean(outcome.rewards) for outcome in self.judged)

    @property
    def verdict_counts(self) -> dict[Verdict, int]:
        """How many samples ended in each verdict; verdicts that did not occur are absent."""
        return dict(Counter(verdict for outcome in self.outcomes for verdict in outcome.verdicts))

    def problems_with(self, k: int) -> int:
        """How many problems have k judged samples or more: those that `pass_at(k)` is about."""
        return sum(outcome.judged >= k for outcome in self.outcomes)

    def pass_at(self, k: int) -> float:
        """Mean pass@k over the problems that have k judged samples; NaN if none has."""
        return _mean(pass_at_k(outcome.judged, outcome.passed, k) for outcome in self.judged)

    def pass_hat(self, k: int) -> float:
        """Mean pass^k over the problems that have k judged samples; NaN if none has."""
        return _mean(pass_hat_k(outcome.judged, outcome.passed, k) for outcome in self.judged)

    @property
    def mended_pass_rate(self) -> float:
        """Pass@1 if the format of every sample were right, over the same problems; NaN where nobody asked."""
        return _mean(outcome.mended.count(Verdict.PASSED) / outcome.judged for outcome in self.judged if outcome.mended)

    def interval(self, *, seed: int = 0) -> tuple[float, float]:
        """95 % bootstrap interval of pass@1 over the problems."""
        return bootstrap_interval([pass_at_k(o.judged, o.passed, 1) for o in self.judged], seed=seed)

    def as_dict(self, ks: Sequence[int] = (1,)) -> dict[str, Any]:
        """Return the figures, ready for JSON; what does not exist is None."""
        low, high = self.interval()
        return {
            "problems": len(self.outcomes),
            "together": self.together,
            "samples": sum(len(outcome.verdicts) for outcome in self.outcomes),
            "not_judged": self.verdict_counts.get(Verdict.SANDBOX_ERROR, 0),
            "pass_at": {str(k): or_none(self.pass_at(k)) for k in ks},
            "pass_hat": {str(k): or_none(self.pass_hat(k)) for k in ks},
            "pass_at_1_interval": [or_none(low), or_none(high)],
            "format_mended_pass_at_1": or_none(self.mended_pass_rate),
            "mean_reward": or_none(self.mean_reward),
            "verdicts": {verdict.value: count for verdict, count in sorted_counts(self.verdict_counts)},
            "by_problem": {o.task_id: asdict(o.counts) for o in self.outcomes},
        }


def or_none(value: float) -> float | None:
    """Return None for NaN, which JSON does not have."""
    return None if math.isnan(value) else value


def sorted_counts(counts: dict[Verdict, int]) -> list[tuple[Verdict, int]]:
    """Sort verdict counts, the most frequent first."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0].value))
