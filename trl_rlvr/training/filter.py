"""Keep the problems that a model solves sometimes: what it always or never solves teaches it nothing.

The bounds are exclusive, so that the defaults drop exactly the problems that were always or never solved.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from trl_rlvr.errors import ConfigError, DataError


@dataclass(frozen=True, slots=True)
class SampleCount:
    """How one problem fared.

    Raises:
        DataError: not 0 <= passed <= samples.
    """

    task_id: str
    samples: int
    """Completions that could be judged; 0 where the sandbox could judge none."""
    passed: int
    """Those that passed all tests."""

    def __post_init__(self) -> None:
        if not 0 <= self.passed <= self.samples:
            raise DataError(
                f"task_id {self.task_id!r} has {self.passed!r} passes of {self.samples!r} samples; "
                "give counts with 0 <= passes <= samples"
            )


@dataclass(frozen=True)
class FilterReport:
    """Task ids by what became of them, each list in the order of the counts."""

    kept: list[str] = field(default_factory=list)
    too_hard: list[str] = field(default_factory=list)
    too_easy: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    """Without a single judged sample; not kept, since nothing is known."""

    def summary(self) -> str:
        """Say in one line how many problems went where."""
        return (
            f"kept {len(self.kept)}, too hard {len(self.too_hard)}, too easy {len(self.too_easy)}, "
            f"unjudged {len(self.unjudged)}"
        )


def filter_by_pass_rate(
    counts: Iterable[SampleCount], *, low: float | None = 0.0, high: float | None = 1.0
) -> FilterReport:
    """Sort problems by whether their pass rate lies strictly between `low` and `high`.

    Args:
        counts: one a problem.
        low: pass rate (0..1) up to which a problem is too hard; None: none is.
        high: pass rate (0..1) from which on a problem is too easy; None: none is.

    Raises:
        ConfigError: no pass rate lies between the bounds.
    """
    bounds = (-1.0 if low is None else low, 2.0 if high is None else high)
    if not bounds[0] < bounds[1] or not (low is None or 0 <= low < 1) or not (high is None or 0 < high <= 1):
        raise ConfigError(f"no pass rate is above {low!r} and below {high!r}; give 0 <= low < high <= 1, or None")
    report = FilterReport()
    for count in counts:
        if count.samples == 0:
            report.unjudged.append(count.task_id)
        elif count.passed / count.samples <= bounds[0]:
            report.too_hard.append(count.task_id)
        elif count.passed / count.samples >= bounds[1]:
            report.too_easy.append(count.task_id)
        else:
            report.kept.append(count.task_id)
    return report
