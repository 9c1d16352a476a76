"""How much a program may use before it is stopped.

CPU time decides; wall time is only a net for programs that sleep. Verdicts then do not depend on the machine's load.
"""

from dataclasses import dataclass, fields, replace
from functools import lru_cache

from trl_rlvr.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps for one program and all its tests together.

    Raises:
        ConfigError: a limit is not positive.
    """

    cpu_s: float = 10.0
    """CPU seconds of the candidate, all its threads, for all tests together."""
    idle_s: float = 2.0
    """Seconds in which neither candidate nor harness computes or waits for a core: what a sleeper may sleep."""
    wall_s: float = 120.0
    """Seconds after which the program is stopped whatever its state."""
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

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ConfigError(f"limit {field.name} is {value!r}; it must be greater than 0")

    @lru_cache(maxsize=4096)  # noqa: B019 - limits are few and frozen, and each program asks again
    def for_reference(self, reference_cpu_s: float | None, *, imports: bool = False) -> "Limits":
        """Scale the CPU limit to what the reference solution needs.

        A cheap reference lowers the limit, so that an endless loop is found early; a costly one raises it.

        Args:
            reference_cpu_s: CPU seconds of the reference, None if unknown.
            imports: whether the program may import an installed package.
        """
        if reference_cpu_s is None:
            return self
        cheap = max(self.floor_cpu_s, self.reference_factor * reference_cpu_s) + imports * self.import_cpu_s
        cpu_s = max(min(cheap, self.cpu_s), 5.0 * reference_cpu_s)
        return replace(self, cpu_s=cpu_s, wall_s=max(self.wall_s, 10.0 * cpu_s))
