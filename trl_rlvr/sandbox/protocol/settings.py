"""The settings of a worker; it passes them on to its fork server."""

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The part of a worker's settings that depends on where it runs, as it sees it."""

    packages: dict[str, str]
    """Packages that programs may import: name and folder, or file."""
    readable: list[str]
    """Files and folders that programs may read besides what Python needs."""
    scratch_parent: str
    """Existing folder in which a root for scratch folders is made."""


@dataclass(frozen=True, slots=True)
class WorkerSettings(Surroundings):
    """All of a worker's settings; sizes are for one program."""

    memory_mib: int
    file_mib: int
    scratch_mib: int
    open_files: int
    threads: int
    off: list[str]
    """Names of confinement layers to leave out."""
    hash_seed: int = 0
    """PYTHONHASHSEED of programs and tests."""

    def pack(self) -> str:
        """Write the settings as one argument of a command."""
        return json.dumps(asdict(self))

    @classmethod
    def unpack(cls, text: str) -> "WorkerSettings":
        """Read the settings."""
        return cls(**json.loads(text))

    def confinement(self) -> dict[str, Any]:
        """Return the arguments of `Confinement`."""
        return {name: value for name, value in asdict(self).items() if name not in ("packages", "hash_seed")}
