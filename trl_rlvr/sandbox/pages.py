"""Makes forks of this process inherit its page tables for programs' code as well, so that children fault less.

At a fork the kernel copies page tables only of mappings that hold private pages; a library's code holds none, so each
child meets every page of it anew, one fault for a few pages. One page of each such mapping made private, by writing
back a byte that it holds, is enough to have the tables of the whole mapping copied.
"""

import contextlib
import ctypes
import os
from collections.abc import Iterator

_LIBC = ctypes.CDLL(None, use_errno=True)
_READ, _WRITE, _EXECUTE = 1, 2, 4


def inherit_page_tables() -> int:
    """Prepare all read-only mappings of files; call it once all libraries are loaded.

    Returns:
        How many mappings were prepared. One that the host's policy does not let us change is left as it is.
    """
    prepared = 0
    for start, length, protection in list(_read_only_mappings()):
        with contextlib.suppress(OSError):
            _protect(start, length, protection | _WRITE)
            try:
                byte = ctypes.c_ubyte.from_address(start)
                byte.value = byte.value
            finally:
                _protect(start, length, protection)
            prepared += 1
    return prepared


def _read_only_mappings() -> Iterator[tuple[int, int, int]]:
    with open("/proc/self/maps") as lines:
        for line in lines:
            span, flags, _, _, inode, *path = line.split(maxsplit=5)
            if path and inode != "0" and flags in ("r--p", "r-xp"):
                start, end = (int(edge, 16) for edge in span.split("-"))
                yield start, end - start, _READ | _EXECUTE * (flags[2] == "x")


def _protect(start: int, length: int, protection: int) -> None:
    if _LIBC.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(length), ctypes.c_int(protection)) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
