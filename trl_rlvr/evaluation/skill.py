"""Which part of an improvement is skill: programs that were whole and wrong, and are right now.

The rest is format: texts without code, without the entry point or that do not parse, such as those that were cut off,
and texts that would pass if only their format were right (`format_oracle`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """How the judged samples of one problem ended."""

    samples: int
    """1 or more."""
    passed: int
    malformed: int
    """Samples that fail by their format."""


def skill_gained(before: SampleCounts, after: SampleCounts) -> float:
    """Return the part of a problem's gain in pass rate that is skill, -1 to 1.

    A sample from before and one from after are paired at random. The share of pairs that go from wrong to right is
    gained, that from right to wrong is lost. With malformed in place of wrong the same gives the part that is format,
    and the two parts sum up to the gain.
    """
    wrong_before, wrong_after = (1 - (one.passed + one.malformed) / one.samples for one in (before, after))
    return wrong_before * after.passed / after.samples - wrong_after * before.passed / before.samples
