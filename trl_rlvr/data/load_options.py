"""How a data set is read."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LoadOptions:
    """How rows become problems, and what becomes of those that cannot."""

    columns: Any = None
    """See `row_mapping`."""
    filters: Any = None
    """Column to the value, or the values, that a row must have in it."""
    unusable: str = "stop"
    """`stop` at the first row that cannot be used, or `skip` such rows."""
    unusable_share: float = 1.0
    """Largest share of rows that may be left out as unusable, 0..1."""
    heldout_share: float | None = None
    """Share of a file without splits that is its split `test`, 0..1; None: such a file has no splits."""
    seed: int = 42
    """Of the division that `heldout_share` makes."""
    cache: str | None = None
    """Folder that keeps what was read, and holds the problems; None: they are held in memory."""
    fixed: dict[str, Any] = field(default_factory=dict)
    """Fields that each problem gets, such as `io_numbers`."""
