"""What came of loading a data set: problems, and the rows that are no problem, with the reason for each."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trl_rlvr.errors import RowError
from trl_rlvr.problem import CodeProblem

SET_ASIDE_FILE = "set_aside.jsonl"
"""What a run calls the list of rows that it left out."""

_SPECIFIC = re.compile(r"""(['"`]).*?\1|\d[\d.,]*""", re.DOTALL)
_SHOWN_REASONS = 5


@dataclass(frozen=True, slots=True)
class SetAside:
    """One row that is left out, or that is used though something is odd about it."""

    where: str
    """File and line."""
    field: str | None
    """The field at fault; None: the row as a whole."""
    what: str
    """What is wrong with it."""
    used: bool = False
    """Whether it is used all the same."""

    @property
    def reason(self) -> str:
        """What is wrong in general, without names and numbers, so that rows can be counted by it."""
        text = _SPECIFIC.sub("...", self.what.partition(": ")[0]).partition("; ")[0]
        return f"{self.field.partition('[')[0]} {text}" if self.field else text

    @classmethod
    def of(cls, error: RowError) -> "SetAside":
        """Take over what an error says."""
        return cls(error.where, error.field, error.what)


@dataclass
class LoadedData:
    """The problems of one split of a data set, and what is to be said about the rest of it."""

    name: str
    problems: Sequence[CodeProblem] = ()
    """A list, or with `data_cache` a sequence that reads each from disk."""
    rows: int = 0
    """How many rows were read."""
    set_aside: list[SetAside] = field(default_factory=list)
    """Rows that are left out, and such that are used though something is odd."""
    schemas: dict[str, str] = field(default_factory=dict)
    """The families that rows were taken for, and why the first of each was."""

    @property
    def unusable(self) -> list[SetAside]:
        """The rows that are left out because they cannot be used; duplicates are not among them."""
        return [one for one in self.set_aside if not one.used and not one.what.startswith(DUPLICATE)]

    def describe(self) -> str:
        """Say what the data set was taken for, and what is left out, in a few lines."""
        taken = "; ".join(f"taken for {schema}: {why}" for schema, why in self.schemas.items())
        lines = [f"{self.name}: {len(self.problems)} problems of {self.rows} rows ({taken or 'no row was understood'})"]
        for used, verb in ((False, "left out"), (True, "used, but noted")):
            reasons = Counter(one.reason for one in self.set_aside if one.used is used).most_common()
            lines += [f"  {count} {verb}: {reason}" for reason, count in reasons[:_SHOWN_REASONS]]
            if len(reasons) > _SHOWN_REASONS:
                lines.append(f"  and {len(reasons) - _SHOWN_REASONS} more reasons")
        return "\n".join(lines)


DUPLICATE = "is the same problem as "
"""How the reason for leaving out a duplicate begins."""


def write_set_aside(loaded: Iterable[LoadedData], path: Path) -> int:
    """Write one JSON line for each row that is left out or odd, and return how many that are; none makes no file."""
    rows = [
        {"data": data.name, "where": one.where, "field": one.field, "what": one.what, "used": one.used}
        for data in loaded
        for one in data.set_aside
    ]
    rows = list({json.dumps(row): row for row in rows}.values())  # both splits of a file name the same rows
    if rows:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return len(rows)
