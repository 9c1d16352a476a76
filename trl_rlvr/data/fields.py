"""A row's fields, read with a check of their types.

A field that is None or absent is missing; an empty one is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from trl_rlvr.analysis.parsing import describe_syntax_error, parse_source, plain_newlines
from trl_rlvr.errors import DataError


@dataclass(frozen=True, slots=True)
class Fields:
    """One row of a data set; each method raises DataError, naming row and field, for a value of the wrong kind."""

    row: Mapping[str, Any]
    where: str
    """File and line, or whatever else finds the row."""

    def wrong(self, field: str, what: str) -> DataError:
        """Make the error for a field."""
        return DataError(f"{self.where}, field {field!r}: {what}")

    def has(self, field: str) -> bool:
        """Tell whether the field is there."""
        return self.row.get(field) is not None

    def text(self, field: str, default: str | None = None) -> str:
        """Read text, with line ends as Python has them; required where there is no default."""
        return plain_newlines(self.raw_text(field, default))

    def raw_text(self, field: str, default: str | None = None) -> str:
        """Read text as it is; required where there is no default."""
        value = self.row.get(field) if self.has(field) else default
        if value is None:
            raise self.wrong(field, "is missing")
        return self._checked_text(field, value)

    def code(self, field: str) -> str:
        """Read Python source that must parse; empty where it is missing."""
        return self._checked_code(field, self.text(field, ""))

    def optional_text(self, field: str) -> str | None:
        """Read text; None where it is missing."""
        return self.text(field) if self.has(field) else None

    def items(self, field: str) -> Sequence[Any]:
        """Read a list; empty where it is missing."""
        value = self.row.get(field) if self.has(field) else ()
        if not isinstance(value, list | tuple):
            raise self.wrong(field, f"is {value!r:.60}, not a list")
        return value

    def codes(self, field: str) -> tuple[str, ...]:
        """Read a list of Python sources that must parse."""
        named = [(f"{field}[{index}]", item) for index, item in enumerate(self.items(field))]
        return tuple(self._checked_code(name, self._checked_text(name, item)) for name, item in named)

    def name(self, field: str) -> str | None:
        """Read a Python name; None where it is missing."""
        value = self.optional_text(field)
        if value is not None and (not value.isidentifier() or iskeyword(value)):
            raise self.wrong(field, f"{value!r:.60} is not a name in Python")
        return value

    def task_id(self) -> str:
        """Read the task's id, a number or text, as text."""
        value = self.row.get("task_id")
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self.text("task_id")

    def seconds(self, field: str) -> float | None:
        """Read a number of seconds, 0 or more; None where it is missing."""
        value = self.row.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise self.wrong(field, f"is {value!r:.60}; give seconds, 0 or more")
        return float(value)

    def _checked_text(self, field: str, value: object) -> str:
        if not isinstance(value, str):
            raise self.wrong(field, f"is {value!r:.60}, not text")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self.wrong(field, f"holds a lone surrogate at character {error.start}") from error
        return value

    def _checked_code(self, field: str, source: str) -> str:
        try:
            parse_source(plain_newlines(source))
        except SyntaxError as error:
            raise self.wrong(field, f"does not parse as Python: {describe_syntax_error(error)}") from error
        return plain_newlines(source)
