"""A family of data sets: how its rows are recognised and read.

A recogniser looks at one row only. It answers with its reason, so that a user can see why a file was taken for one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trl_rlvr.data.fields import Fields
from trl_rlvr.problem import CodeProblem

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Schema:
    """One family of data sets."""

    name: str
    """As its authors write it."""
    recognise: Callable[[Row], str]
    """Say why a row is of this family, in a few words; empty if it is not."""
    read: Callable[[Fields], CodeProblem]
    """Make a problem of such a row; DataError if it cannot be used."""
    hub_ids: tuple[str, ...] = ()
    """Where the Hugging Face Hub has it; the first is the one that its authors keep."""


def has_fields(*needed: str, without: tuple[str, ...] = ()) -> Callable[[Row], str]:
    """Make a recogniser that goes by the names of fields; a field that is None does not count."""

    def recognise(row: Row) -> str:
        if any(row.get(name) is None for name in needed) or any(row.get(name) is not None for name in without):
            return ""
        return "it has " + " and ".join(map(repr, needed))

    return recognise
