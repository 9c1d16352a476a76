"""Runs side by side: what each came to on held-out problems, and how far it is from the first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trl_rlvr.errors import DataError
from trl_rlvr.evaluation import bootstrap_interval
from trl_rlvr.report.figures import pass_rates
from trl_rlvr.report.run_record import RunRecord

_WIDTHS = (24, 10, 10, 24, 14)


@dataclass(frozen=True)
class Difference:
    """One run less the first one, on the held-out problems of both."""

    name: str
    problems: int
    """Held-out problems that both have measured."""
    left_out: int
    """Problems that only one of them has."""
    pass_at_1: float
    """As a share: 0.1 is ten percentage points."""
    interval: tuple[float, float]
    """95 % bootstrap interval over the problems, of the paired difference."""


@dataclass(frozen=True)
class Comparison:
    """Several runs; the first is the one that the others are held against."""

    runs: tuple[RunRecord, ...]
    differences: tuple[Difference, ...]
    """One for each run but the first."""

    def table(self) -> str:
        """Return both tables, without a newline at the end."""
        head = ("run", "updates", "before", "after, 95 % interval", "mean reward")
        lines = [_row(head), *(_row(_cells(run)) for run in self.runs)]
        first = self.runs[0].name
        for one in self.differences:
            low, high = one.interval
            note = f"; {one.left_out} problems of only one run are left out" if one.left_out else ""
            lines.append(
                f"{one.name} less {first}: {100 * one.pass_at_1:+.1f}pp of pass@1, 95 % interval {100 * low:+.1f}pp to "
                f"{100 * high:+.1f}pp, on {one.problems} held-out problems{note}"
            )
        return "\n".join(lines)


def compare_runs(runs: Sequence[RunRecord]) -> Comparison:
    """Hold runs against the first of them.

    Args:
        runs: two or more that have ended and were measured.

    Raises:
        DataError: a run has no measure of its trained policy, or shares no held-out problem with the first.
    """
    rates = [_trained(run) for run in runs]
    return Comparison(
        tuple(runs),
        tuple(_difference(run, found, rates[0], runs[0]) for run, found in zip(runs[1:], rates[1:], strict=True)),
    )


def _trained(run: RunRecord) -> dict[str, float]:
    found = pass_rates(run.report.get("rlvr") or {})
    if not found:
        raise DataError(
            f"{str(run.path)!r} has no measure of its trained policy; compare runs that have ended, with "
            "heldout_samples above 0"
        )
    return found


def _difference(run: RunRecord, found: dict[str, float], first: dict[str, float], other: RunRecord) -> Difference:
    shared = [task for task in first if task in found]
    if not shared:
        raise DataError(
            f"{str(run.path)!r} and {str(other.path)!r} share no held-out problem; compare runs on the same data"
        )
    gaps = [found[task] - first[task] for task in shared]
    left_out = len(found.keys() ^ first.keys())
    return Difference(run.name, len(shared), left_out, math.fsum(gaps) / len(gaps), bootstrap_interval(gaps))


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


def _percent(share: Any) -> str:
    return "n/a" if share is None else f"{100 * share:.1f}%"


def _row(cells: Sequence[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()
