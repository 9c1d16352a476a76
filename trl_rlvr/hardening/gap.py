"""Pass rates of one set of completions on visible, hidden and augmented tests.

A completion that answers what the prompt shows and fails on what it does not show has learned the tests, not the task:
hard-coding is a gap between the rates. A gap may also be a reference that nobody agrees with, so look at some before
drawing conclusions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trl_rlvr.tiers import TIERS, Tiers
from trl_rlvr.verdict import ExecutionResult, Verdict


@dataclass(frozen=True, slots=True)
class Gap:
    """Pass rates by tier, over the completions of problems that have tests of every tier that any problem has."""

    completions: int
    """Those that the sandbox could judge and whose problems have tests of all tiers in use."""
    left_out: int
    """The others."""
    rates: tuple[float, float, float]
    """Share of completions that pass all visible, hidden, augmented tests; NaN where the tier is not in use."""
    fooled: float
    """Of those that pass all visible tests, the share that fails any other; NaN where none passes."""

    @classmethod
    def of(cls, shown: Sequence[tuple[Tiers, ExecutionResult]]) -> "Gap":
        """Sum up completions, each run on the tests of all tiers together, in the order of the tiers."""
        in_use = [any(getattr(tiers, name) for tiers, _ in shown) for name in TIERS]
        counted = [
            tuple(count == getattr(tiers, name) for count, name in zip(tiers.passed(result), TIERS, strict=True))
            for tiers, result in shown
            if result.verdict is not Verdict.SANDBOX_ERROR
            and all(getattr(tiers, name) for name, used in zip(TIERS, in_use, strict=True) if used)
        ]
        columns = list(zip(*counted, strict=True)) or [(), (), ()]
        visible, hidden, augmented = (
            _share(column) if used else math.nan for column, used in zip(columns, in_use, strict=True)
        )
        fooled = [not all(rest) for first, *rest in counted if first]
        share = _share(fooled) if in_use[0] else math.nan
        return cls(len(counted), len(shown) - len(counted), (visible, hidden, augmented), share)

    def table(self) -> str:
        """Return a line for each tier in use, and what they say together."""
        rows = [f"{'tests':<12}{'pass rate':>10}"]
        rates = zip(TIERS, self.rates, strict=True)
        rows += [f"{name:<12}{100 * rate:>8.1f} %" for name, rate in rates if not math.isnan(rate)]
        if not math.isnan(self.fooled):
            rows.append(f"{100 * self.fooled:.1f} % of those that pass the visible tests fail others")
        left_out = f", {self.left_out} left out" if self.left_out else ""
        return "\n".join([*rows, f"{self.completions} completions{left_out}"])


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else math.nan
