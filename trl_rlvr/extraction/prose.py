"""Code that stands in a text without a fence: between sentences, indented, or in backticks within one.

A stretch ends where prose begins. Where broken code follows, there is no stretch: a program with an error is not
mended by leaving the error out.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from textwrap import dedent

from trl_rlvr.extraction.parser import Parser
from trl_rlvr.extraction.piece import CODE_START, Piece
from trl_rlvr.extraction.statements import without

_INLINE_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)([^`\n]++)\1(?!`)")
_INDENTED_START = re.compile(
    r"(?P<indent> {2,}|\t+)(?:(?:async +)?def +\w|class +\w|import +\w|from +[\w.]+ +import|@\w)"
)
_LANGUAGE = re.compile(r"(?:python3?|py)[ \t]+(?=\S)", re.IGNORECASE)
_LIST_MARK = re.compile(r"(?:[-*+]|\d+[.)])[ \t]+")
_MAX_STRETCHES = 32


def code_stretches(lines: Sequence[str], first_line: int, parser: Parser) -> Iterator[Piece]:
    """Yield the stretches of code in lines that no fence holds, in order.

    Args:
        lines: a part of the answer.
        first_line: the number in the answer of the first of them.
        parser: tells where a stretch ends.
    """
    number = tries = 0
    while number < len(lines) and tries < _MAX_STRETCHES:
        line = lines[number]
        end = number
        if CODE_START.match(line):
            end, text = _stretch(lines, number, parser)
            tries += 1
        elif indented := _INDENTED_START.match(line):
            end, text = _indented(lines, number, indented["indent"])
            tries += 1
        if end > number:
            yield Piece(text, fenced=False, first_line=first_line + number, last_line=first_line + end)
        number = max(end, number + 1)


def inline_code(lines: Sequence[str], first_line: int) -> Iterator[Piece]:
    """Yield what stands in backticks within a line."""
    for number, line in enumerate(lines, first_line):
        if "`" in line:
            for match in _INLINE_CODE.finditer(line):
                text = _LANGUAGE.sub("", match[2].strip(), count=1)
                if CODE_START.match(text):
                    yield Piece(text, first_line=number, last_line=number + 1)


def without_prose(text: str, tree: ast.Module) -> str:
    """Take prose that happens to parse out of a program: expressions that neither call nor bind, strings apart."""
    return without(text, tree, _is_prose)


def _is_prose(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.AnnAssign):
        return statement.value is None and isinstance(statement.annotation, ast.Name | ast.Constant)
    if not isinstance(statement, ast.Expr) or isinstance(getattr(statement.value, "value", None), str):
        return False
    return not any(
        isinstance(node, ast.Call | ast.Await | ast.NamedExpr | ast.Yield | ast.YieldFrom)
        for node in ast.walk(statement)
    )


def _stretch(lines: Sequence[str], start: int, parser: Parser) -> tuple[int, str]:
    """Find where the code that begins at a line ends; at its start, if it is no code."""
    end = len(lines)
    for _ in range(_MAX_STRETCHES):
        text = "\n".join(lines[start:end])
        try:
            parser.parse(text)
        except SyntaxError as error:
            broken = _statement_start(lines, start, start + (error.lineno or 0) - 1)
            if broken <= start or not _is_sentence(lines[broken]):
                break
            end = broken
        else:
            kept = text.rstrip().split("\n")
            while end < len(lines) and kept and (not kept[-1].strip() or kept[-1].startswith("#")):
                kept.pop()  # headings of the prose behind it
            return start + len(kept), "\n".join(kept)
    return start, ""


def _statement_start(lines: Sequence[str], start: int, reached: int) -> int:
    """Number of the last line up to `reached` at which a top-level statement, or prose, begins."""
    for number in range(min(reached, len(lines) - 1), start, -1):
        if lines[number][:1].strip(" \t)]}"):
            return number
    return start


def _is_sentence(line: str) -> bool:
    return not CODE_START.match(line) and not line.startswith((" ", "\t", "(", "[", "{", "'", '"'))


def _indented(lines: Sequence[str], start: int, indent: str) -> tuple[int, str]:
    """Take the lines from `start` on that are indented as far as the first is."""
    end = start
    while end < len(lines) and (lines[end].startswith(indent) or not lines[end].strip()):
        end += 1
    return end, dedent("\n".join(lines[start:end])).rstrip()
