"""Before and after of a run, from its `rlvr_report.json`, as the page's tables show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trl_rlvr.evaluation import SampleCounts


@dataclass(frozen=True)
class Line:
    """One row of the before/after table; cells that do not exist are None."""

    metric: str
    is_share: bool
    before: float | None
    after: float | None
    before_interval: tuple[float | None, float | None] | None = None
    after_interval: tuple[float | None, float | None] | None = None
    change_interval: tuple[float | None, float | None] | None = None

    @property
    def change(self) -> float | None:
        """After less before."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class Change:
    """What one problem gained or lost."""

    task_id: str
    before: float
    """Share of samples that passed."""
    after: float

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before


def before_after(report: Mapping[str, Any]) -> list[Line]:
    """Return the before/after table; empty where nothing was measured."""
    before, after = report.get("baseline") or {}, report.get("rlvr") or {}
    if not before:
        return []
    change = (report.get("improvement") or {}).get("pass_at_1_interval")
    lines = [
        Line(
            f"pass@{k}",
            True,
            rate,
            after.get("pass_at", {}).get(k),
            before_interval=_pair(before.get("pass_at_1_interval")) if k == "1" else None,
            after_interval=_pair(after.get("pass_at_1_interval")) if k == "1" else None,
            change_interval=_pair(change) if k == "1" else None,
        )
        for k, rate in before.get("pass_at", {}).items()
    ]
    if (mended := before.get("format_mended_pass_at_1")) is not None:
        lines.append(Line("pass@1, format mended", True, mended, after.get("format_mended_pass_at_1")))
    lines.append(Line("mean reward", False, before.get("mean_reward"), after.get("mean_reward")))
    names = sorted({*before.get("verdicts", {}), *after.get("verdicts", {})})
    for name in names:
        lines.append(Line(f"verdict {name}", True, _share(before, name), _share(after, name)))
    return lines


def _pair(ends: Any) -> tuple[float | None, float | None] | None:
    return (ends[0], ends[1]) if isinstance(ends, list) and len(ends) == 2 and ends[0] is not None else None


def _share(side: Mapping[str, Any], verdict: str) -> float | None:
    samples = side.get("samples")
    return side.get("verdicts", {}).get(verdict, 0) / samples if samples else None


def changes(report: Mapping[str, Any]) -> list[Change]:
    """Return the held-out problems whose pass rate changed, the greatest gain first."""
    before, after = (pass_rates(report.get(side) or {}) for side in ("baseline", "rlvr"))
    found = [Change(task, before[task], after[task]) for task in before if task in after]
    return sorted((one for one in found if one.change), key=lambda one: (-one.change, one.task_id))


def pass_rates(side: Mapping[str, Any]) -> dict[str, float]:
    """Return the share of passed samples of each problem that the sandbox could judge."""
    counts = side.get("by_problem", {})
    return {task: count["passed"] / count["samples"] for task, count in counts.items() if count["samples"]}


def sample_counts(side: Mapping[str, Any]) -> dict[str, SampleCounts]:
    """Return how the samples of each problem ended, of those that the sandbox could judge; empty if nobody noted it."""
    counts = side.get("by_problem", {})
    judged = {task: count for task, count in counts.items() if count["samples"]}
    known = all("malformed" in count for count in judged.values())
    return {task: SampleCounts(**count) for task, count in judged.items()} if known else {}


def reward_weights(report: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the weight of each reward, where the run says so.

    Args:
        report: the run's `rlvr_report.json`.
        metrics: any row of its metrics, which names the rewards in order.
    """
    parts = report.get("configuration", {}).values()
    weights = next((part["reward_weights"] for part in parts if part.get("reward_weights")), None)
    names = [key.split("/")[1] for key in metrics if key.startswith("rewards/") and key.endswith("/mean")]
    return dict(zip(names, weights, strict=False)) if weights and len(weights) == len(names) else {}
