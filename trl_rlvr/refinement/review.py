"""What each answer of a batch showed on the visible tests, and what its writer is told."""

import dataclasses
import random
from collections.abc import Sequence
from typing import Any

from trl_rlvr.data import problems_from_columns
from trl_rlvr.problem import CodeProblem
from trl_rlvr.refinement.config import RefinementConfig
from trl_rlvr.refinement.feedback import visible_feedback, visible_problem
from trl_rlvr.refinement.turns import Turn
from trl_rlvr.verifier import CodeVerifier, Verification

_NOT_COLUMNS = ("prompt", "completion")


@dataclasses.dataclass(frozen=True)
class Refinement:
    """How a trainer lets its policy repair code.

    Args:
        config: The options.
        verifier: Runs the answers against the visible tests; one that remembers runs no program twice.
        visible_tests: Tests that feedback may be about, from the first on: `all`, `none` or a number; those that the
            prompts show, or more of them. Never more than a problem's `visible_limit`.
        seed: Of the choice of another problem's feedback.
    """

    config: RefinementConfig
    verifier: CodeVerifier
    visible_tests: int | str = "all"
    seed: int = 0

    def problems(self, inputs: Sequence[dict[str, Any]]) -> list[CodeProblem | None]:
        """Return the problems of a trainer's rows, less their hidden tests; None for those that show none.

        Raises:
            DataError: The rows hold no problems.
        """
        columns = {name: [row[name] for row in inputs] for name in inputs[0] if name not in _NOT_COLUMNS}
        columns["prompts"] = [row["prompt"] for row in inputs]
        found = problems_from_columns(columns, len(inputs))
        known = {problem: visible_problem(problem, self.visible_tests) for problem in dict.fromkeys(found)}
        return [known[problem] for problem in found]

    def judged(
        self, problems: Sequence[CodeProblem | None], ids: Sequence[list[int]], texts: Sequence[str], *, key: str
    ) -> list[Turn]:
        """Verify answers and say what their writers are told.

        Args:
            problems: Of each answer, as `problems` returned them.
            ids: Token ids of each answer.
            texts: The same, decoded.
            key: Decides, beside the seed, which other problem's feedback is taken.
        """
        tested = [row for row, problem in enumerate(problems) if problem is not None]
        shown: list[CodeProblem] = [problem for problem in problems if problem is not None]
        results = self.verifier.verify([texts[row] for row in tested], shown)
        found: dict[int, Verification] = dict(zip(tested, results, strict=True))
        turns = [Turn(list(ids[row]), texts[row], found.get(row)) for row in range(len(texts))]
        told = self._told(problems, turns, key)
        return [dataclasses.replace(turn, feedback=told.get(row, "")) for row, turn in enumerate(turns)]

    def _told(self, problems: Sequence[CodeProblem | None], turns: Sequence[Turn], key: str) -> dict[int, str]:
        """Return the feedback of the answers that need one."""
        told = {}
        for row, (problem, turn) in enumerate(zip(problems, turns, strict=True)):
            if turn.passes or turn.is_unknown:
                continue
            assert problem is not None
            assert turn.found is not None
            told[row] = self.feedback(problem, turn.found)
        return self._shuffled(problems, told, key) if self.config.refinement_feedback == "random" else told

    def feedback(self, problem: CodeProblem, found: Verification) -> str:
        """Return what is said of an answer that failed; with `random` what the writer of another one is told.

        Args:
            problem: As `problems` returned it.
            found: What the answer showed on its tests.
        """
        kind = self.config.refinement_feedback
        if kind == "none":
            return ""
        if kind == "verdict":
            return found.verdict.value
        return visible_feedback(problem, found, self.config.refinement_feedback_characters)

    def _shuffled(self, problems: Sequence[CodeProblem | None], told: dict[int, str], key: str) -> dict[int, str]:
        """Give each row the feedback of another problem's; nothing where the batch has no other that failed."""
        drawn = {}
        for row in told:
            others = [text for other, text in told.items() if problems[other] != problems[row]]
            drawn[row] = random.Random(f"{self.seed}/{key}/{row}").choice(others) if others else ""
        return drawn
