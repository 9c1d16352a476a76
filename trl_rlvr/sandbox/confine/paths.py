"""What a Python program must be able to read, and nothing else that happens to lie beside it.

Installed packages are no part of it, though they often lie inside the standard library's folder: they may hold data
sets with the answers.
"""

import contextlib
import os
import re
import stat
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PACKAGES = ("site-packages", "dist-packages")
_NOT_LIBRARY = re.compile(r"/(site-packages|dist-packages|lib-dynload)/")
_LIBRARY = re.compile(r"\.so(\.[0-9.]+)?$")
_LIBRARY_ROOTS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_OTHERS = ("/etc/ld.so.cache", "/etc/localtime", "/usr/lib/locale", "/usr/share/zoneinfo")
DEVICES_READ = ("/dev/urandom", "/dev/random", "/dev/zero")
DEVICES_WRITTEN = ("/dev/null",)


@dataclass(frozen=True, slots=True)
class Readable:
    """What programs may read, as Landlock grants it and as the mount namespace shows it."""

    granted: tuple[str, ...]
    """Files and whole folders to read."""
    listed: tuple[str, ...]
    """Folders whose names may be listed, all the way down: the import system lists the standard library's."""
    libraries: tuple[str, ...]
    """The system's folders of shared libraries; `granted` holds only the libraries in them."""
    stdlib: tuple[str, ...]
    """The standard library's folders."""
    others: tuple[str, ...]
    """Other files and folders, shown whole."""


def readable(extra: Iterable[str] = ()) -> Readable:
    """Find what this interpreter needs.

    Args:
        extra: files and folders that the caller wants programs to read too; missing ones are left out.
    """
    stdlib = tuple(_existing(_stdlib_folders()))
    libraries = tuple(_existing(_system_library_folders()))
    system = {os.path.realpath(folder) for folder in libraries}
    elsewhere = [folder for folder in _existing(_own_library_folders()) if os.path.realpath(folder) not in system]
    own_libraries = [path for folder in elsewhere for path in _library_files(folder)]
    archives = [path for path in sys.path if path.endswith(".zip")]
    others = tuple(_existing((*_OTHERS, *own_libraries, *archives, *extra)))
    parts = [entry for folder in stdlib for entry in _entries(folder) if os.path.basename(entry) not in _PACKAGES]
    shared = [path for folder in libraries for path in _library_files(folder)]
    return Readable(
        granted=(*parts, *shared, *others, *DEVICES_READ),
        listed=stdlib,
        libraries=libraries,
        stdlib=stdlib,
        others=others,
    )


def hidden_in_library_folder(folder: str) -> list[str]:
    """Return the folders in a folder of shared libraries that belong to some Python."""
    return [path for path in _entries(folder) if os.path.basename(path).startswith("python") and _is_folder(path)]


def hidden_in_stdlib(folder: str) -> list[str]:
    """Return the folders of installed packages inside a standard library's folder."""
    return [path for name in _PACKAGES if _is_folder(path := os.path.join(folder, name))]


def open_to_all(path: str) -> bool:
    """Say whether every id may read the file `path` and enter all folders on the way to it: not if in root's home."""
    path = os.path.realpath(path)
    if not os.stat(path).st_mode & stat.S_IROTH:
        return False
    while (path := os.path.dirname(path)) != "/":
        if not os.stat(path).st_mode & stat.S_IXOTH:
            return False
    return True


def _stdlib_folders() -> Iterator[str]:
    base = {"installed_base": sys.base_prefix, "base": sys.base_prefix}
    base |= {"installed_platbase": sys.base_exec_prefix, "platbase": sys.base_exec_prefix}
    for kind in ("stdlib", "platstdlib"):
        yield sysconfig.get_path(kind, vars=base)
    yield os.path.dirname(os.__file__)


def _system_library_folders() -> Iterator[str]:
    for root in _LIBRARY_ROOTS:
        groups = [path for path in _entries(root) if _is_group(path)]
        yield from groups or [root]


def _own_library_folders() -> Iterator[str]:
    """Where this interpreter's libraries lie, if that is not where the system has its own."""
    yield os.path.join(sys.base_exec_prefix, sys.platlibdir)
    with contextlib.suppress(OSError), open("/proc/self/maps") as lines:
        files = {line.split(maxsplit=5)[5].rstrip("\n") for line in lines if ".so" in line}
        yield from sorted({os.path.dirname(path) for path in files if not _NOT_LIBRARY.search(path)})


def _library_files(folder: str) -> list[str]:
    if _is_group(folder):
        return [folder]
    return [path for path in _entries(folder) if _LIBRARY.search(path) and os.path.isfile(path)]


def _is_group(path: str) -> bool:
    return path.endswith(("-linux-gnu", "-linux-musl")) and _is_folder(path)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.path.join(folder, name) for name in os.listdir(folder))
    except OSError:
        return []


def _existing(paths: Iterable[str]) -> Iterator[str]:
    seen = set()
    for path in paths:
        real = os.path.realpath(path)
        if real not in seen and os.path.exists(real):
            seen.add(real)
            yield path
