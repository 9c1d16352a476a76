"""Problems on disk, read one by one, so that memory does not grow with the set, and a node holds it once."""

import os
import sqlite3
import weakref
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, overload

from trl_rlvr.data.rows import problem_line, problem_of_line
from trl_rlvr.problem import CodeProblem

_LINES, _OFFSETS = "problems.jsonl", "offsets"


class LazyProblems(Sequence[CodeProblem]):
    """Problems that are made when they are asked for, each time anew; a slice is such a sequence again.

    Args:
        rows: what `make` gets for each problem, in order.
        make: returns the problem of a row.
    """

    def __init__(self, rows: Sequence[int], make: Callable[[int], CodeProblem]) -> None:
        self._rows = rows
        self._make = make

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> CodeProblem: ...
    @overload
    def __getitem__(self, index: slice) -> "LazyProblems": ...
    def __getitem__(self, index: int | slice) -> "CodeProblem | LazyProblems":
        if isinstance(index, slice):
            return LazyProblems(self._rows[index], self._make)
        return self._make(self._rows[index])


def selected(problems: Sequence[CodeProblem], rows: Sequence[int]) -> Sequence[CodeProblem]:
    """Return some problems, in memory only if all of them are there already."""
    if isinstance(problems, list):
        return [problems[row] for row in rows]
    return LazyProblems(array("Q", rows), problems.__getitem__)


class Known(Protocol):
    """What of a set was seen before, and where: a dictionary, in memory or on disk."""

    def get(self, key: bytes, /) -> str | None:
        """Return where a key was seen, or None."""

    def __setitem__(self, key: bytes, where: str, /) -> None: ...


class KnownOnDisk:
    """A dictionary in a file that is gone when the last reference to this is."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("CREATE TABLE known (name BLOB PRIMARY KEY, place TEXT) WITHOUT ROWID")
        self._base.execute("BEGIN")
        weakref.finalize(self, self._base.close)

    def get(self, key: bytes, /) -> str | None:
        """Return where a key was seen, or None."""
        found = self._base.execute("SELECT place FROM known WHERE name = ?", (key,)).fetchone()
        return None if found is None else str(found[0])

    def __setitem__(self, key: bytes, where: str, /) -> None:
        self._base.execute("INSERT OR REPLACE INTO known VALUES (?, ?)", (key, where))


class ProblemWriter:
    """Writes problems to a folder, one after the other.

    Args:
        folder: an empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines = (folder / _LINES).open("wb")
        self._offsets = array("Q", [0])

    def append(self, problem: CodeProblem, /) -> None:
        """Add a problem.

        Raises:
            OSError: the disk is full.
        """
        line = problem_line(problem).encode("utf-8", "surrogatepass")
        self._lines.write(line)
        self._offsets.append(self._offsets[-1] + len(line))

    def close(self) -> None:
        """Write out everything.

        Raises:
            OSError: the disk is full.
        """
        self._lines.close()
        (self._folder / _OFFSETS).write_bytes(self._offsets.tobytes())


def stored_problems(folder: Path) -> LazyProblems:
    """Return the problems of a folder that a `ProblemWriter` filled; any number of processes may.

    Raises:
        OSError, ValueError: it holds none, or only a part.
    """
    offsets = array("Q")
    offsets.frombytes((folder / _OFFSETS).read_bytes())
    if not offsets or offsets[-1] != (folder / _LINES).stat().st_size:
        raise ValueError(f"{folder} is incomplete")
    lines = _Lines(folder / _LINES, offsets)
    return LazyProblems(range(len(offsets) - 1), lines.problem)


class _Lines:
    def __init__(self, path: Path, offsets: "array[int]") -> None:
        self._offsets = offsets
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def problem(self, row: int) -> CodeProblem:
        start, end = self._offsets[row], self._offsets[row + 1]
        line = b""
        while len(line) < end - start and (part := os.pread(self._file, end - start - len(line), start + len(line))):
            line += part
        return problem_of_line(line.decode("utf-8", "surrogatepass"))
