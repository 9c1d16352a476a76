"""The metrics of a run over its updates, as the rules of `advice` ask about them."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LEAST = 3
"""Logged updates below which the second half of a run says nothing."""

TREND = 12
"""Logged updates below which a run has no trend."""

WINDOW = 5
"""Logged updates that are averaged at least where a run's course is looked at."""


@dataclass(frozen=True)
class Ends:
    """A share at the two ends of a run."""

    first: float
    """Mean of the first third."""
    last: float
    """Mean of the last third."""
    noise: float
    """Standard error of their difference, from the spread within the thirds."""


class History:
    """The logged updates of a run, and what was measured on held-out problems.

    Args:
        metrics: rows of `metrics.jsonl`, in order.
        heldout: rows of `heldout.jsonl`, in order.
    """

    def __init__(self, metrics: Sequence[Mapping[str, Any]], heldout: Sequence[Mapping[str, Any]] = ()) -> None:
        self._rows = [row for row in metrics if "reward" in row]
        rates = [row.get("heldout/pass@1") for row in heldout]
        self._heldout = [float(rate) for rate in rates if rate is not None]

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`, sorted."""
        return sorted({key for row in self._rows for key in row if key.startswith(prefix)})

    def values(self, key: str) -> list[float]:
        """Return the values of a key where there is a number, in order."""
        found = [row.get(key) for row in self._rows]
        return [float(value) for value in found if isinstance(value, int | float) and math.isfinite(value)]

    def late(self, key: str) -> float | None:
        """Return the mean over the second half of the run; None where the run is too short to tell."""
        values = self.values(key)
        return _mean(values[len(values) // 2 :]) if len(values) >= LEAST else None

    @property
    def alike(self) -> float | None:
        """Share of groups that were rewarded alike, late in the run; None with a critic, where groups say nothing."""
        return None if self.keys("ppo/") else self.late("frac_reward_zero_std")

    def thirds(self, key: str) -> Ends | None:
        """Return the two ends of the run; None where it is too short for a trend."""
        values = self.values(key)
        if len(values) < TREND:
            return None
        third = len(values) // 3
        first, last = values[:third], values[-third:]
        return Ends(_mean(first), _mean(last), math.sqrt((_variance(first) + _variance(last)) / third))

    def smoothed(self, key: str) -> list[float]:
        """Return means over windows of a tenth of the run, `WINDOW` updates at least; none where there is no trend."""
        values = self.values(key)
        width = max(WINDOW, len(values) // 10)
        return [_mean(values[at : at + width]) for at in range(len(values) - width + 1)] if len(values) >= TREND else []

    def noise(self, key: str) -> float:
        """Return the standard error of a value of `smoothed`, from how much neighbouring updates differ."""
        values = self.values(key)
        steps = [(after - before) ** 2 for before, after in itertools.pairwise(values)]
        return math.sqrt(_mean(steps) / 2 / max(WINDOW, len(values) // 10)) if steps else 0.0

    @property
    def has_heldout(self) -> bool:
        """Whether there are two measures or more."""
        return len(self._heldout) > 1

    @property
    def heldout_ends(self) -> tuple[float, float] | None:
        """Held-out pass@1 of the first measure and of the last; None where there are not two."""
        return (self._heldout[0], self._heldout[-1]) if self.has_heldout else None

    @property
    def heldout_gain(self) -> float:
        """Rise of held-out pass@1 since the baseline, as a share; 0 where there is one measure or none."""
        return self._heldout[-1] - self._heldout[0] if self.has_heldout else 0.0


def percent(share: float | None) -> str:
    """Show a share as a percentage."""
    return "-" if share is None else f"{100 * share:.1f} %"


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.fsum((value - mean) ** 2 for value in values) / max(1, len(values) - 1)
