"""The answer in a completion: what follows the thinking, up to the end of the model's turn.

`</think>` in a string of the code ends no thinking: a mark counts only where no code that parses holds it.
"""

import re
from functools import cached_property
from itertools import islice

from trl_rlvr.analysis.parsing import plain_newlines
from trl_rlvr.extraction.fences import fenced_pieces
from trl_rlvr.extraction.parser import Parser
from trl_rlvr.extraction.piece import Piece

_THOUGHT = r"think|thinking|thought|thoughts|reasoning|seed:think"
_THOUGHT_ENDS = re.compile(
    rf"</(?:{_THOUGHT})>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>|<\|channel\|>final<\|message\|>|<channel\|>"
)
_OPEN_THOUGHT = re.compile(
    rf"^[ \t]*(?:<(?:{_THOUGHT})>|\[THINK\]|◁think▷|<\|begin_of_thought\|>|<\|channel>thought|<\|channel\|>analysis)",
    re.MULTILINE,
)
_TURN_ENDS = re.compile(
    r"<\|(?:im_end|eot_id|end_of_text|endoftext|eom_id|end|return|EOT|end_of_solution)\|>"
    r"|<end_of_turn>|<turn\|>|<eos>|</s>|<\uff5cend\u2581of\u2581sentence\uff5c>"
)
_TURN_START = re.compile(
    r"(?:\s*(?:<\|im_start\|>\w*|<\|start_header_id\|>\w+<\|end_header_id\|>|<start_of_turn>\w*|<\|turn>\w*|<s>|<bos>"
    r"|<\|begin_of_text\|>|<\|begin_of_solution\|>|<\|python_tag\|>|<\uff5cAssistant\uff5c>|\[ASSISTANT\])[ \t]*\n*)++"
)
_INVISIBLE = "\ufeff\u200b\u2060"
_MAX_MARKS = 4  # that are looked at; of more, the last ones


def find_answer(completion: str, parser: Parser) -> str:
    """Cut a completion's thinking and what follows its turn off."""
    text = plain_newlines(completion).lstrip(_INVISIBLE)
    text = text[_thought_end(text, parser) :]
    code = _CodeInText(text, parser)
    for mark in islice(_OPEN_THOUGHT.finditer(text), _MAX_MARKS):
        if not code.holds(mark.start()):
            text = text[: mark.start()]
            break
    start = _TURN_START.match(text)
    text = text[start.end() :] if start else text
    code = _CodeInText(text, parser)
    for mark in islice(_TURN_ENDS.finditer(text), _MAX_MARKS):
        if text[: mark.start()].strip() and not code.holds(mark.start()):
            text = text[: mark.start()]
            break
    return text.lstrip(_INVISIBLE)


def _thought_end(text: str, parser: Parser) -> int:
    """Offset after the last end of thinking that no code holds; 0 for none."""
    marks = list(_THOUGHT_ENDS.finditer(text))[-_MAX_MARKS:]
    # An unclosed fence in the thinking leaves all behind it in doubt, so code is looked for behind each mark afresh.
    codes = [(start, _CodeInText(text[start:], parser)) for start in (0, *(mark.end() for mark in marks))]
    for number in reversed(range(len(marks))):
        offset = marks[number].start()
        if not any(code.holds(offset - start) for start, code in codes[: number + 1]):
            return marks[number].end()
    return 0


class _CodeInText:
    """Tells whether a place in a text lies in a string or comment of a program."""

    def __init__(self, text: str, parser: Parser) -> None:
        self._text = text
        self._parser = parser

    @cached_property
    def _pieces(self) -> list[Piece]:
        if "```" not in self._text and "~~~" not in self._text:
            return [Piece(self._text, last_line=self._text.count("\n") + 1)]
        return list(fenced_pieces(self._text.split("\n"), self._parser))

    def holds(self, offset: int) -> bool:
        """Tell it of one offset."""
        line = self._text.count("\n", 0, offset)
        return any(
            piece.first_line <= line < piece.last_line and self._parser.try_parse(piece.text) is not None
            for piece in self._pieces
        )
