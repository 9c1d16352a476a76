"""Code that a completion hands over as an argument of a tool call: JSON objects, or `<parameter=code>` tags."""

import json
import re
from collections.abc import Iterator
from typing import Any

from trl_rlvr.analysis.parsing import MAX_SOURCE_CHARS
from trl_rlvr.extraction.piece import CODE_START, Piece

_OBJECT = re.compile(r"(?:^|[\]>`\s])(?=[\[{]\s*[\"{\[])")
_PARAMETER = re.compile(r"<parameter(?:=| name=\"?)[\w.-]+\"?>[ \t]*\n?(.*?)\n?[ \t]*</parameter>", re.DOTALL)
_MAX_OBJECTS = 16
_MAX_VALUES = 1024


def tool_call_pieces(text: str) -> Iterator[Piece]:
    """Yield the strings that look like code in a text's JSON objects, in order.

    Only texts up to `MAX_SOURCE_CHARS` are looked at, and the last 16 objects.
    """
    if len(text) > MAX_SOURCE_CHARS:
        return
    if "</parameter>" in text:
        for match in _PARAMETER.finditer(text):
            yield from _pieces(match[1], text, match.start(1), match.end())
    if '"' not in text:
        return
    decoder = json.JSONDecoder()
    reached = 0
    for match in [m for m in _OBJECT.finditer(text) if '"' in text[m.end() : m.end() + 64]][-_MAX_OBJECTS:]:
        if match.end() < reached:
            continue
        try:
            value, reached = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            continue
        for string in _strings(value):
            yield from _pieces(string, text, match.end(), reached)


def _pieces(string: str, text: str, start: int, end: int) -> Iterator[Piece]:
    if CODE_START.search(string):
        first = text.count("\n", 0, start)
        yield Piece(string, fenced=False, first_line=first, last_line=first + text.count("\n", start, end) + 1)


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings in a JSON value; one that is JSON itself, as OpenAI's `arguments`, gives its own."""
    stack = [value]
    for _ in range(_MAX_VALUES):
        if not stack:
            return
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(reversed(item.values()))
        elif isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, str):
            inner = _decoded(item)
            if inner is None:
                yield item
            else:
                stack.append(inner)


def _decoded(string: str) -> Any:
    if string.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(string)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None
