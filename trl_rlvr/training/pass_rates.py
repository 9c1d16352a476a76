"""How often each problem was solved lately, as the rewards report it, and how likely a new group is to teach anything.

A memory hears only this rank's rows: they count once they were drained, gathered over the ranks and recorded.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from math import prod
from typing import Any

from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.verdict import Verdict
from trl_rlvr.verifier import Verification

FADING = 0.5
"""What earlier visits still weigh when a new one comes: the policy that made them is gone."""

PRIOR = 0.5
"""Passes and fails put in front of the counts (Jeffreys' prior), so that one visit settles nothing."""

Observation = tuple[str, bool]
"""The task id of one completion's problem, and whether it passed all tests."""


@dataclass(frozen=True, slots=True)
class PassRecord:
    """What is remembered of one problem."""

    passes: float = 0.0
    """Completions that passed all tests, older visits faded."""
    fails: float = 0.0
    """Completions that did not, older visits faded."""
    streak: int = 0
    """Visits in a row in which all completions passed (above 0) or none did (below 0)."""
    iteration: int = 0
    """Generation batch of the last visit, from 0."""

    @property
    def pass_rate(self) -> float:
        """The estimated pass rate, 0..1; 0.5 before the first visit."""
        return (self.passes + PRIOR) / (self.passes + self.fails + 2 * PRIOR)

    def signal_probability(self, group_size: int) -> float:
        """How likely a group of completions is to be neither all right nor all wrong, 0..1.

        With p the pass rate that is 1 - p^G - (1 - p)^G, taken in the mean over what p may be after these counts.
        """
        right, wrong = self.passes + PRIOR, self.fails + PRIOR
        all_of = [prod((side + g) / (right + wrong + g) for g in range(group_size)) for side in (right, wrong)]
        return max(0.0, 1.0 - sum(all_of))

    def after(self, passed: int, failed: int, iteration: int) -> "PassRecord":
        """Return the record after one more visit."""
        streak = 0
        if not passed or not failed:
            side = 1 if passed else -1
            streak = side + (self.streak if self.streak * side > 0 else 0)
        return PassRecord(self.passes * FADING + passed, self.fails * FADING + failed, streak, iteration)


class PassRateMemory:
    """Pass rates by task id; give it to the rewards as an observer.

    Hearing is thread-safe; it pickles, and the copy is a memory of its own.
    """

    def __init__(self) -> None:
        self.records: dict[str, PassRecord] = {}
        self.was_told = False
        """Whether a reward ever reported anything."""
        self._pending: deque[Observation] = deque()

    def __call__(self, problems: Sequence[CodeProblem], verifications: Sequence[Verification]) -> None:
        """Hear a verified batch; rows that the sandbox could not judge say nothing about their problems."""
        pairs = zip(problems, verifications, strict=True)
        judged = [(problem.task_id, found.verdict) for problem, found in pairs]
        judged = [(task_id, verdict) for task_id, verdict in judged if verdict is not Verdict.SANDBOX_ERROR]
        self.observe([task_id for task_id, _ in judged], [verdict is Verdict.PASSED for _, verdict in judged])

    def observe(self, task_ids: Sequence[str], passed: Sequence[bool]) -> None:
        """Hear of completions, one entry each; they wait until they are drained."""
        self.was_told = True
        self._pending.extend(zip(task_ids, map(bool, passed), strict=True))

    def drain(self) -> list[Observation]:
        """Hand over what was heard on this rank since the last call."""
        return [self._pending.popleft() for _ in range(len(self._pending))]

    def record(self, observations: Iterable[Observation], iteration: int) -> None:
        """Count one generation batch, of all ranks: every rank must record the same, in the same order."""
        counts: dict[str, list[int]] = {}
        for task_id, passed in observations:
            counts.setdefault(task_id, [0, 0])[not passed] += 1
        for task_id, (passes, fails) in counts.items():
            self.records[task_id] = self.of(task_id).after(passes, fails, iteration)

    def of(self, task_id: str) -> PassRecord:
        """Return what is known of a problem; a record of no visits where nothing is."""
        return self.records.get(task_id, PassRecord())

    def state_dict(self) -> dict[str, Any]:
        """Return the recorded state as JSON data."""
        return {task_id: list(astuple(record)) for task_id, record in self.records.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a saved state in the place of the present one.

        Raises:
            DataError: this is no state of a memory.
        """
        try:
            self.records = {task_id: PassRecord(*values) for task_id, values in state.items()}
        except (AttributeError, TypeError) as error:
            raise DataError(f"saved pass rates cannot be read: {error}") from error
        self._pending.clear()
