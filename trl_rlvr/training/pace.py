"""How long a run will take on this machine, from its first updates."""

from trl_rlvr.errors import ConfigError

ENOUGH_S = 3.0
"""Seconds of updates that tell enough; a fast machine waits for `ENOUGH_UPDATES` instead."""

ENOUGH_UPDATES = 3


class Pace:
    """Times updates; the first one counts only if there is no other, as it starts the sandbox and compiles.

    Args:
        cycle: updates on one generation: the first of them samples, so only whole cycles tell how long one takes.

    Raises:
        ConfigError: a cycle below 1.
    """

    def __init__(self, cycle: int = 1) -> None:
        if cycle < 1:
            raise ConfigError(f"a cycle is {cycle} updates; give 1 or more")
        self._cycle = cycle
        self._ends: list[float] = []

    def add(self, now_s: float) -> None:
        """Note that an update has ended.

        Args:
            now_s: by a clock that runs steadily; the first call says when the first update began.
        """
        self._ends.append(now_s)

    @property
    def update_s(self) -> float | None:
        """Mean seconds of an update; None while too little has been seen."""
        updates = (len(self._ends) - 2) // self._cycle * self._cycle
        if updates < 1:
            return None
        seconds = self._ends[1 + updates] - self._ends[1]
        return seconds / updates if seconds >= ENOUGH_S or updates >= ENOUGH_UPDATES else None


def duration(seconds: float) -> str:
    """Return a length of time as people say it, to two units."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"
