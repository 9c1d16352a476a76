"""The `refinement_*` options of a run."""

from dataclasses import dataclass, field
from typing import Literal

from trl_rlvr.data.prompts import count_visible
from trl_rlvr.errors import ConfigError

FEEDBACKS = ("visible", "verdict", "random", "none")
REWARDS = ("final", "best", "discounted")


@dataclass
class RefinementConfig:
    """How often a policy may repair its code, what it is told, and how its turns are rewarded.

    Raises:
        ConfigError: An option is out of its range.
    """

    refinement_turns: int = field(default=1, metadata={"help": "Turns of a completion; 1: no repair."})
    refinement_turn_tokens: int | None = field(
        default=None,
        metadata={"help": "Longest turn; None: max_completion_length by the turns."},
    )
    refinement_feedback: Literal["visible", "verdict", "random", "none"] = field(
        default="visible",
        metadata={"help": "visible: the first failed visible test; verdict: one word; random: another problem's."},
    )
    refinement_visible_tests: str | None = field(
        default=None,
        metadata={"help": "Tests that feedback may be about: all or a number; None: those that the prompt shows."},
    )
    refinement_feedback_characters: int = field(default=500, metadata={"help": "Longest feedback, in characters."})
    refinement_reward: Literal["final", "best", "discounted"] = field(
        default="final",
        metadata={"help": "That of the last turn, of the best, or the sum of all with refinement_gamma."},
    )
    refinement_gamma: float = field(default=0.4, metadata={"help": "A reward's worth one turn earlier, 0..1."})
    refinement_no_code_penalty: float = field(
        default=-0.2, metadata={"help": "Added for each turn but the last without code."}
    )

    def __post_init__(self) -> None:
        if self.refinement_visible_tests is not None:
            self.refinement_visible_tests = str(self.refinement_visible_tests)  # YAML gives a number
            count_visible(self.refinement_visible_tests)
        choices = {"refinement_feedback": FEEDBACKS, "refinement_reward": REWARDS}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(allowed)}")
        least = {"refinement_turns": 1, "refinement_turn_tokens": 1, "refinement_feedback_characters": 40}
        for name, bound in least.items():
            value = getattr(self, name)
            if value is not None and value < bound:
                raise ConfigError(f"{name} is {value!r}; give {bound} or more")
        if not 0.0 <= self.refinement_gamma <= 1.0:
            raise ConfigError(f"refinement_gamma is {self.refinement_gamma!r}; give a number from 0 to 1")
        if not self.refinement_no_code_penalty <= 0.0:
            raise ConfigError(f"refinement_no_code_penalty is {self.refinement_no_code_penalty!r}; give 0 or less")

    @property
    def enabled(self) -> bool:
        """Whether there can be a second turn."""
        return self.refinement_turns > 1

    @property
    def discount(self) -> float:
        """What a turn's reward is worth one turn earlier."""
        return self.refinement_gamma if self.refinement_reward == "discounted" else 1.0

    def turn_tokens(self, max_completion_tokens: int) -> int:
        """Return the longest turn, in tokens.

        Raises:
            ConfigError: It is longer than a completion may be, or no token is left for a turn.
        """
        found = self.refinement_turn_tokens or max_completion_tokens // self.refinement_turns
        if not 0 < found <= max_completion_tokens:
            raise ConfigError(
                f"a turn may have {found} tokens and all of them together max_completion_length, "
                f"{max_completion_tokens}; lower refinement_turn_tokens, or raise max_completion_length"
            )
        return found
