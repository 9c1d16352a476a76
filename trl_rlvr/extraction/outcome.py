"""What an extraction found: code, or the class of the reason why there is none."""

from dataclasses import dataclass
from enum import Enum


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
