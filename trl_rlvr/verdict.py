"""What happened when a program ran: frozen facts, no policy.

`SANDBOX_ERROR` is the one verdict that says nothing about the program; rewards answer it with None.
"""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """Outcome of one test, or of a whole program (then: of its first test that did not pass)."""

    PASSED = "passed"
    """The test passed; of a program: every test passed."""
    WRONG_ANSWER = "wrong_answer"
    """The program answered, and the answer was not the expected one."""
    RUNTIME_ERROR = "runtime_error"
    """The program raised an exception that the test did not ask for."""
    TIMEOUT = "timeout"
    """The program used up its CPU time, or slept past the net for sleepers."""
    MEMORY_LIMIT = "memory_limit"
    """The program ran into its memory limit."""
    OUTPUT_LIMIT = "output_limit"
    """The program answered or printed more than it may."""
    CRASHED = "crashed"
    """The program's process ended before it had answered: an exit, a signal, a forbidden system call."""
    REFUSED_VALUE = "refused_value"
    """The program answered with something that may not cross the boundary: too deep, too many, malformed."""
    SYNTAX_ERROR = "syntax_error"
    """The code does not compile."""
    MISSING_ENTRY_POINT = "missing_entry_point"
    """The code does not define the name that the tests call."""
    NO_CODE = "no_code"
    """The completion holds no code."""
    SANDBOX_ERROR = "sandbox_error"
    """The sandbox could not run the program: a fault of ours, no fact about the model."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """What one test showed."""

    __test__ = False  # pytest: not a test class

    verdict: Verdict
    error: str = ""
    """One printable line, at most 200 characters; empty for a test that passed."""


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """What one program showed on all its tests."""

    tests: tuple[TestResult, ...]
    """One entry a test, in the problem's order; never empty."""
    cpu_s: float = 0.0
    """CPU seconds of the candidate process, all its threads; 0.0 if it never ran."""
    wall_s: float = 0.0
    """Seconds from the order to run until the last verdict."""
    isolation: str = "apart"
    """`together`: tests and program shared a process, and the verdicts can be forged; `apart`: they did not."""

    @property
    def verdict(self) -> Verdict:
        """PASSED if every test passed, SANDBOX_ERROR if any test says so, else that of the first test that failed."""
        failed = [test.verdict for test in self.tests if test.verdict is not Verdict.PASSED]
        if Verdict.SANDBOX_ERROR in failed:
            return Verdict.SANDBOX_ERROR
        return failed[0] if failed else Verdict.PASSED

    @property
    def error(self) -> str:
        """The error line of the test that decided the verdict; empty when all passed."""
        verdict = self.verdict
        return next((test.error for test in self.tests if test.verdict is verdict), "")

    @property
    def passed(self) -> int:
        """How many tests passed."""
        return sum(test.verdict is Verdict.PASSED for test in self.tests)

    @property
    def total(self) -> int:
        """How many tests there are."""
        return len(self.tests)

    @classmethod
    def uniform(cls, verdict: Verdict, total: int, error: str = "") -> "ExecutionResult":
        """Give the same verdict to all `total` tests, for a program that never ran."""
        return cls(tests=(TestResult(verdict, error),) * total)
