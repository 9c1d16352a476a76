"""The fenced blocks of a text: Markdown's fences, and tags such as `<answer>` or `[BEGIN]` on a line's edge.

A fence ends a block only if it does not stand inside a string of the block's code.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from trl_rlvr.extraction.parser import Parser
from trl_rlvr.extraction.piece import CODE_START, Piece

_MAX_CLOSING_INDENT = 3  # beyond its opening fence's; deeper ones stand in docstrings (as in CommonMark)
_MAX_LOOKAHEAD = 16  # fences behind one that may stand in a string
_OPEN_TAG = re.compile(r"[ \t]*(?:<(?P<xml>[A-Za-z][\w-]*)(?:\s[^<>]*)?>|\[(?P<word>[A-Z][A-Z_ ]*)\])")
_CLOSE_TAG = re.compile(r"(?:</(?P<xml>[A-Za-z][\w-]*)>|\[/?(?P<word>[A-Z][A-Z_ ]*)\])[ \t]*$")
_END_WORDS = {"DONE", "END", "STOP", "EOF"}
_QUOTED_CODE = re.compile(r"^ {0,3}> ?(?:```|~~~|(?:def|class|import|from|async|@)\b)", re.MULTILINE)
_QUOTE = re.compile(r"^ {0,3}>(?!>>) ?")
_ATTRIBUTE = re.compile(r"\w+=")
_INFO = re.compile(r"\W*([\w+#-]*)[ \t]*(.*)")


@dataclass(frozen=True, slots=True)
class _Fence:
    indent: int
    mark: str
    """All its backticks or tildes; of a tag, its name in angle or square brackets."""
    info: str
    head: str | None = None
    """Text before a fence that does not begin its line."""
    closes: bool = False
    """It is a closing tag, which opens nothing."""

    @property
    def is_tag(self) -> bool:
        return self.mark[0] in "<["


def unquoted(text: str) -> str:
    """Take the marks of a block quotation off, where one holds code."""
    for _ in range(3):
        if not _QUOTED_CODE.search(text):
            break
        text = "\n".join(_QUOTE.sub("", line) for line in text.split("\n"))
    return text


def fenced_pieces(lines: Sequence[str], parser: Parser, *, opened: bool = False) -> Iterator[Piece]:
    """Yield the fenced blocks in order, also one that is never closed.

    Args:
        lines: the text.
        parser: tells whether a block's code goes on behind a fence.
        opened: a fence opened before the first line.
    """
    marks = [(number, found) for number, line in enumerate(lines) if (found := _read_fence(line))]
    fence = _Fence(0, "```", "") if opened else None
    start = position = 0
    while position < len(marks):
        number, found = marks[position]
        if fence is None or _ends(fence, found):
            if fence:
                end = _end_outside_strings(fence, lines, start, marks[position : position + _MAX_LOOKAHEAD], parser)
                position += end
                number, found = marks[position]
                yield _piece(fence, lines, start, number, found.head)
            fence = None if found.closes or (fence and not found.info and not found.is_tag) else found
            start = number + 1
        position += 1
    if fence:
        yield replace(_piece(fence, lines, start, len(lines), None), reaches_end=True)


def _end_outside_strings(
    fence: _Fence, lines: Sequence[str], start: int, marks: Sequence[tuple[int, _Fence]], parser: Parser
) -> int:
    """Number of the fence that ends the block: the first, unless only a later one leaves no string open."""
    body = "\n".join(lines[start : marks[0][0]])
    if body.count('"""') % 2 == 0 and body.count("'''") % 2 == 0:
        return 0
    for number, (line, found) in enumerate(marks):
        if _ends(fence, found) and parser.try_parse(_piece(fence, lines, start, line, found.head).text):
            return number
    return 0


def _read_fence(line: str) -> _Fence | None:
    """Read a line that is a fence or a tag, or that ends in one ("Here it is: ```python", "return x```")."""
    stripped = line.strip()
    indent = len(line) - len(line.lstrip())
    if stripped.startswith(("```", "~~~")):
        rest = stripped.lstrip(stripped[0])
        if stripped[0] == "`" and "`" in rest:
            return None  # code within a sentence
        return _Fence(indent, stripped[: len(stripped) - len(rest)], rest.strip())
    if stripped.endswith("```") or "```" in stripped:
        head, mark, info = stripped.rpartition("```")
        if mark and "```" not in head and re.fullmatch(r"\w*", info.strip()):
            return _Fence(indent, mark, info.strip(), head=line[:indent] + head)
        return None
    return _read_tag(line, indent) if stripped[:1] in ("<", "[") or stripped[-1:] in (">", "]") else None


def _read_tag(line: str, indent: int) -> _Fence | None:
    """Read a tag: an opening one begins its line, a closing one ends it."""
    closing = _CLOSE_TAG.search(line)
    if closing and (closing["xml"] or closing[0][1] == "/" or closing["word"] in _END_WORDS):
        head = line[: closing.start()]
        return _Fence(indent, _tag(closing), "", head=head if head.strip() else None, closes=True)
    opening = _OPEN_TAG.match(line)
    return _Fence(indent, _tag(opening), line[opening.end() :]) if opening else None


def _tag(match: re.Match[str]) -> str:
    return f"<{match['xml']}" if match["xml"] else f"[{match['word']}"


def _ends(fence: _Fence, later: _Fence) -> bool:
    """Tell whether a later fence ends an open block: by closing it, or by opening the next."""
    if later.is_tag:
        return later.closes and (later.mark == fence.mark or (fence.mark[0] == "[" and later.mark[1:] in _END_WORDS))
    if fence.is_tag:
        return later.head is None or bool(later.info)
    if later.head is not None:
        return not later.info and fence.mark == "```"
    if later.indent > fence.indent + _MAX_CLOSING_INDENT:
        return False
    return bool(later.info) or later.mark.startswith(fence.mark)


def _piece(fence: _Fence, lines: Sequence[str], start: int, end: int, head: str | None) -> Piece:
    """Make a block of its lines, less the indentation of its fence."""
    body = [*lines[start:end], *([] if head is None else [head])]
    if fence.is_tag:
        text = "\n".join([*([fence.info] if fence.info.strip() else []), *body])
        return Piece(
            text, fenced=False, first_line=start - bool(fence.info.strip()), last_line=end + (head is not None)
        )
    text = "\n".join(line[: fence.indent].lstrip() + line[fence.indent :] for line in body)
    language, info_code = _read_info(fence.info)
    return Piece(text, language, first_line=start, last_line=end + (head is not None), info_code=info_code)


def _read_info(info: str) -> tuple[str, str]:
    """Split what follows a fence into the language and code that stands on the same line."""
    if CODE_START.match(info):
        return "", info
    match = _INFO.match(info)
    if match is None:
        return "", ""
    rest = match[2]  # `title="f.py"` is no code of the block's
    is_code = CODE_START.match(rest) and (not _ATTRIBUTE.match(rest))
    return match[1].lower(), rest if is_code else ""
