"""A row's fields, read with a check of their types.

A field that is None or absent is missing; an empty one is not.
"""

import ast
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any

from trl_rlvr.analysis.parsing import MAX_TEST_CHARS, describe_syntax_error, parse_source, plain_newlines, shared_tree
from trl_rlvr.analysis.shortened import all_compile, asserted_name, compiles
from trl_rlvr.data.literals import read_literal
from trl_rlvr.errors import RowError

_MAX_ID_CHARS = 200


def content_id(row: Mapping[str, Any]) -> str:
    """Make an id from a row's text, which stays the same in any file and order."""
    text = json.dumps(row, sort_keys=True, default=repr, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Fields:
    """One row of a data set; each method raises RowError, naming row and field, for a value of the wrong kind."""

    row: Mapping[str, Any]
    where: str
    """File and line, or whatever else finds the row."""
    notes: list[tuple[str, str]] = field(default_factory=list)
    """Field and fault of what is odd about a row that is used all the same."""

    def note(self, field: str, what: str) -> None:
        """Note what is odd about a field of a row that is used all the same."""
        self.notes.append((field, what))

    def wrong(self, field: str, what: str) -> RowError:
        """Make the error for a field."""
        return RowError(self.where, field, what)

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
        return self.checked_text(field, value)

    def code(self, field: str) -> str:
        """Read Python source that must parse; empty where it is missing."""
        return self.checked_code(field, self.text(field, ""))

    def parsed_code(self, field: str) -> tuple[str, ast.Module]:
        """Read Python source together with its tree; required."""
        source = self.text(field)
        return source, self._parsed(field, source)

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
        items = self.items(field)
        texts = [plain_newlines(self.checked_text(f"{field}[{index}]", item)) for index, item in enumerate(items)]
        if all_compile(texts):
            return tuple(texts)
        return tuple(self.checked_code(f"{field}[{index}]", text) for index, text in enumerate(texts))

    def data(self, field: str) -> Any:
        """Read data that may be written as text: JSON, or a Python literal; required."""
        value = self.row.get(field)
        if not isinstance(value, str):
            if value is None:
                raise self.wrong(field, "is missing")
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            pass
        try:
            return read_literal(value)
        except ValueError:
            return value

    def messages(self, field: str) -> tuple[tuple[str, str], ...]:
        """Read a conversation, as TRL's `prompt` column has it; empty where the field is text or missing."""
        value = self.row.get(field)
        if value is None or isinstance(value, str):
            return ()
        if not isinstance(value, list | tuple) or not value or not all(isinstance(one, Mapping) for one in value):
            raise self.wrong(field, f"is {value!r:.60}, not text or a list of messages")
        return tuple((str(one.get("role") or "user"), self._content(field, one.get("content"))) for one in value)

    def _content(self, field: str, content: Any) -> str:
        if isinstance(content, list | tuple):  # parts, of which only text is read
            content = "".join(part.get("text") or "" for part in content if isinstance(part, Mapping))
        return self.checked_text(field, content)

    def name(self, field: str) -> str | None:
        """Read a Python name; None where it is missing."""
        value = self.optional_text(field)
        value = value and value.strip()  # some sets leave a blank behind it
        if not value:
            return None
        if not value.isidentifier() or iskeyword(value):
            raise self.wrong(field, f"{value!r:.60} is not a name in Python")
        return value

    def task_id(self, *others: str) -> str:
        """Read the task's id, a number or text, as text.

        Args:
            others: fields that hold it in this family; where none does, the id is made from the row's content.
        """
        field = next((name for name in ("task_id", *others) if self.has(name)), "task_id")
        value = self.row.get(field)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is None and others:
            return content_id(self.row)
        text = self.text(field)
        if len(text) > _MAX_ID_CHARS:
            raise self.wrong(field, f"is {text!r:.60}...; give an id of at most {_MAX_ID_CHARS} characters")
        return text

    def count(self, field: str) -> int | None:
        """Read a whole number, 0 or more; None where it is missing."""
        value = self.row.get(field)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise self.wrong(field, f"is {value!r:.60}; give a whole number, 0 or more")
        return value

    def seconds(self, field: str) -> float | None:
        """Read a number of seconds, 0 or more; None where it is missing."""
        value = self.row.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise self.wrong(field, f"is {value!r:.60}; give seconds, 0 or more")
        return float(value)

    def checked_text(self, field: str, value: object) -> str:
        """Return text that can be written as UTF-8."""
        if not isinstance(value, str):
            raise self.wrong(field, f"is {value!r:.60}, not text")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self.wrong(field, f"holds a lone surrogate at character {error.start}") from error
        return value

    def checked_code(self, field: str, source: str) -> str:
        """Return Python source that parses, with line ends as Python has them."""
        source = plain_newlines(source)
        if asserted_name(source) is None or not compiles(source):
            self._parsed(field, source)
        return source

    def _parsed(self, field: str, source: str) -> ast.Module:
        tree = shared_tree(source)
        if tree is not None:
            return tree
        try:
            return parse_source(source, MAX_TEST_CHARS)
        except SyntaxError as error:
            raise self.wrong(field, f"does not parse as Python: {describe_syntax_error(error)}") from error
