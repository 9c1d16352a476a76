"""Finds installed packages in a fork server and its children, and nothing else."""

import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from trl_rlvr.sandbox.packages import MODULE_SUFFIX


class PackageFinder:
    """Finds the named packages at their folders, without a folder of packages on `sys.path`."""

    def __init__(self, packages: dict[str, str]) -> None:
        self.packages = packages

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a package is; None for every other module."""
        del path, target
        folder = self.packages.get(name)
        if folder is None:
            return None
        if folder.endswith(MODULE_SUFFIX):
            return importlib.util.spec_from_file_location(name, folder)
        return importlib.util.spec_from_file_location(
            name, f"{folder}/__init__.py", submodule_search_locations=[folder]
        )


def install_finder(packages: dict[str, str]) -> None:
    """Let this interpreter and its forks import the packages."""
    sys.meta_path.append(PackageFinder(packages))
