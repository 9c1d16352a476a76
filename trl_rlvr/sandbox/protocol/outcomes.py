"""Outcomes of tests, and how a solution that can answer nothing, or a whole program, says why it ended."""

from typing import NamedTuple

from trl_rlvr.verdict import Verdict


class Outcome(NamedTuple):
    """The outcome of one test inside the sandbox: a verdict, and one line about it."""

    verdict: Verdict
    text: str


SYNTAX, MISSING, LOADING, MEMORY = "syntax", "missing", "loading", "memory"
"""Why no call can be answered."""
FATAL_VERDICTS = {
    SYNTAX: Verdict.SYNTAX_ERROR,
    MISSING: Verdict.MISSING_ENTRY_POINT,
    LOADING: Verdict.RUNTIME_ERROR,
    MEMORY: Verdict.MEMORY_LIMIT,
}
"""What each of these means for all tests."""


def describe(error: BaseException) -> str:
    """Name an exception and its message in one line."""
    try:
        return f"{type(error).__name__}: {error}"[:1000]
    except BaseException:  # a message that raises is still only a message
        return type(error).__name__


SYNTAX_STATUS = 120
"""Exit status of a program that does not compile."""
MEMORY_STATUS = 121
"""Exit status of a program that ended with MemoryError."""
