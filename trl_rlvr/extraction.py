"""Completion text to code, or the class of the reason why there is none.

A later block that lacks the entry point never hides an earlier one that has it, and prose that happens to parse
("Yes", "Answer: 5") is no code.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from textwrap import dedent

from trl_rlvr.analysis.parsing import describe_syntax_error, parse_source, plain_newlines, top_level_bindings, try_parse


class ExtractionOutcome(Enum):
    """Class of what a completion holds; each becomes a metric."""

    CODE = "code"
    """Code that parses and defines the entry point, where one is known."""
    NO_CODE = "no_code"
    """Nothing that looks like code."""
    SYNTAX_ERROR = "syntax_error"
    """Code that does not parse."""
    MISSING_ENTRY_POINT = "missing_entry_point"
    """Code that parses and does not define the name that the tests call."""
    TRUNCATED = "truncated"
    """The completion was cut at its length limit before there was code that parses."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was found in one completion."""

    outcome: ExtractionOutcome
    code: str | None
    """With CODE: the program to run. Otherwise what came closest to one, always encodable, or None."""
    error: str = ""
    """One printable line, at most 200 characters; empty with CODE."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the completion that may be the program."""

    text: str
    language: str = ""
    """First word after the opening fence, lower case; empty for none."""
    fenced: bool = True
    reaches_end: bool = False
    """Nothing closes it: where the completion was cut, this was cut."""

    @property
    def foreign(self) -> bool:
        return bool(self.language) and not self.language.startswith("py")


@dataclass(frozen=True, slots=True)
class _Fence:
    indent: int
    mark: str
    """All its backticks or tildes."""
    info: str
    head: str | None = None
    """Text before a fence that does not begin its line."""


_MAX_BLOCKS = 64  # of a completion that holds more, the last ones
_MAX_CLOSING_INDENT = 3  # beyond its opening fence's; deeper ones stand in docstrings (as in CommonMark)
_OPEN_THINK = re.compile(r"^[ \t]*<think>", re.MULTILINE)
_CODE_LINE = re.compile(
    r"^[ \t]*+(?:(?:async[ \t]+)?def[ \t]+\w|class[ \t]+\w+[ \t]*[(:]|@\w|print[ \t]*\(|\w++[ \t]*+=(?!=)"
    r"|import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import\b|return\b)",
    re.MULTILINE,
)
_NO_CODE = Extraction(ExtractionOutcome.NO_CODE, None, "no code in the completion")


def extract_code(
    completion: str, entry_point: str | None = None, *, truncated: bool = False, prompt: str | None = None
) -> Extraction:
    """Find the program in a completion. Never raises, whatever the text.

    Looked at in turn, after a closing `</think>`: the whole text, if it parses as it stands; the fenced blocks from
    the last to the first, those marked as another language after the others; the text before the first bare fence
    (the rest of a block that the prompt opened).

    Args:
        completion: the model's text.
        entry_point: name that the program must define at its top level; None: any code will do.
        truncated: the completion was cut at its length limit; a last statement that the cut left unfinished is then
            dropped, if what is left defines the entry point.
        prompt: put in front of the code where it is the opening of a program that itself defines `entry_point`
            (HumanEval's format), so that a continuation and a whole function both run; any other prompt is ignored.

    Returns:
        The first that is CODE, else what the first that holds anything is.
    """
    opening = prompt if prompt and entry_point and opens_program(prompt, entry_point) else ""
    best = _NO_CODE
    for piece in _pieces(_answer(completion)):
        found = _judge(piece, entry_point, opening, may_be_cut=truncated and piece.reaches_end)
        if found.outcome is ExtractionOutcome.CODE:
            return found
        if best is _NO_CODE:
            best = found
    if truncated and best.outcome is not ExtractionOutcome.MISSING_ENTRY_POINT:
        return Extraction(ExtractionOutcome.TRUNCATED, best.code, "cut at the length limit before the code was whole")
    return best


def opens_program(prompt: str, entry_point: str) -> bool:
    """Tell whether a prompt is the opening of a program that defines `entry_point`, as HumanEval's are."""
    return _opening_end(prompt, entry_point) is not None


@lru_cache(maxsize=4096)
def _opening_end(opening: str, entry_point: str) -> tuple[int, int] | None:
    """Line and column at which the entry point's definition in an opening ends; None if it is no opening."""
    tree = try_parse(opening)
    if tree is not None:
        return _definition_end(tree, entry_point)
    tree = try_parse(f"{opening}\n    pass\n")  # a bare signature
    return (0, 0) if tree is not None and _definition_end(tree, entry_point) else None


def _definition_end(tree: ast.Module, name: str) -> tuple[int, int] | None:
    ends = [
        (getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0))
        for bound, node in top_level_bindings(tree)
        if bound == name
    ]
    return max(ends, default=None)


def _answer(completion: str) -> str:
    """Cut the thinking off: all up to the last `</think>`, and all from a `<think>` that nothing closes."""
    text = plain_newlines(completion).rpartition("</think>")[2]
    unclosed = _OPEN_THINK.search(text)
    return (text[: unclosed.start()] if unclosed else text).lstrip("\ufeff")


def _pieces(text: str) -> Iterator[_Piece]:
    """Yield what may be the program, the likeliest first."""
    lines = text.split("\n")
    before_fence = replace(next(_blocks(lines, opened=True)), fenced=False)
    if not before_fence.reaches_end and try_parse(text):  # the fences stand inside strings of a whole program
        yield _Piece(text, fenced=False)
    last_first = list(_blocks(lines))[: -_MAX_BLOCKS - 1 : -1]
    yield from sorted(last_first, key=lambda block: block.foreign)
    yield before_fence


def _blocks(lines: list[str], *, opened: bool = False) -> Iterator[_Piece]:
    """Yield the fenced blocks in order, also one that is never closed.

    Args:
        lines: the text.
        opened: a fence opened before the first line.
    """
    fence = _Fence(0, "```", "") if opened else None
    start = 0
    for number, line in enumerate(lines):
        found = _read_fence(line) if "```" in line or "~~~" in line else None
        if found is None or (fence and not _ends(fence, found)):
            continue
        if fence:
            yield _block(fence, [*lines[start:number], *([] if found.head is None else [found.head])])
        fence = None if fence and not found.info else found
        start = number + 1
    if fence:
        yield replace(_block(fence, lines[start:]), reaches_end=True)


def _read_fence(line: str) -> _Fence | None:
    """Read a line that is a fence, or that ends in one ("Here it is: ```python", "return x```")."""
    stripped = line.strip()
    indent = len(line) - len(line.lstrip())
    if stripped.startswith(("```", "~~~")):
        rest = stripped.lstrip(stripped[0])
        if stripped[0] == "`" and "`" in rest:
            return None  # code within a sentence
        return _Fence(indent, stripped[: len(stripped) - len(rest)], rest.strip())
    head, mark, info = stripped.rpartition("```")
    if not mark or "```" in head or not re.fullmatch(r"\w*", info.strip()):
        return None
    return _Fence(indent, mark, info.strip(), head=line[:indent] + head)


def _ends(fence: _Fence, later: _Fence) -> bool:
    """Tell whether a later fence ends an open block: by closing it, or by opening the next."""
    if later.head is not None:
        return not later.info and fence.mark == "```"
    if later.indent > fence.indent + _MAX_CLOSING_INDENT:
        return False
    return bool(later.info) or later.mark.startswith(fence.mark)


def _block(fence: _Fence, lines: list[str]) -> _Piece:
    """Make a block of its lines, less the indentation of its fence."""
    texts = [line[: fence.indent].lstrip() + line[fence.indent :] for line in lines]
    language = re.match(r"\W*(\w*)", fence.info)
    return _Piece("\n".join(texts), language[1].lower() if language else "")


def _judge(piece: _Piece, entry_point: str | None, opening: str, *, may_be_cut: bool) -> Extraction:
    """Class one piece: CODE, MISSING_ENTRY_POINT, SYNTAX_ERROR or NO_CODE."""
    failed = _NO_CODE
    for program, opening_end in _programs(piece, entry_point, opening):
        try:
            tree = parse_source(program)
        except SyntaxError as error:
            kept = _whole_statements(program, error) if may_be_cut and entry_point else ""
            kept_tree = try_parse(kept)
            if kept_tree and _is_solution(kept_tree, entry_point, opening_end):
                return Extraction(ExtractionOutcome.CODE, kept)
            if failed is _NO_CODE and _meant_as_code(piece):
                failed = _failure(ExtractionOutcome.SYNTAX_ERROR, program, describe_syntax_error(error))
            continue
        if _is_solution(tree, entry_point, opening_end):
            return Extraction(ExtractionOutcome.CODE, program)
        if opening_end is None:
            error_line = f"the code does not define {entry_point!r}"[:200]
            missing = _failure(ExtractionOutcome.MISSING_ENTRY_POINT, program, error_line)
            return missing if entry_point and _does_something(tree) else _NO_CODE
    return failed


def _is_solution(tree: ast.Module, entry_point: str | None, opening_end: tuple[int, int] | None) -> bool:
    if entry_point is None:
        return _does_something(tree)
    end = _definition_end(tree, entry_point)
    return end is not None and end > (opening_end or (0, 0))


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


def _programs(piece: _Piece, entry_point: str | None, opening: str) -> Iterator[tuple[str, tuple[int, int] | None]]:
    """Yield what a piece may stand for; with an opening in front, also where the opening's own definition ends."""
    text = piece.text
    if not text.strip():
        return
    if opening and entry_point:
        gap = "\n" if piece.fenced and not opening.endswith("\n") else ""
        yield opening + gap + text, _opening_end(opening, entry_point)
    yield text, None
    if text.lstrip("\n")[:1] in (" ", "\t"):
        yield dedent(text), None
        yield text.lstrip(), None


def _meant_as_code(piece: _Piece) -> bool:
    return not piece.foreign if piece.fenced else _CODE_LINE.search(piece.text) is not None


def _failure(outcome: ExtractionOutcome, program: str, error: str) -> Extraction:
    return Extraction(outcome, program.encode("utf-8", "backslashreplace").decode(), error)


def _does_something(tree: ast.Module) -> bool:
    """Tell code from prose that happens to parse, by a statement that binds, branches or calls."""
    return any(_acts(statement) for statement in tree.body)


def _acts(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return any(isinstance(node, ast.Call) for node in ast.walk(statement))
    if isinstance(statement, ast.AnnAssign):
        return statement.value is not None
    return not isinstance(statement, ast.Pass | ast.Break | ast.Continue)
