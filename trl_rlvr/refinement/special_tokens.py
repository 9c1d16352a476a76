"""The marks of a chat template, and how to keep them out of what programs print."""

from collections.abc import Sequence
from typing import Any


def without_special_tokens(text: str, tokenizer: Any) -> str:
    """Break what a tokenizer would read as one of its own marks: a program's output must not end a turn."""
    return broken_up(text, special_tokens(tokenizer))


def broken_up(text: str, marks: Sequence[str]) -> str:
    """Return a text with a space behind the first character of each mark in it."""
    for mark in marks:
        text = text.replace(mark, f"{mark[:1]} {mark[1:]}")
    return text


def special_tokens(tokenizer: Any) -> Sequence[str]:
    """Return the marks of a tokenizer that no text may hold, the longest first."""
    added = [token.content for token in tokenizer.added_tokens_decoder.values()]
    marks = {mark for mark in (*added, *tokenizer.all_special_tokens) if len(mark) > 1 and not mark.isspace()}
    return sorted(marks, key=lambda mark: (-len(mark), mark))
