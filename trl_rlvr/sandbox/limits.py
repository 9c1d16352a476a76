"""The caps of one program.

CPU time decides; wall time is only a net for programs that sleep. Verdicts then do not depend on the machine's load.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from trl_rlvr.errors import ConfigError

_MOST = {
    "cpu_s": 3600.0,
    "case_cpu_s": 3600.0,
    "idle_s": 3600.0,
    "wall_s": 86_400.0,
    "memory_mib": 1 << 20,
    "file_mib": 1 << 16,
    "open_files": 1 << 12,
    "threads": 1 << 12,
    "answer_kib": 1 << 20,
    "reference_factor": 1e6,
    "floor_cpu_s": 3600.0,
    "import_cpu_s": 3600.0,
}
"""The most that each limit may be: what no program needs, and what kernel and messages can carry."""
_WHOLE = frozenset(("memory_mib", "file_mib", "open_files", "threads", "answer_kib"))
_MAY_BE_UNSET = frozenset(("case_cpu_s",))
_RAISED_AT_MOST = 3.0
"""A costly reference raises the CPU limit at most to so many times what was configured: it comes from data."""
_ALL_CASES = 12.0
"""All runs of a standard-input program together may use so many times what one may."""


def require_in_range(name: str, value: float | None, prefix: str) -> None:
    """Make sure that a limit is above 0 and not above the most that it may be.

    Args:
        name: of the limit, as in `Limits`.
        value: of the limit.
        prefix: what the message puts in front of the name.

    Raises:
        ConfigError: it is not.
    """
    if value is None and name in _MAY_BE_UNSET:
        return
    kind, what = (int, "a whole number") if name in _WHOLE else (int | float, "a number")
    if not (isinstance(value, kind) and 0 < value <= _MOST[name]):
        raise ConfigError(f"{prefix}{name} is {value!r}; give {what} above 0 and at most {_MOST[name]:g}")


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps for one program and all its tests together.

    Raises:
        ConfigError: a limit is not above 0, or above the most that it may be.
    """

    cpu_s: float = 10.0
    """CPU seconds of the candidate, all its threads, for all tests together."""
    case_cpu_s: float | None = None
    """CPU seconds of one process of it. A standard-input program is run once a case: None gives each run `cpu_s`, and
    all of them together twelve times what one has. Other programs are run once."""
    idle_s: float = 2.0
    """Seconds in which neither candidate nor harness computes or waits for a core: what a sleeper may sleep."""
    wall_s: float = 120.0
    """Seconds after which one run of the program is stopped whatever its state."""
    memory_mib: int = 1024
    """Address space, in MiB."""
    file_mib: int = 16
    """Size of any one file in the scratch directory, in MiB."""
    open_files: int = 64
    threads: int = 32
    """Threads; enforced where the program runs under an id of its own."""
    answer_kib: int = 4096
    """What the program may answer over all tests together, or print in one standard-input test, in KiB."""

    reference_factor: float = 50.0
    """With a known reference cost, CPU time is so many costs, at least `floor_cpu_s` and at most `cpu_s` or 5 costs."""
    floor_cpu_s: float = 0.2
    """The least CPU seconds that any program gets: some hundred times what a short one and its start need."""
    import_cpu_s: float = 1.0
    """CPU seconds more for a program that names an installed package: importing one takes tenths of a second."""

    stop_at_failure: bool = False
    """Whether a standard-input program is not run on the cases behind the first that fails."""

    def __post_init__(self) -> None:
        for name in _MOST:
            require_in_range(name, getattr(self, name), prefix="limit ")

    @property
    def run_cpu_s(self) -> float:
        """CPU seconds of one process."""
        return self.cpu_s if self.case_cpu_s is None else self.case_cpu_s

    @lru_cache(maxsize=4096)  # noqa: B019 - limits are few and frozen, and each program asks again
    def for_program(self, reference_cpu_s: float | None, *, cases: int = 0, imports: bool = False) -> "Limits":
        """Scale the CPU limits to what the reference solution needs, and spread them over the cases.

        A cheap reference lowers the limit, so that an endless loop is found early; a costly one raises it, to three
        times what was configured at most.

        Args:
            reference_cpu_s: CPU seconds of the reference for all tests, None if unknown.
            cases: how often a standard-input program is run; 0: it is no such program.
            imports: whether the program may import an installed package.
        """
        one_s = self.run_cpu_s if cases else self.cpu_s
        all_s = min(_ALL_CASES * one_s, _MOST["cpu_s"]) if cases else one_s
        if reference_cpu_s is not None and reference_cpu_s > 0:
            all_s = self._scaled(all_s, reference_cpu_s, imports)
            one_s = min(all_s, self._scaled(one_s, reference_cpu_s, imports, cases)) if cases else all_s
        return replace(self, cpu_s=all_s, case_cpu_s=one_s, wall_s=max(self.wall_s, 10.0 * one_s))

    def _scaled(self, cpu_s: float, reference_cpu_s: float, imports: bool, cases: int = 0) -> float:
        cheap = max(self.floor_cpu_s, self.reference_factor * reference_cpu_s) + imports * self.import_cpu_s
        costly = min(5.0 * reference_cpu_s / max(1, cases), _RAISED_AT_MOST * cpu_s)
        return min(max(min(cheap, cpu_s), costly), _MOST["cpu_s"])
