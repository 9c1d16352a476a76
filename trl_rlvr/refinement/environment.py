"""The visible tests as a tool: an environment for models that call tools, in TRL's own loop (`environment_factory`)."""

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from trl_rlvr.errors import ConfigError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.refinement.review import Refinement
from trl_rlvr.refinement.special_tokens import broken_up
from trl_rlvr.verdict import Verdict

_REMEMBERED = 64
"""Feedbacks of other problems from which `random` draws."""


class CodeEnvironment:
    """One rollout of TRL's tool loop: its problem, and code that was handed in for it.

    Only `submit` is a tool. A data set's row decides the problem; see `CodeEnvironments`.
    """

    def __init__(self, environments: "CodeEnvironments") -> None:
        self._of = environments
        self._problem: CodeProblem | None = None
        self.submissions: list[str] = []
        """The code that was handed in, in order."""
        self.is_unknown = False
        """Whether the sandbox could not run some of it: rewards then give None."""

    def reset(self, **row: Any) -> None:
        """Begin anew with the problem of a row; the prompt stays as it is.

        Args:
            **row: Of the data set, with its prompt.

        Raises:
            DataError: The row holds no problem.
        """
        (self._problem,) = self._of.refinement.problems([row])
        self.submissions, self.is_unknown = [], False

    async def submit(self, code: str) -> str:
        """Hand in code, and learn how it does on the visible tests.

        Args:
            code: The complete Python code.

        Returns:
            The first visible test that fails, with what the code gave; or that all of them pass.
        """
        self.submissions.append(str(code))
        left = self._of.refinement.config.refinement_turns - len(self.submissions)
        if left <= 0:
            return "Handed in; no submission is left."
        if self._problem is None:
            return "Handed in; there is no visible test."
        (found,) = await self._of.refinement.verifier.averify([str(code)], [self._problem])
        if found.verdict is Verdict.PASSED:
            return "All visible tests pass."
        if found.verdict is Verdict.SANDBOX_ERROR:
            self.is_unknown = True
            return "Handed in; it could not be run."
        said = self._of.drawn(self._problem, self._of.refinement.feedback(self._problem, found))
        return broken_up(said or "A test fails.", self._of.marks)


@dataclass
class CodeEnvironments:
    """Makes environments: the `environment_factory` of TRL's trainers. It pickles if its verifier does.

    Args:
        refinement: How many submissions a rollout has (`refinement_turns`), and what each is told. The last is told
            nothing.
        marks: What no feedback may hold, as `special_tokens` returns it.

    Raises:
        ConfigError: A rollout has only one submission, so that nothing could be repaired.
    """

    refinement: Refinement
    marks: tuple[str, ...] = ()
    _told: deque[tuple[CodeProblem, str]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED), repr=False)

    def __post_init__(self) -> None:
        if not self.refinement.config.enabled:
            raise ConfigError("an environment with one submission can repair nothing; give refinement_turns 2 or more")
        self._random = random.Random(self.refinement.seed)

    def __call__(self) -> CodeEnvironment:
        """Return an environment for one rollout at a time."""
        return CodeEnvironment(self)

    def drawn(self, problem: CodeProblem, said: str) -> str:
        """Return what is told: with `random` another problem's feedback, or nothing as long as there is none."""
        if self.refinement.config.refinement_feedback != "random":
            return said
        others = [text for other, text in self._told if other != problem]
        self._told.append((problem, said))
        return self._random.choice(others) if others else ""
