"""Runs side by side: what each came to on held-out problems, and how far it is from the first."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trl_rlvr.errors import DataError
from trl_rlvr.evaluation import bootstrap_interval, crossed_interval, skill_gained
from trl_rlvr.report.figures import pass_rates, sample_counts
from trl_rlvr.report.run_record import RunRecord

_WIDTHS = (24, 10, 10, 24, 14)


@dataclass(frozen=True)
class Difference:
    """One run less the first one, on the held-out problems of both."""

    name: str
    problems: int
    """Held-out problems that both have measured."""
    left_out: int
    """Problems that not all of them have."""
    pass_at_1: float
    """As a share: 0.1 is ten percentage points."""
    interval: tuple[float, float]
    """95 % bootstrap interval of the paired difference, over the problems and, where there are several, the runs."""
    skill: float | None = None
    """The part of `pass_at_1` that is not format (`evaluation.skill_gained`); None if not measured."""
    skill_interval: tuple[float, float] | None = None
    """As `interval`."""

    def line(self, first: str) -> str:
        """Say it in one line; `first` is the run that this one is held against."""
        low, high = self.interval
        parts = [
            f"{self.name} less {first}: {_points(self.pass_at_1)} of pass@1, 95 % interval {_points(low)} to "
            f"{_points(high)}, on {self.problems} held-out problems"
        ]
        if self.skill is not None and self.skill_interval is not None:
            low, high = self.skill_interval
            parts.append(
                f"{_points(self.pass_at_1 - self.skill)} are format, {_points(self.skill)} are skill ({_points(low)} "
                f"to {_points(high)})"
            )
        if self.left_out:
            parts.append(f"{self.left_out} problems that not all have measured are left out")
        return "; ".join(parts)


@dataclass(frozen=True)
class Comparison:
    """Several runs; the first is the one that the others are held against."""

    runs: tuple[RunRecord, ...]
    differences: tuple[Difference, ...]
    """One for each run but the first; then, where runs are pooled, one for all of them together."""

    def table(self) -> str:
        """Return both tables, without a newline at the end."""
        head = ("run", "updates", "before", "after, 95 % interval", "mean reward")
        lines = [_row(head), *(_row(_cells(run)) for run in self.runs)]
        lines += [one.line(self.runs[0].name) for one in self.differences]
        return "\n".join(lines)


def compare_runs(runs: Sequence[RunRecord], *, pool: bool = False) -> Comparison:
    """Hold runs against the first of them.

    Args:
        runs: two or more that have ended and were measured.
        pool: hold also all but the first together against it, as seeds of one experiment.

    Raises:
        DataError: a run has no measure of its trained policy, or shares no held-out problem with the first.
    """
    rates = [_trained(run) for run in runs]
    others = [([run], [found]) for run, found in zip(runs[1:], rates[1:], strict=True)]
    if pool and len(others) > 1:
        others.append((list(runs[1:]), rates[1:]))
    return Comparison(tuple(runs), tuple(_difference(some, found, runs[0], rates[0]) for some, found in others))


def _trained(run: RunRecord) -> dict[str, float]:
    found = pass_rates(run.report.get("rlvr") or {})
    if not found:
        raise DataError(
            f"{str(run.path)!r} has no measure of its trained policy; compare runs that have ended, with "
            "heldout_samples above 0"
        )
    return found


def _difference(
    runs: Sequence[RunRecord], found: Sequence[dict[str, float]], first: RunRecord, before: dict[str, float]
) -> Difference:
    shared = [task for task in before if all(task in rates for rates in found)]
    if not shared:
        names = " and ".join(repr(str(run.path)) for run in (*runs, first))
        raise DataError(f"{names} share no held-out problem; compare runs on the same data")
    gaps = [[rates[task] - before[task] for task in shared] for rates in found]
    skill = _skill([run.report["rlvr"] for run in runs], first.report["rlvr"], shared)
    return Difference(
        name=runs[0].name if len(runs) == 1 else f"mean of {', '.join(run.name for run in runs)}",
        problems=len(shared),
        left_out=len(before.keys() | set().union(*found)) - len(shared),
        pass_at_1=_mean(gaps),
        interval=_interval(gaps),
        skill=_mean(skill) if skill else None,
        skill_interval=_interval(skill) if skill else None,
    )


def _skill(runs: list[dict[str, Any]], first: dict[str, Any], shared: Sequence[str]) -> list[list[float]]:
    """Return the skill that each run gained on each problem; empty where a run does not say."""
    before, after = sample_counts(first), [sample_counts(run) for run in runs]
    if not before or not all(after):
        return []
    return [[skill_gained(before[task], counts[task]) for task in shared] for counts in after]


def _mean(runs: Sequence[Sequence[float]]) -> float:
    return statistics.fmean(map(statistics.fmean, runs))


def _interval(runs: Sequence[Sequence[float]]) -> tuple[float, float]:
    return bootstrap_interval(runs[0]) if len(runs) == 1 else crossed_interval(runs)


def _cells(run: RunRecord) -> tuple[str, ...]:
    before, after = run.report.get("baseline") or {}, run.report["rlvr"]
    low, high = after["pass_at_1_interval"]
    reward = after.get("mean_reward")
    return (
        run.name,
        str(run.report.get("steps", "-")),
        _percent(before.get("pass_at", {}).get("1")),
        f"{_percent(after['pass_at'].get('1'))} ({_percent(low)} to {_percent(high)})",
        "n/a" if reward is None else f"{reward:+.3f}",
    )


def _points(share: float) -> str:
    return f"{100 * share:+.1f}pp"


def _percent(share: Any) -> str:
    return "n/a" if share is None else f"{100 * share:.1f}%"


def _row(cells: Sequence[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()
