"""Starts a worker: as a plain process of this machine, or with a container around it.

A worker is spoken to over its standard streams only, so whatever passes those through can hold one. The confinement
inside is the worker's own and applied in any case, as far as the place allows.
"""

from collections.abc import Sequence
from pathlib import Path

from trl_rlvr.errors import SandboxUnavailableError
from trl_rlvr.sandbox.confine import scratch
from trl_rlvr.sandbox.interpreter import PACKAGE_ROOT, environment, interpreter
from trl_rlvr.sandbox.packages import find_packages, library_folders
from trl_rlvr.sandbox.protocol.settings import Surroundings, WorkerSettings

INSIDE_ROOT = "/opt/trl-rlvr"
"""The folder that holds the package, inside a container."""


class Launcher:
    """Starts workers as plain processes; one that puts a container around them derives from it."""

    def surroundings(self, packages: Sequence[str]) -> Surroundings:
        """Return the settings of a worker that depend on where it runs, as it sees them.

        Args:
            packages: names of packages that programs may import, where they are installed.

        Raises:
            SandboxUnavailableError: there is no room for scratch folders.
        """
        found = find_packages(packages)
        try:
            scratch_parent = scratch.choose_parent()
        except OSError as error:
            raise SandboxUnavailableError(f"programs cannot be run on this host: {error.strerror}") from error
        return Surroundings(found, library_folders(found), scratch_parent)

    def command(self, settings: WorkerSettings) -> list[str]:
        """Return the command that starts a worker.

        What it starts must end when its standard input ends, and when its process group is killed.
        """
        return interpreter("supervisor.main", settings.pack())

    def environment(self) -> dict[str, str]:
        """Return the environment of that command."""
        return environment()

    def discard(self, command: Sequence[str]) -> None:
        """Remove what such a command may leave whose process had to be killed: of a plain process nothing."""


def shown_to_worker() -> dict[str, str]:
    """Return the files and folders of this package that a worker needs, and where they lie inside a container.

    The bundled problems are not among them: they hold answers.
    """
    package = Path(PACKAGE_ROOT, "trl_rlvr")
    needed = [*sorted(package.glob("*.py")), package / "analysis", package / "sandbox"]
    return {str(path): f"{INSIDE_ROOT}/trl_rlvr/{path.name}" for path in needed}
