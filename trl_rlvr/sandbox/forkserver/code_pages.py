"""The mappings of a fork server's libraries: a fork, the child's page faults and its end shall cost little.

All of it is done once, before the server's first fork, and changes no byte of what is mapped.
"""

import contextlib
import ctypes
import functools
import operator
import os
from collections.abc import Iterator
from typing import NamedTuple

_READ, _WRITE, _EXECUTE = 1, 2, 4
_RIGHTS = {"r--p": _READ, "r-xp": _READ | _EXECUTE, "rw-p": _READ | _WRITE}
"""Protection of a library's mappings, as /proc and as mprotect(2) write it."""
_PRIVATE_ANONYMOUS = 0x22
_MOVE_TO = 3  # MREMAP_MAYMOVE | MREMAP_FIXED
_COLLAPSE = 25
"""Advice since Linux 6.1: make huge pages of this now, or fail, whatever the system's setting for them."""
_HUGE = 1 << 21
_FAILED = ctypes.c_void_p(-1).value


class _Mapping(NamedTuple):
    start: int
    end: int
    rights: int
    offset: int
    path: str

    def is_followed_by(self, other: "_Mapping") -> bool:
        """Say whether the other one continues this one, in memory and in the file."""
        here = self.path, self.end, self.offset + self.end - self.start
        return here == (other.path, other.start, other.offset)


def use_huge_pages() -> None:
    """Put the interpreter's code on pages of 2 MiB where the kernel can, in memory of this process and its children.

    A fork copies one entry for each, a child's end drops one, and a processor that knows nothing of a fresh process
    looks it up once, in place of 512 times. Nothing happens where that cannot be had: before Linux 6.1, where no
    memory may be made executable, or on processors that must be told of code which was written as data.
    """
    if os.uname().machine != "x86_64":
        return
    library = _library()
    for start, end in _huge_windows():
        size = end - start
        copy = _aligned_memory(library, size)
        if copy is None:
            return
        ctypes.memmove(copy, start, size)
        is_huge = library.madvise(copy, size, _COLLAPSE) == 0
        # One call takes the old mapping away and puts the copy there, so this very code never finds itself gone.
        if not (
            is_huge
            and library.mprotect(copy, size, _READ | _EXECUTE) == 0
            and library.mremap(copy, size, size, _MOVE_TO, start) == start
        ):
            library.munmap(copy, size)


def join_mappings() -> None:
    """Give each library two mappings in place of five: a fork copies, and a child's end drops, a third fewer in all.

    Constants become executable, as code is, and those that the loader has filled in become writable, as variables are.
    That takes a defence against errors in machine code from processes which leave foreign bytes to Python alone, and
    from candidates, which run what they like.
    """
    mprotect = _library().mprotect
    for run in _runs():
        mprotect(run[0].start, run[-1].end - run[0].start, _rights(run))


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None)
    library.mmap.restype = library.mremap.restype = ctypes.c_void_p
    for name, types in {
        "mmap": (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long),
        "mremap": (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int, ctypes.c_void_p),
        "munmap": (ctypes.c_void_p, ctypes.c_size_t),
        "madvise": (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int),
        "mprotect": (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int),
    }.items():
        getattr(library, name).argtypes = types
    return library


def _aligned_memory(library: ctypes.CDLL, size: int) -> int | None:
    """Return the address of so much fresh memory, at a multiple of a huge page; None if there is none."""
    start = library.mmap(None, size + _HUGE, _READ | _WRITE, _PRIVATE_ANONYMOUS, -1, 0)
    if start == _FAILED:
        return None
    aligned: int = -(-start // _HUGE) * _HUGE
    for left, end in ((start, aligned), (aligned + size, start + size + _HUGE)):
        if end > left:
            library.munmap(left, end - left)
    return aligned


def _huge_windows() -> Iterator[tuple[int, int]]:
    """Yield start and end of each stretch of code that fills whole huge pages, with the constants around it."""
    for run in _runs():
        code = [part for part in run if part.rights & _EXECUTE]
        if code:
            start = max(-(-run[0].start // _HUGE), code[0].start // _HUGE) * _HUGE
            end = min(run[-1].end // _HUGE, -(-code[-1].end // _HUGE)) * _HUGE
            if end > start:
                yield start, end


def _rights(run: list[_Mapping]) -> int:
    return functools.reduce(operator.or_, (part.rights for part in run))


def _runs() -> list[list[_Mapping]]:
    """Return the mappings of libraries, those together that continue each other, but code apart from variables."""
    runs: list[list[_Mapping]] = []
    for mapping in _mappings():
        follows = bool(runs) and runs[-1][-1].is_followed_by(mapping)
        if follows and not (_rights(runs[-1]) & _EXECUTE and mapping.rights & _WRITE):
            runs[-1].append(mapping)
        else:
            runs.append([mapping])
    return runs


def _mappings() -> list[_Mapping]:
    """Return the private mappings of files, by address; none where /proc is missing."""
    found = []
    with contextlib.suppress(OSError), open("/proc/self/maps") as lines:
        for area, rights, offset, *_, path in (line.split(maxsplit=5) for line in lines):
            start, end = (int(number, 16) for number in area.split("-"))
            if path.startswith("/") and rights in _RIGHTS:
                found.append(_Mapping(start, end, _RIGHTS[rights], int(offset, 16), path))
    return found
