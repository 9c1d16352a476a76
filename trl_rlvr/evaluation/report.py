"""Before and after: the final table of a run, and the record of what made it.

The interval of the improvement is that of the paired difference, problem by problem: narrower than the two intervals
beside each other suggest.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trl_rlvr.evaluation.estimators import bootstrap_interval
from trl_rlvr.evaluation.evaluation import Evaluation, ProblemOutcome, or_none
from trl_rlvr.evaluation.skill import skill_gained

_WIDTHS = (31, 16, 16)
_WIDTH = 80


def _row(metric: str, baseline: str, trained: str, improvement: str) -> str:
    cells = zip((metric, baseline, trained), _WIDTHS, strict=True)
    return "".join(cell.ljust(width) for cell, width in cells) + improvement


def _percent(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{100 * value:.1f}%"


def _number(value: float, form: str = ".3f") -> str:
    return "n/a" if math.isnan(value) else format(value, form)


def _points(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{100 * value:+.1f}pp"


def _short(name: str) -> str:
    """Cut a name to its cell, at its beginning, as a path says most at its end."""
    width = _WIDTHS[0] - 1
    return name if len(name) <= width else f"Pass@1 ...{name[-(width - 10) :]}"


@dataclass(frozen=True)
class EvaluationReport:
    """A policy before and after training, on the same problems."""

    baseline: Evaluation
    trained: Evaluation
    ks: tuple[int, ...] = (1,)
    """The k of each pass@k to show."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What made the figures, ready for JSON: configuration, versions, seed, seconds."""

    others: Mapping[str, tuple[Evaluation, Evaluation]] = field(default_factory=dict)
    """Other sets before and after, by name."""

    @property
    def improvement(self) -> float:
        """Rise of pass@1, as a share: 0.34 is 34 percentage points."""
        return self.trained.pass_at(1) - self.baseline.pass_at(1)

    @property
    def skill(self) -> float:
        """The part of the improvement that is not format (`skill_gained`); NaN if unknown."""
        gained = [skill_gained(first.counts, last.counts) for first, last in self._pairs()]
        return math.fsum(gained) / len(gained) if gained else math.nan

    def improvement_interval(self, *, seed: int = 0) -> tuple[float, float]:
        """95 % bootstrap interval of the improvement, over the problems that both evaluations could judge."""
        return bootstrap_interval(
            [last.passed / last.judged - first.passed / first.judged for first, last in self._pairs()], seed=seed
        )

    def _pairs(self) -> list[tuple[ProblemOutcome, ProblemOutcome]]:
        before = {outcome.task_id: outcome for outcome in self.baseline.judged}
        return [(before[last.task_id], last) for last in self.trained.judged if last.task_id in before]

    def table(self, title: str = "FINAL RESULTS") -> str:
        """Return the final table, without a newline at its end."""
        rows = [_row("Metric", "Baseline", "RLVR", "Improvement"), "-" * _WIDTH]
        for k in self.ks:
            before, after = self.baseline.pass_at(k), self.trained.pass_at(k)
            rows.append(_row(f"Pass@{k}", _percent(before), _percent(after), _points(after - before)))
        before, after = self.baseline.mended_pass_rate, self.trained.mended_pass_rate
        if not math.isnan(after - before):
            rows.append(_row("Pass@1, format mended", _percent(before), _percent(after), _points(after - before)))
        before, after = self.baseline.mean_reward, self.trained.mean_reward
        rows.append(_row("Mean Reward", _number(before), _number(after), _number(after - before, "+.3f")))
        for name, (first, last) in self.others.items():
            before, after = first.pass_at(1), last.pass_at(1)
            rows.append(_row(_short(f"Pass@1 {name}"), _percent(before), _percent(after), _points(after - before)))
        rule = "=" * _WIDTH
        return "\n".join([rule, title, rule, *rows, rule, *self._notes()])

    def _notes(self) -> list[str]:
        low, high = self.improvement_interval()
        samples = sum(len(outcome.verdicts) for outcome in self.trained.outcomes)
        notes = [
            f"{len(self.trained.outcomes)} held-out problems, {samples} samples; "
            f"95 % interval of the improvement of pass@1: {_points(low)} to {_points(high)}"
        ]
        if not math.isnan(self.skill):
            notes.append(f"of it {_points(self.improvement - self.skill)} are format, {_points(self.skill)} are skill")
        notes += [note for k in self.ks if (note := self._coverage(k))]
        if self.trained.together:
            notes.append(
                f"{self.trained.together} problems were judged together with the solution: a verdict could be forged"
            )
        unjudged = sum(len(o.verdicts) - o.judged for e in (self.baseline, self.trained) for o in e.outcomes)
        if unjudged:
            notes.append(f"{unjudged} samples could not be judged and are left out")
        return notes

    def _coverage(self, k: int) -> str:
        """Say how many problems a pass@k is about, where some have too few samples for it."""
        total = len(self.trained.outcomes)
        before, after = self.baseline.problems_with(k), self.trained.problems_with(k)
        if {before, after} <= {0, total}:
            return ""
        return f"pass@{k} is of the problems with {k} or more judged samples: {before} and {after} of {total}"

    def as_dict(self) -> dict[str, Any]:
        """Return figures and details, ready for JSON; what does not exist is None."""
        low, high = self.improvement_interval()
        return {
            "baseline": self.baseline.as_dict(self.ks),
            "rlvr": self.trained.as_dict(self.ks),
            "improvement": {
                "pass_at_1": or_none(self.improvement),
                "pass_at_1_interval": [or_none(low), or_none(high)],
                "format": or_none(self.improvement - self.skill),
                "skill": or_none(self.skill),
                "mean_reward": or_none(self.trained.mean_reward - self.baseline.mean_reward),
            },
            "heldout_data": {
                name: {"baseline": before.as_dict(self.ks), "rlvr": after.as_dict(self.ks)}
                for name, (before, after) in self.others.items()
            },
            **self.details,
        }

    def write(self, path: Path | str) -> None:
        """Write `as_dict` as JSON.

        Raises:
            OSError: the file cannot be written.
            ValueError: the details hold NaN or infinity.
            TypeError: the details hold what JSON does not have.
        """
        text = json.dumps(self.as_dict(), indent=2, allow_nan=False)
        Path(path).write_text(text + "\n", encoding="utf-8")
