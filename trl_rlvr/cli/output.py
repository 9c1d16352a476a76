"""Files that a command writes: beside the old one first, and in its place only when all is written."""

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from trl_rlvr.errors import DataError

PARTIAL = ".partial"
"""Ending of the name under which a file grows; it stays there if the command does not come to its end."""


@contextlib.contextmanager
def replacing(path: str | None) -> Iterator[TextIO]:
    """Open a file that takes the place of `path` when the block ends well; None: standard output.

    What was written before an exception stays beside it, and the exception says where. A device or a pipe is written to
    as it is.

    Raises:
        DataError: it cannot be written, before the block has begun.
    """
    if path is None:
        yield sys.stdout
        return
    target = Path(os.path.realpath(path))
    try:
        is_plain = stat.S_ISREG(target.stat().st_mode) if target.exists() else True
        growing = target.with_name(target.name + PARTIAL) if is_plain else target
        file = growing.open("w", encoding="utf-8")
        if is_plain and target.exists():
            growing.chmod(stat.S_IMODE(target.stat().st_mode))
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}") from error
    try:
        with file:
            yield file
            file.flush()
        if is_plain:
            growing.replace(target)
    except BaseException as error:
        if is_plain and growing.exists():
            _keep_or_remove(growing, error)
        raise


def _keep_or_remove(growing: Path, error: BaseException) -> None:
    with contextlib.suppress(OSError):
        if growing.stat().st_size:
            error.add_note(f"what was done so far is in {growing}")
        else:
            growing.unlink()
