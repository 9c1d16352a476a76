"""A stretch of a completion that may be the program, and the shape of a line that begins code."""

import re
from dataclasses import dataclass

CODE_START = re.compile(
    r"(?:async[ \t]+)?def[ \t]+\w+[ \t]*[(\[]|class[ \t]+\w+[ \t]*[(:\[]|@\w|from[ \t]+[\w.]+[ \t]+import\b"
    r"|import[ \t]+[\w.]+[ \t]*(?:$|,|;|#|as\b)|print[ \t]*\(|\w++(?:[ \t]*:[ \t]*\w[^=]*+)?[ \t]*+=(?!=)"
    r"|(?:if|while|for|with|try|elif|else|except|finally|match)\b[^\n]*:[ \t]*(?:#.*)?$",
    re.MULTILINE,
)
"""Matches where a line begins with code that prose does not begin with."""

CODE_LINE = re.compile(rf"^[ \t]*+(?:{CODE_START.pattern}|return\b|yield\b|raise\b)", re.MULTILINE)
"""Matches a line that shows that a text was meant as code."""

PYTHON_LINE = re.compile(r"\s*(?:python|py|python3):?[ \t]*(?:\n|\Z)", re.IGNORECASE)
"""A fence's language that lost its fence."""

_PYTHON_LANGUAGES = {"", "ipython", "ipython3", "tool_code", "code"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the completion that may be the program."""

    text: str
    language: str = ""
    """First word after the opening fence, lower case; empty for none."""
    fenced: bool = True
    """Fences or quotation say that it is code; else it may be prose."""
    reaches_end: bool = False
    """Nothing closes it: where the completion was cut, this was cut."""
    first_line: int = 0
    """Number of its first line in the answer, from 0."""
    last_line: int = 0
    """Number of the line after its last."""
    info_code: str = ""
    """Code that stands on the line of its opening fence."""

    @property
    def foreign(self) -> bool:
        """Whether it is marked as another language than Python."""
        return self.language not in _PYTHON_LANGUAGES and not self.language.startswith("py")
