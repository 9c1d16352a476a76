"""The turns of a batch of completions, token in, token out.

What was sampled stays as it was sampled, with its log-probabilities; what is fed back is put behind it as ids, and
marked with 0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from trl_rlvr.extraction import ExtractionOutcome
from trl_rlvr.verdict import Verdict
from trl_rlvr.verifier import Verification

Sampled = tuple[list[list[int]], list[list[float]] | None]
"""Token ids of each row, and their log-probabilities where the engine tells them."""


@dataclass(frozen=True)
class Turn:
    """What a policy wrote between two feedbacks."""

    ids: list[int]
    text: str
    found: Verification | None
    """What its code showed on the visible tests; None where the problem has none."""
    feedback: str = ""
    """What it was told then; behind the last turn nobody reads it."""

    @property
    def passes(self) -> bool:
        """Whether nothing is left to repair, as far as anyone may tell."""
        return self.found is None or self.found.verdict is Verdict.PASSED

    @property
    def is_unknown(self) -> bool:
        """Whether the sandbox could not run it."""
        return self.found is not None and self.found.verdict is Verdict.SANDBOX_ERROR

    @property
    def has_code(self) -> bool:
        """Whether it holds code, be it wrong."""
        return self.found is None or self.found.extraction.outcome is not ExtractionOutcome.NO_CODE

    def shown(self) -> dict[str, Any]:
        """Return the turn as a table of completions has it: text, code, and what it showed on the visible tests."""
        found = self.found
        return {
            "text": self.text,
            "tokens": len(self.ids),
            "code": found.extraction.code or "" if found else "",
            "verdict": found.verdict.value if found else None,
            "passed": found.result.passed if found else None,
            "total": found.result.total if found else None,
            "feedback": self.feedback,
        }


@dataclass
class Trajectory:
    """One row: its prompt, and behind it turns and feedback in one sequence."""

    prompt_ids: list[int]
    ids: list[int] = field(default_factory=list)
    """The completion."""
    mask: list[int] = field(default_factory=list)
    """1 for each id that was sampled, 0 for what was fed back."""
    logprobs: list[float] = field(default_factory=list)
    """0.0 for what was fed back; empty where the engine tells none."""
    turns: list[Turn] = field(default_factory=list)
    ended: bool = False
    lacked_room: bool = False
    """Whether it ended because no tokens were left for another turn."""

    def add(self, ids: Sequence[int], logprobs: Sequence[float] | None, sampled: bool) -> None:
        """Put ids at the end."""
        self.ids += ids
        self.mask += [int(sampled)] * len(ids)
        if logprobs is not None:
            self.logprobs += logprobs

    def take_back(self) -> None:
        """Remove what was fed back last: nobody answered it."""
        while self.mask and not self.mask[-1]:
            self.ids.pop()
            self.mask.pop()
        del self.logprobs[len(self.ids) :]
        self.ended = True

    def shown(self) -> list[dict[str, Any]]:
        """Return the turns as a table of completions has them; the last one was told nothing."""
        found = [turn.shown() for turn in self.turns]
        return [*found[:-1], *({**last, "feedback": ""} for last in found[-1:])]

    @property
    def is_unknown(self) -> bool:
        """Whether the sandbox could not run a turn."""
        return any(turn.is_unknown for turn in self.turns)


@dataclass(frozen=True)
class Limits:
    """How long completions may be."""

    turns: int
    turn_tokens: int
    whole_tokens: int
    """Of all turns and what is fed back between them."""

    def room(self, trajectory: Trajectory) -> int:
        """Return how many tokens the next turn may have."""
        return min(self.turn_tokens, self.whole_tokens - len(trajectory.ids))


Sample = Callable[[list[list[int]], int, int, int], Sampled]
"""Contexts, longest turn in tokens, rows that the busiest rank brings, and the number of the turn, from 0 on."""
Judge = Callable[[list[int], list[list[int]], int], list[Turn]]
"""Rows, ids that they sampled and the number of the turn -> turns with what they are to be told."""
Framed = Callable[[int, str, int], list[int]]
"""Row, feedback and last sampled id -> what is fed back."""


def converse(
    trajectories: list[Trajectory],
    limits: Limits,
    *,
    sample: Sample,
    judge: Judge,
    framed: Framed,
    busiest: Callable[[int], int],
) -> None:
    """Carry trajectories on until each has passed the visible tests, has had its turns, or has no room for another.

    Another turn needs room for at least half of `turn_tokens`: a stump of an answer would only take the reward of the
    turn before.

    Args:
        trajectories: Of this rank; they are changed.
        limits: See there.
        sample: Called as often on every rank, also by those that have nothing left to sample.
        judge: Verifies answers.
        framed: Makes what is fed back.
        busiest: Returns the largest of all ranks' numbers.
    """
    for number in range(limits.turns):
        rows = [row for row, one in enumerate(trajectories) if not one.ended]
        most = busiest(len(rows))
        if most == 0:
            return
        rooms = [limits.room(trajectories[row]) for row in rows]
        contexts = [trajectories[row].prompt_ids + trajectories[row].ids for row in rows]
        ids, logprobs = sample(contexts, max(rooms, default=1), most, number)
        answers = [one[:room] for one, room in zip(ids, rooms, strict=False)]
        for place, (row, turn) in enumerate(zip(rows, judge(rows, answers, number), strict=True)):
            if not turn.ids and trajectories[row].turns:
                trajectories[row].take_back()
                continue
            found = None if logprobs is None else logprobs[place][: rooms[place]]
            trajectories[row].add(turn.ids, found, sampled=True)
            trajectories[row].turns.append(turn)
            _go_on(trajectories[row], row, limits, framed)


def _go_on(trajectory: Trajectory, row: int, limits: Limits, framed: Framed) -> None:
    """Feed back what the last turn is told, or end the trajectory."""
    last = trajectory.turns[-1]
    trajectory.ended = last.passes or last.is_unknown or len(trajectory.turns) == limits.turns or not last.ids
    if trajectory.ended:
        return
    fed = framed(row, last.feedback, last.ids[-1])
    needed = max(1, limits.turn_tokens // 2)
    if len(trajectory.ids) + len(fed) + needed > limits.whole_tokens:
        trajectory.ended = trajectory.lacked_room = True
        return
    trajectory.add(fed, [0.0] * len(fed) if trajectory.logprobs else None, sampled=False)
