"""Parses the texts of one completion, each once, within a budget of characters.

A parser takes about three microseconds a character: without a budget, a text with many blocks would be parsed for
minutes.
"""

import ast

from trl_rlvr.analysis.parsing import MAX_SOURCE_CHARS, parse_source

_BUDGET_CHARS = 2 * MAX_SOURCE_CHARS
_CALL_CHARS = 64  # what a call costs beside its characters


class Parser:
    """Parses texts; those that the budget has no room for do not parse."""

    def __init__(self) -> None:
        self._left = _BUDGET_CHARS
        self._known: dict[str, ast.Module | SyntaxError] = {}

    def parse(self, text: str) -> ast.Module:
        """Parse a text.

        Raises:
            SyntaxError: it does not parse, or the budget is spent.
        """
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._parse(text)
        if isinstance(found, SyntaxError):
            raise found
        return found

    def try_parse(self, text: str) -> ast.Module | None:
        """Parse a text; None where `parse` raises."""
        try:
            return self.parse(text)
        except SyntaxError:
            return None

    def _parse(self, text: str) -> ast.Module | SyntaxError:
        cost = len(text) + _CALL_CHARS
        if cost > self._left:
            return SyntaxError("too much text to look for code in")
        self._left -= cost
        try:
            return parse_source(text)
        except SyntaxError as error:
            return error.with_traceback(None)
