"""A programming problem: what to write, and the tests that decide whether it was written.

The entry points are settled here, once for each problem and never for each candidate
(`trl_rlvr.analysis.entry_points` says why).
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from trl_rlvr.analysis.conventions import CHECKER
from trl_rlvr.analysis.entry_points import candidate_names, infer_entry_point, test_side_constants
from trl_rlvr.analysis.literal_setup import literal_suite
from trl_rlvr.analysis.refusals import refusal
from trl_rlvr.errors import DataError

IO_NUMBERS = ("text", "value")
IO_CASES = ("exact", "any")
APART, TOGETHER = "apart", "together"


MOST_TESTS = 65_000
"""How many tests a problem may have: a report of the sandbox numbers them with 16 bits."""


@dataclass(frozen=True, slots=True)
class IOTest:
    """One run of a program that reads standard input and writes standard output."""

    input: str
    output: str


@dataclass(frozen=True)
class CodeProblem:
    """One problem, with exactly one of `tests` and `io_tests` filled.

    Raises:
        DataError: there are no tests at all, more than 65,000, tests of both kinds, a string in place of a sequence, or
            setup code of `io_tests` that defines no checker.
    """

    task_id: str
    prompt: str
    """The task in words (MBPP's `text`) or the opening of the code (HumanEval's `prompt`)."""
    tests: tuple[str, ...] = ()
    """Python source, one test each, counted one by one; usually one `assert` each."""
    setup_code: str = ""
    """Python source that runs after the solution and before the tests. Of `io_tests`: the checker, source that defines
    `check_output(given, printed, expected)`, three strings, and decides in place of the comparison."""
    entry_point: str | None = None
    """The name that the tests call; None: inferred from the tests."""
    reference_solution: str | None = None
    io_tests: tuple[IOTest, ...] = ()
    """Standard-input tests; with these the solution is a whole program."""
    reference_cpu_s: float | None = None
    """CPU seconds that the reference needs for all tests, where measured; limits scale with it."""
    entry_points: tuple[str, ...] = ()
    """Every name that the candidate answers for, `entry_point` first; empty: found from reference and tests."""
    prelude: str = ""
    """Python source that runs before the solution, and on the tests' side before `setup_code`: imports and classes that
    both need, such as LeetCode's `ListNode`."""
    messages: tuple[tuple[str, str], ...] = ()
    """The prompt as the data set's own conversation, role and content each; it is shown as it is in chat styles."""
    visible_limit: int | None = None
    """How many of the first tests a prompt may show at most; None: all. The others are hidden by the data set."""
    io_numbers: str = "text"
    """Of `io_tests`: `text` asks for whole numbers to the letter, `value` takes `2.0` for `2`."""
    io_case: str = "exact"
    """Of `io_tests`: `exact`, or `any` to take `Yes` for `YES`."""
    augmented: int = 0
    """How many of the last tests `trl-rlvr harden` has added; they count as any test does."""
    isolation: str = APART
    """`apart`: tests never share a process with the solution; `together`: they do, and a verdict can be forged."""

    def __post_init__(self) -> None:
        if isinstance(self.tests, str):
            raise DataError(f"tests of problem {self.task_id!r} are one string; give a sequence of strings")
        for field in ("tests", "io_tests", "entry_points"):
            object.__setattr__(self, field, tuple(getattr(self, field)))  # a list would have no hash
        if bool(self.tests) == bool(self.io_tests):
            what = "both tests and io_tests" if self.tests else "no tests"
            raise DataError(f"problem {self.task_id!r} has {what}; give it exactly one of tests and io_tests")
        if self.total > MOST_TESTS:
            raise DataError(f"problem {self.task_id!r} has {self.total} tests; give it {MOST_TESTS} at most")
        if self.io_tests and self.setup_code.strip() and f"def {CHECKER}(" not in self.setup_code:
            raise DataError(
                f"setup_code of problem {self.task_id!r} defines no {CHECKER}(given, printed, expected), which is all "
                "that it is for beside io_tests; define it, or leave setup_code empty"
            )
        for name, allowed in (("io_numbers", IO_NUMBERS), ("io_case", IO_CASES), ("isolation", (APART, TOGETHER))):
            if getattr(self, name) not in allowed:
                raise DataError(
                    f"{name} of problem {self.task_id!r} is {getattr(self, name)!r}; give {' or '.join(allowed)}"
                )
        if self.reference_solution is not None and not self.reference_solution.strip():
            object.__setattr__(self, "reference_solution", None)  # as columns of the Hub have it
        if self.tests and self.entry_point is None:
            first = infer_entry_point(self.tests, self.test_setup, self.reference_solution)
            object.__setattr__(self, "entry_point", first)
        if self.tests and not self.entry_points:
            constants = test_side_constants(self.tests, self.test_setup, self.reference_solution)
            constants.pop(self.entry_point or "", None)
            lines = [f"{name} = {value}" for name, value in constants.items()]
            object.__setattr__(self, "setup_code", "\n".join(filter(None, (*lines, self.setup_code))))
            names = candidate_names(self.tests, self.test_setup, self.entry_point, self.reference_solution)
            object.__setattr__(self, "entry_points", names)

    @property
    def test_setup(self) -> str:
        """What runs before the tests, on their side."""
        return "\n".join(filter(None, (self.prelude, self.setup_code))) if self.tests else self.setup_code

    @cached_property
    def refusal(self) -> str | None:
        """The construct for which its tests cannot be judged apart from the solution; None: they can."""
        if not self.tests or self.isolation != APART:
            return None
        if literal_suite(self.tests, self.setup_code, self.entry_points) is not None:  # read once, as its suite is
            return None
        return refusal(self.tests, self.test_setup, self.entry_points)

    @property
    def total(self) -> int:
        """How many tests there are."""
        return len(self.tests) or len(self.io_tests)

    @cached_property
    def suite_key(self) -> tuple[object, ...]:
        """What decides a verdict beside the code: equal keys and equal code mean equal verdicts."""
        judged = (self.tests, self.setup_code, self.entry_points, self.io_tests, self.reference_cpu_s)
        return (*judged, self.prelude, self.io_numbers, self.io_case, self.isolation)


def as_judged(problem: CodeProblem, *, together: bool) -> CodeProblem:
    """Return a problem as it is judged without having been checked: together with the solution only where it must be.

    Args:
        problem: any.
        together: whether tests may run together with the solution.

    Raises:
        DataError: they must, and may not.
    """
    if problem.isolation == TOGETHER:
        if together:
            return problem
        why = "it says that its tests must run together with the solution"
    elif problem.refusal is None:
        return problem
    elif together:
        return _together(problem)
    else:
        why = problem.refusal
    raise DataError(
        f"problem {problem.task_id!r} cannot be judged apart from the solution: {why}; leave it out, change its tests "
        "(docs/test-semantics.md), or give sandbox_tests together_where_needed"
    )


@lru_cache(maxsize=1024)
def _together(problem: CodeProblem) -> CodeProblem:
    return replace(problem, isolation=TOGETHER)
