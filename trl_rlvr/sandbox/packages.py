"""Packages beside the standard library that programs may import, such as numpy.

Only the named packages' own folders, or the one file of a module, are opened to programs, never site-packages as a
whole: other packages carry data sets, and data sets carry answers.
"""

import importlib.util
from collections.abc import Iterable
from pathlib import Path

MODULE_SUFFIX = ".py"
"""Ends the path of a package that is one file."""


def find_packages(names: Iterable[str]) -> dict[str, str]:
    """Return the folder of each package that is installed here, or a module's file; the others are left out."""
    found = {}
    for name in names:
        spec = importlib.util.find_spec(name) if name.isidentifier() else None
        if spec is not None and spec.submodule_search_locations:
            found[name] = str(Path(next(iter(spec.submodule_search_locations))).resolve())
        elif spec is not None and spec.has_location and (spec.origin or "").endswith(MODULE_SUFFIX):
            found[name] = str(Path(str(spec.origin)).resolve())
    return found


def library_folders(packages: dict[str, str]) -> list[str]:
    """Return what to open: the packages' own folders or files, and folders of shared libraries that came with them."""
    from importlib.metadata import PackageNotFoundError, files  # lazy: fork cost

    folders = list(packages.values())
    for name, folder in packages.items():
        try:
            parts = {file.parts[0] for file in files(name) or ()}
        except PackageNotFoundError:
            continue
        site = Path(folder).parent
        folders += [str(site / part) for part in sorted(parts) if part.endswith(".libs") and (site / part).is_dir()]
    return folders
