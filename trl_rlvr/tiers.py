"""Tests of a problem in three tiers: shown in its prompt, kept back, and kept back and added by `trl-rlvr harden`."""

from collections.abc import Sequence
from dataclasses import dataclass

from trl_rlvr.errors import ConfigError
from trl_rlvr.verdict import ExecutionResult, Verdict

TIERS = ("visible", "hidden", "augmented")


@dataclass(frozen=True, slots=True)
class Tiers:
    """How many of a problem's tests, from the first on, belong to each tier."""

    visible: int
    hidden: int
    augmented: int

    @classmethod
    def of(cls, own: int, augmented: int, visible: int | None) -> "Tiers":
        """Divide tests.

        Args:
            own: the problem's own tests.
            augmented: the new ones behind them.
            visible: how many of its own the prompt shows; None: all.
        """
        shown = own if visible is None else min(own, visible)
        return cls(shown, own - shown, augmented)

    @property
    def total(self) -> int:
        """How many tests there are."""
        return self.visible + self.hidden + self.augmented

    def text(self) -> str:
        """Return the counts in words, as a table of completions shows them; `read_tiers` reads them again."""
        return f"visible {self.visible} hidden {self.hidden} augmented {self.augmented}"

    def passed(self, result: ExecutionResult) -> tuple[int, int, int]:
        """Count the tests of each tier that a completion passed.

        Raises:
            ConfigError: the result has another number of tests.
        """
        if result.total != self.total:
            raise ConfigError(f"a result of {result.total} tests for {self!r}; run all tiers in one program")
        passed = [test.verdict is Verdict.PASSED for test in result.tests]
        hidden = self.visible + self.hidden
        return sum(passed[: self.visible]), sum(passed[self.visible : hidden]), sum(passed[hidden:])


def read_tiers(text: str) -> dict[str, int] | None:
    """Return what `Tiers.text` has written, by tier; None of an empty text."""
    words = text.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True)) if words else None


def tier_rates(tiers: Sequence[Tiers | None], results: Sequence[ExecutionResult]) -> dict[str, float]:
    """Return, by tier, the share (0..1) of completions that pass all tests of it, of those that have any.

    Rows of unknown tiers and those that the sandbox could not judge are left out, and so is a tier that no row has.
    """
    found: dict[str, list[bool]] = {name: [] for name in TIERS}
    for one, result in zip(tiers, results, strict=True):
        if one is None or result.verdict is Verdict.SANDBOX_ERROR or one.total != result.total:
            continue
        for name, count in zip(TIERS, one.passed(result), strict=True):
            if of := getattr(one, name):
                found[name].append(count == of)
    return {name: sum(passed) / len(passed) for name, passed in found.items() if passed}
