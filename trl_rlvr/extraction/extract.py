"""The search for the program: which pieces of an answer are looked at, in which order, and which one is taken."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from textwrap import dedent

from trl_rlvr.analysis.parsing import describe_syntax_error
from trl_rlvr.extraction.answer import find_answer
from trl_rlvr.extraction.definitions import (
    Strength,
    does_something,
    entry_point_strength,
    opening_end,
    opens_program,
    script_strength,
)
from trl_rlvr.extraction.fences import fenced_pieces, unquoted
from trl_rlvr.extraction.joining import Part, joined
from trl_rlvr.extraction.outcome import Extraction, ExtractionOutcome
from trl_rlvr.extraction.parser import Parser
from trl_rlvr.extraction.piece import CODE_LINE, PYTHON_LINE, Piece
from trl_rlvr.extraction.prose import code_stretches, inline_code, without_prose
from trl_rlvr.extraction.spelling import respelled
from trl_rlvr.extraction.tool_calls import tool_call_pieces

_MAX_PIECES = 64  # of one kind; of more, the last ones
_NO_CODE = Extraction(ExtractionOutcome.NO_CODE, None, "no code in the completion")


def extract_code(
    completion: str, entry_point: str | None = None, *, truncated: bool = False, prompt: str | None = None
) -> Extraction:
    """Find the program in a completion. Never raises, whatever the text, and takes a few seconds at most.

    Looked at in turn, after the thinking: the whole text, if it parses as it stands; fenced and tagged blocks and the
    arguments of tool calls, from the last to the first; blocks marked as another language; the rest of a block that
    the prompt opened; code between sentences; code in backticks within a sentence. Of these the first that *defines*
    the entry point is taken, with the definitions and imports that it needs of other blocks; where none does, the
    first that imports it or gives the name to something else.

    Args:
        completion: the model's text.
        entry_point: name that the program must bind at its top level; None: a program that reads standard input is
            looked for, else any code will do.
        truncated: the completion was cut at its length limit; a last statement that the cut left unfinished is then
            dropped, if what is left defines the entry point.
        prompt: put in front of the code where it is the opening of a program that itself defines `entry_point`
            (HumanEval's format), so that a continuation and a whole function both run; any other prompt is ignored.

    Returns:
        The program as CODE, else what the first piece that holds anything is.
    """
    parser = Parser()
    opening = prompt if prompt and entry_point and opens_program(prompt, entry_point) else ""
    search = _Search(parser, entry_point, opening, truncated)
    for piece in _pieces(find_answer(completion, parser), parser, search.parts):
        search.look_at(piece)
        if search.strength is Strength.DEFINED:
            break
    return search.result()


def _pieces(text: str, parser: Parser, parts: list[tuple[int, Part]]) -> Iterator[Piece]:
    """Yield what may be the program, the likeliest first.

    Args:
        text: the answer.
        parser: parses its parts.
        parts: is filled with the blocks that a program may be joined from, each with its first line.
    """
    text = unquoted(text)
    lines = text.split("\n")
    if text.strip() and parser.try_parse(text):
        yield Piece(text, fenced=False, last_line=len(lines), reaches_end=True)
    blocks = list(fenced_pieces(lines, parser))
    before_fence = replace(next(fenced_pieces(lines, parser, opened=True)), fenced=False)
    opened = [] if before_fence.reaches_end else [before_fence]
    arguments = list(tool_call_pieces(text))[-_MAX_PIECES:]
    blocks = _without_holders(blocks, arguments)[-_MAX_PIECES:]
    marked = sorted([*blocks, *arguments], key=lambda piece: (piece.first_line, piece.last_line))
    loose = [
        stretch
        for first, last in _gaps(marked, len(lines))
        for stretch in code_stretches(lines[first:last], first, parser)
    ]
    for piece in [*opened, *marked, *loose]:
        if not piece.foreign and (tree := parser.try_parse(piece.text)) and does_something(tree):
            parts.append((piece.first_line, Part(piece.text, tree)))
    parts.sort(key=lambda part: part[0])
    last_first = marked[::-1]
    yield from sorted(last_first, key=lambda piece: piece.foreign)
    for block in reversed(blocks):
        if not block.fenced:  # a tag may hold sentences beside the code
            yield from reversed(list(code_stretches(block.text.split("\n"), block.first_line, parser)))
    yield before_fence
    yield from reversed(loose)
    for first, last in reversed(_gaps(blocks, len(lines))):
        yield from reversed(list(inline_code(lines[first:last], first))[-_MAX_PIECES:])


def _without_holders(blocks: Sequence[Piece], arguments: Sequence[Piece]) -> list[Piece]:
    """Leave out the blocks that hold a tool call: what they stand for is its argument."""
    return [
        block
        for block in blocks
        if not any(block.first_line <= a.first_line and a.last_line <= block.last_line for a in arguments)
    ]


def _gaps(pieces: Sequence[Piece], end: int) -> list[tuple[int, int]]:
    """First and last line of each part of a text that no piece holds."""
    gaps, reached = [], 0
    for piece in pieces:
        if piece.first_line > reached:
            gaps.append((reached, piece.first_line))
        reached = max(reached, piece.last_line)
    return [*gaps, (reached, end)] if reached < end else gaps


@dataclass
class _Search:
    """The strongest program so far, and what the first piece that holds anything is."""

    parser: Parser
    entry_point: str | None
    opening: str
    truncated: bool
    parts: list[tuple[int, Part]] = field(default_factory=list)
    strength: Strength = Strength.NONE
    code: str = ""
    failure: Extraction = _NO_CODE
    is_broken: bool = False
    """A piece that does not parse seems to define the entry point."""

    def result(self) -> Extraction:
        """Return what was found."""
        hides_broken = self.strength is Strength.ALIAS and self.entry_point is not None and self.is_broken
        if self.strength > Strength.NONE and not hides_broken:
            return Extraction(ExtractionOutcome.CODE, self.code)
        if self.truncated and self.failure.outcome is not ExtractionOutcome.MISSING_ENTRY_POINT:
            error = "cut at the length limit before the code was whole"
            return Extraction(ExtractionOutcome.TRUNCATED, self.failure.code, error)
        return self.failure

    def look_at(self, piece: Piece) -> None:
        """Judge one piece: take it if it is stronger than what was found, or note why it is no program."""
        failed = _NO_CODE
        for program, own_from in self._programs(piece):
            try:
                tree = self.parser.parse(program)
            except SyntaxError as error:
                if piece.reaches_end and self.truncated and self.entry_point:
                    kept = _whole_statements(program, error)
                    kept_tree = self.parser.try_parse(kept)
                    if kept_tree and self._takes(kept, kept_tree, piece, own_from):
                        return
                if failed is _NO_CODE and _meant_as_code(piece):
                    failed = _failure(ExtractionOutcome.SYNTAX_ERROR, program, describe_syntax_error(error))
                continue
            if self._takes(program, tree, piece, own_from):
                return
            if own_from is None:
                failed = self._missing(program, tree)
                break
        if failed.outcome is ExtractionOutcome.SYNTAX_ERROR and f"def {self.entry_point}" in piece.text:
            self.is_broken = True
            if self.strength is Strength.ALIAS:
                self.failure = failed
        if self.failure is _NO_CODE:
            self.failure = failed

    def _takes(self, program: str, tree: ast.Module, piece: Piece, own_from: tuple[int, int] | None) -> bool:
        """Tell whether a program is one, and keep it if it is stronger than the strongest so far."""
        if not piece.fenced:
            program, tree = self._without_prose(program, tree)
        if self.entry_point is not None:
            strength = entry_point_strength(tree, self.entry_point, own_from or (0, 0))
        else:
            strength = script_strength(tree, tree)
        if strength is Strength.NONE:
            return False
        if strength > self.strength or self.entry_point is None:
            whole = self._joined(program, piece)
            if self.entry_point is None and strength is not Strength.DEFINED:
                strength = script_strength(tree, self.parser.try_parse(whole) or tree)
            if strength > self.strength:
                self.strength, self.code = strength, whole
        return True

    def _without_prose(self, program: str, tree: ast.Module) -> tuple[str, ast.Module]:
        kept = without_prose(program, tree)
        kept_tree = self.parser.try_parse(kept)
        return (kept, kept_tree) if kept_tree else (program, tree)

    def _joined(self, program: str, piece: Piece) -> str:
        before = [part for line, part in self.parts if line < piece.first_line]
        behind = [part for line, part in self.parts if line >= piece.last_line]
        whole = joined(program, before, behind, self.entry_point)
        return whole if whole is program or self.parser.try_parse(whole) else program

    def _missing(self, program: str, tree: ast.Module) -> Extraction:
        if not self.entry_point or not does_something(tree):
            return _NO_CODE
        error = f"the code does not define {self.entry_point!r}"[:200]
        return _failure(ExtractionOutcome.MISSING_ENTRY_POINT, program, error)

    def _programs(self, piece: Piece) -> Iterator[tuple[str, tuple[int, int] | None]]:
        """Yield what a piece may stand for; with an opening in front, also where the opening's own definition ends."""
        text = piece.text
        if lost_fence := PYTHON_LINE.match(text):
            text = text[lost_fence.end() :]
        if text.strip() and self.opening and self.entry_point:
            gap = "\n" if piece.fenced and not self.opening.endswith("\n") else ""
            yield self.opening + gap + text, opening_end(self.opening, self.entry_point)
        if piece.info_code:
            yield f"{piece.info_code}\n{text}".rstrip("\n"), None
        if text.strip():
            yield text, None
        if text.lstrip("\n")[:1] in (" ", "\t"):
            yield dedent(text), None
            yield text.lstrip(), None
        for other in respelled(text):
            yield other, None


def _whole_statements(program: str, error: SyntaxError) -> str:
    """Drop the top-level statement in which a program was cut; nothing is left if the error is not the cut's doing.

    A base model seldom ends its text: after its function it goes on with the next until it is cut.
    """
    lines = program.split("\n")
    starts = [number for number, line in enumerate(lines, 1) if line[:1].strip(" \t#)]}")]
    reached = [number for number in starts if number <= (error.lineno or 0)]
    is_unclosed = "never closed" in error.msg or "unterminated triple-quoted" in error.msg
    if not reached or (reached[-1] != starts[-1] and not is_unclosed):
        return ""
    return "\n".join(lines[: reached[-1] - 1])


def _meant_as_code(piece: Piece) -> bool:
    return not piece.foreign if piece.fenced else CODE_LINE.search(piece.text) is not None


def _failure(outcome: ExtractionOutcome, program: str, error: str) -> Extraction:
    return Extraction(outcome, program.encode("utf-8", "backslashreplace").decode(), error)
