"""From what a completion showed to a number: pure functions, no state and no trainer.

They are not asked about a SANDBOX_ERROR, which is no fact about the model: the rewards answer None for such a row.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trl_rlvr.errors import ConfigError
from trl_rlvr.verdict import Verdict
from trl_rlvr.verifier import Verification

Score = Callable[[Verification], float]
SiblingScore = Callable[[Sequence[Verification]], list[float]]

CPU_RESOLUTION_S = 0.02
"""CPU seconds below which two programs count as equally fast: the cost of a fork varies by as much."""

_ONE_CLOSED_BLOCK = re.compile(
    r"(?:(?!```).)*```(?:python|py)?[ \t]*\n(?:(?!```).)*\n```\s*", re.DOTALL | re.IGNORECASE
)


def _passes(verification: Verification) -> bool:
    return verification.verdict is Verdict.PASSED


def graded(verification: Verification) -> float:
    """Return 1.0 if all tests pass, 0.5 times the share of tests that pass if some do, -0.5 if none does."""
    result = verification.result
    if result.passed == result.total:
        return 1.0
    return 0.5 * result.passed / result.total if result.passed else -0.5


def binary(verification: Verification) -> float:
    """Return 1.0 if all tests pass, else 0.0."""
    return float(_passes(verification))


def fraction(verification: Verification) -> float:
    """Return the share of tests that pass, 0 to 1."""
    return verification.result.passed / verification.result.total


@dataclass(frozen=True)
class AllPlusFraction:
    """1.0 if all tests pass, plus `alpha` times the share that passes."""

    alpha: float = 0.5

    def __call__(self, verification: Verification) -> float:
        """Return a score from 0 to 1 + `alpha`."""
        return binary(verification) + self.alpha * fraction(verification)


def syntax_penalty(verification: Verification) -> float:
    """Return -1.0 if the code does not compile, else 0.0."""
    return -1.0 if verification.verdict is Verdict.SYNTAX_ERROR else 0.0


def no_code_penalty(verification: Verification) -> float:
    """Return -1.0 if there is no code, or none that defines what the tests call; else 0.0."""
    return -1.0 if verification.verdict in (Verdict.NO_CODE, Verdict.MISSING_ENTRY_POINT) else 0.0


def timeout_penalty(verification: Verification) -> float:
    """Return -1.0 if any test ran out of time, else 0.0."""
    return -1.0 if any(test.verdict is Verdict.TIMEOUT for test in verification.result.tests) else 0.0


@dataclass(frozen=True)
class ConciseBonus:
    """A bonus for code that passes all tests in fewer than `characters` characters."""

    characters: int = 100
    bonus: float = 0.2

    def __call__(self, verification: Verification) -> float:
        """Return `bonus` or 0.0."""
        return self.bonus if _passes(verification) and _length(verification) < self.characters else 0.0


def code_format(text: str) -> float:
    """Return 1.0 if the completion has exactly one fenced block of Python, closed, and nothing after it; else 0.0."""
    return float(_ONE_CLOSED_BLOCK.fullmatch(text) is not None)


def _length(verification: Verification) -> int:
    return len((verification.extraction.code or "").strip())


def _saved(siblings: Sequence[Verification], costs: Sequence[float]) -> list[float]:
    """Share of the costliest passing sibling's cost that each passing one saves; 0.0 for those that fail."""
    costliest = max((cost for v, cost in zip(siblings, costs, strict=True) if _passes(v)), default=0.0)
    return [
        1.0 - cost / costliest if _passes(v) and costliest > 0 else 0.0 for v, cost in zip(siblings, costs, strict=True)
    ]


def brevity(siblings: Sequence[Verification]) -> list[float]:
    """Score the length of code among the passing completions of one problem.

    Args:
        siblings: all completions of one problem in the batch.

    Returns:
        For each 0.0 if it fails, else the share of the longest passing sibling's characters that it saves, 0 to 1.
    """
    return _saved(siblings, [float(_length(v)) for v in siblings])


def cpu_efficiency(siblings: Sequence[Verification]) -> list[float]:
    """Score CPU time among the passing completions of one problem, as `brevity` does; below 0.02 s all are alike."""
    return _saved(siblings, [max(v.result.cpu_s, CPU_RESOLUTION_S) for v in siblings])


def lint_score(findings: int, statements: int, cap: float) -> float:
    """Score a linter's findings in code that passes.

    Args:
        findings: how many, 0 or more.
        statements: statements of the code that do something; 0 counts as 1.
        cap: findings per statement, above 0, from which on the score is 0.0.

    Returns:
        1.0 for clean code, falling linearly to 0.0.

    Raises:
        ConfigError: `cap` is not above 0.
    """
    if not cap > 0:
        raise ConfigError(f"lint cap is {cap!r}; give findings per statement above 0")
    return 1.0 - min(findings / max(statements, 1), cap) / cap
