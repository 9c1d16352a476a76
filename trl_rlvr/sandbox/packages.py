"""Packages beside the standard library that programs may import, such as numpy.

Only the named packages' own folders, or the one file of a module, are opened to programs, never site-packages as a
whole: other packages carry data sets, and data sets carry answers.
"""

import importlib.util
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

_SUFFIX = ".py"


def find_packages(names: Iterable[str]) -> dict[str, str]:
    """Return the folder of each package that is installed here, or a module's file; the others are left out."""
    found = {}
    for name in names:
        spec = importlib.util.find_spec(name) if name.isidentifier() else None
        if spec is not None and spec.submodule_search_locations:
            found[name] = str(Path(next(iter(spec.submodule_search_locations))).resolve())
        elif spec is not None and spec.has_location and (spec.origin or "").endswith(_SUFFIX):
            found[name] = str(Path(str(spec.origin)).resolve())
    return found


def library_folders(packages: dict[str, str]) -> list[str]:
    """Return what to open: the packages' own folders or files, and folders of shared libraries that came with them."""
    from importlib.metadata import PackageNotFoundError, files  # here, to keep it out of the fork server

    folders = list(packages.values())
    for name, folder in packages.items():
        try:
            parts = {file.parts[0] for file in files(name) or ()}
        except PackageNotFoundError:
            continue
        site = Path(folder).parent
        folders += [str(site / part) for part in sorted(parts) if part.endswith(".libs") and (site / part).is_dir()]
    return folders


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
        if folder.endswith(_SUFFIX):
            return importlib.util.spec_from_file_location(name, folder)
        return importlib.util.spec_from_file_location(
            name, f"{folder}/__init__.py", submodule_search_locations=[folder]
        )


def install_finder(packages: dict[str, str]) -> None:
    """Let this interpreter and its forks import the packages."""
    sys.meta_path.append(PackageFinder(packages))
