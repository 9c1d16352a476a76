"""What each answer of a batch showed on the visible tests, and what its writer is told."""

import dataclasses
import random
from collections.abc import Sequence
from typing import Any

from trl_rlvr.data import problems_from_columns
from trl_rlvr.problem import CodeProblem
from trl_rlvr.training.refinement.config import RefinementConfig
from trl_rlvr.training.refinement.feedback import visible_feedback, visible_problem
from trl_rlvr.training.refinement.turns import Turn
from trl_rlvr.verifier import CodeVerifier, Verification

_NOT_COLUMNS = ("prompt", "completion")


@dataclasses.dataclass(frozen=True)
class Refinement:
    """How a trainer lets its policy repair code.

    Args:
        config: The options.
        verifier: Runs the answers against the visible tests; one that remembers runs no program twice.
        visible_tests: Tests that the prompts show: `all`, `none` or a number, as in `build_prompt`.
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
        kind, most = self.config.refinement_feedback, self.config.refinement_feedback_characters
        failed = [row for row, turn in enumerate(turns) if not turn.passes and not turn.is_unknown]
        if kind == "none":
            return dict.fromkeys(failed, "")
        if kind == "verdict":
            return {row: found.verdict.value for row in failed if (found := turns[row].found) is not None}
        told = {}
        for row in failed:
            problem, found = problems[row], turns[row].found
            assert problem is not None
            assert found is not None
            told[row] = visible_feedback(problem, found, most)
        return told if kind == "visible" else self._shuffled(problems, told, key)

    def _shuffled(self, problems: Sequence[CodeProblem | None], told: dict[int, str], key: str) -> dict[int, str]:
        """Give each row the feedback of another problem's; nothing where the batch has no other that failed."""
        drawn = {}
        for row in told:
            others = [text for other, text in told.items() if problems[other] != problems[row]]
            drawn[row] = random.Random(f"{self.seed}/{key}/{row}").choice(others) if others else ""
        return drawn
