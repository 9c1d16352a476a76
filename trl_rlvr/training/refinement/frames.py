"""What stands between two turns, as token ids: a user message of the model's own template, or plain text.

The ids that were sampled are never decoded and encoded again: a frame is encoded by itself and put behind them.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from trl_rlvr.errors import ConfigError
from trl_rlvr.refinement.special_tokens import without_special_tokens

_QUESTION, _ANSWER = "question-9d41", "answer-9d41"
"""Stand for what is not rendered again."""

CHAT_REQUEST = "Answer with the complete, corrected code in one ```python block."
PLAIN_REQUEST = "Write the corrected code."


class Frame(Protocol):
    """Makes what is fed back between two turns."""

    def ids(self, feedback: str, last: int, opening: str = "") -> list[int]:
        """Return the token ids to put behind a turn; never empty.

        Args:
            feedback: What the policy is told; empty: only to try again.
            last: The last token id that was sampled.
            opening: Code that the next turn goes on with, where the prompt is the opening of a program.
        """


@dataclass(frozen=True)
class PlainFrame:
    """For models that go on with a text: the feedback as a docstring, as in the prompt style `completion`."""

    tokenizer: Any

    def ids(self, feedback: str, last: int, opening: str = "") -> list[int]:
        """Return the docstring's token ids; see `Frame`."""
        said = without_special_tokens(feedback, self.tokenizer).replace('"""', "'''")
        lines = ["", '"""', *([said] if said else []), PLAIN_REQUEST, '"""', opening]
        return encoded("\n".join(lines), self.tokenizer)


@dataclass(frozen=True)
class ChatFrame:
    """For chat models: the rest of the assistant's turn, the feedback as a user's message, a new assistant's turn.

    Where a turn was cut short, its end token is among what is fed back.

    Raises:
        ConfigError: The template does not show what the assistant said.
    """

    tokenizer: Any
    template: str | None = None
    """Of the chat; None: the tokenizer's own."""
    options: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the template."""

    def ids(self, feedback: str, last: int, opening: str = "") -> list[int]:
        """Return the increment's token ids; see `Frame`."""
        said = without_special_tokens(feedback, self.tokenizer)
        request = CHAT_REQUEST + (f" It begins:\n\n```python\n{opening.rstrip()}\n```" if opening else "")
        messages = [
            {"role": "user", "content": _QUESTION},
            {"role": "assistant", "content": _ANSWER},
            {"role": "user", "content": f"{said}\n\n{request}" if said else request},
        ]
        text = self.tokenizer.apply_chat_template(
            messages, chat_template=self.template, add_generation_prompt=True, tokenize=False, **self.options
        )
        _, answer, rest = text.partition(_ANSWER)
        if not answer or not rest:
            raise ConfigError("the chat template does not show the assistant's answers; refinement needs one that does")
        found = encoded(rest, self.tokenizer)
        return found[1:] if found[0] == last and len(found) > 1 else found


def encoded(text: str, tokenizer: Any) -> list[int]:
    """Return the token ids of a part of a text, with nothing added."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
