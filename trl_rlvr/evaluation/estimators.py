"""Estimate pass@k and pass^k from n samples of which c passed, and how far such means can be trusted.

With n < k the estimate does not exist; the result is NaN, never 1.0.
"""

import math
import random
import statistics
from collections.abc import Sequence

from trl_rlvr.errors import ConfigError


def _require_counts(n: int, c: int, k: int) -> None:
    if not 0 <= c <= n:
        raise ConfigError(f"{c!r} of {n!r} samples cannot have passed; give 0 <= c <= n")
    if k < 1:
        raise ConfigError(f"k is {k!r}; give 1 or more")


def pass_at_k(n: int, c: int, k: int) -> float:
    """Estimate the chance that at least one of k samples passes, without bias (Chen et al. 2021, arXiv 2107.03374).

    Args:
        n: samples of one problem.
        c: how many of them passed, 0 to n.
        k: 1 or more.

    Returns:
        A share from 0 to 1; NaN when n < k.

    Raises:
        ConfigError: c or k is out of its range.
    """
    _require_counts(n, c, k)
    if n < k:
        return math.nan
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


def pass_hat_k(n: int, c: int, k: int) -> float:
    """Estimate the chance that all of k samples pass, written pass^k; see `pass_at_k` for the rest."""
    _require_counts(n, c, k)
    if n < k:
        return math.nan
    return math.comb(c, k) / math.comb(n, k)


def bootstrap_interval(
    values: Sequence[float], *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Estimate an interval for the mean of `values` by drawing them anew, with replacement.

    Args:
        values: one a problem: problems are the unit that is drawn, since samples of one problem resemble each other.
        level: share of the drawn means that the interval holds, between 0 and 1.
        resamples: how many times to draw.
        seed: the same seed gives the same interval.

    Returns:
        Lower and upper end; NaN for both without values.

    Raises:
        ConfigError: `level` or `resamples` is out of its range.
    """
    _require_bootstrap(level, resamples)
    if not values:
        return math.nan, math.nan
    draw = random.Random(seed)
    return _middle([math.fsum(draw.choices(values, k=len(values))) / len(values) for _ in range(resamples)], level)


def _require_bootstrap(level: float, resamples: int) -> None:
    if not 0 < level < 1 or resamples < 1:
        raise ConfigError(
            f"level is {level!r} and resamples {resamples!r}; give a level inside 0..1, and 1 draw or more"
        )


def _middle(means: list[float], level: float) -> tuple[float, float]:
    """Return the ends of the middle part of drawn means that holds this share of them."""
    cut, last = (1.0 - level) / 2.0, len(means) - 1
    means.sort()
    return means[math.floor(cut * last)], means[math.ceil((1.0 - cut) * last)]


def crossed_interval(
    runs: Sequence[Sequence[float]], *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Estimate an interval for the mean over runs and problems, by drawing both anew, with replacement.

    Few runs say little about how runs scatter: with two or three of them the interval is rather too narrow.

    Args:
        runs: for each run one value a problem, the same problems in the same order; see `bootstrap_interval` for the
            rest.
        level: share of the drawn means that the interval holds, between 0 and 1.
        resamples: how many times to draw.
        seed: the same seed gives the same interval.

    Returns:
        Lower and upper end; NaN for both without values.

    Raises:
        ConfigError: the runs have different numbers of problems, or `level` or `resamples` is out of its range.
    """
    _require_bootstrap(level, resamples)
    lengths = {len(run) for run in runs}
    if len(lengths) > 1:
        raise ConfigError(f"the runs have {sorted(lengths)} problems; give values of the same problems")
    if not lengths or lengths == {0}:
        return math.nan, math.nan
    draw = random.Random(seed)
    problems = range(lengths.pop())
    means = []
    for _ in range(resamples):
        drawn = draw.choices(problems, k=len(problems))
        means.append(statistics.fmean(run[at] for run in draw.choices(runs, k=len(runs)) for at in drawn))
    return _middle(means, level)
