"""The containers of a conversation by number: what a message may refer to instead of sending it again."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Table:
    """The numbered containers of one end, or of a single message."""

    objects: list[Any] = field(default_factory=list)
    """By number; `FORGOTTEN` where no container is shared any longer."""
    numbers: dict[int, int] = field(default_factory=dict)
    """Number of each shared container by its id."""
    costs: dict[int, int] = field(default_factory=dict)
    """Nodes of each shared container by its id."""
