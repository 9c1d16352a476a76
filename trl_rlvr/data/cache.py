"""What was read of a data set, kept on disk by content, so that it is read once a node and not once a rank.

The problems stay there: each is read when it is asked for.
"""

import atexit
import hashlib
import json
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import trl_rlvr
from trl_rlvr.data.loaded import LoadedData, SetAside
from trl_rlvr.data.stored import KnownOnDisk, ProblemWriter, stored_problems
from trl_rlvr.errors import DataError

logger = logging.getLogger(__name__)

_HEAD = "head.json"
_ROOMS = ("analysis", "data")
"""Whose source decides what is read into what."""


def cached(
    content: Iterable[bytes], options: Any, folder: str, load: Callable[..., LoadedData], name: str
) -> LoadedData:
    """Return what loading a data set gives, from an earlier time where content, options and code are the same.

    Args:
        content: of the data set: its bytes, or what stands for them.
        options: what else decides the outcome; by its `repr`.
        folder: where outcomes are kept; made where it is missing. One that cannot be written to keeps nothing.
        load: reads the data set; takes what `LoadedData` is to begin with, and what problems are already known.
        name: of the data set.
    """
    digest = hashlib.sha256(f"{_code_digest()} {name} {options!r}".encode())
    for piece in content:
        digest.update(piece)
    kept = Path(folder).expanduser() / digest.hexdigest()[:32]
    try:
        return _read(kept)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        _write(kept, load)
        return _read(kept)
    except OSError as error:
        logger.warning("%s cannot keep what %s was read into (%s): it is held in memory", folder, name, error)
        return load()


def folder_while_alive(cache: str) -> str:
    """Make a folder in a cache that goes when this process ends; one whose process was killed goes at the next call.

    Raises:
        DataError: it cannot be made.
    """
    home, prefix = Path(cache).expanduser(), f"process-{socket.gethostname()}-"
    for left in home.glob(f"{prefix}*"):
        if not Path("/proc", left.name.removeprefix(prefix).partition("-")[0]).exists():
            shutil.rmtree(left, ignore_errors=True)
    try:
        home.mkdir(parents=True, exist_ok=True)
        made = tempfile.mkdtemp(dir=home, prefix=f"{prefix}{os.getpid()}-")
    except OSError as error:
        raise DataError(f"data_cache {cache!r} cannot be written to: {error}") from error
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@lru_cache(maxsize=1)
def _code_digest() -> str:
    root = Path(trl_rlvr.__file__).parent
    sources = [root / "problem.py", *(path for room in _ROOMS for path in sorted((root / room).rglob("*.py")))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def _read(kept: Path) -> LoadedData:
    head = json.loads((kept / _HEAD).read_text(encoding="utf-8"))
    aside = [SetAside(**one) for one in head.pop("set_aside")]
    return LoadedData(**head, set_aside=aside, problems=stored_problems(kept))


def _write(kept: Path, load: Callable[..., LoadedData]) -> None:
    """Write to a folder of another name first, as other processes may read at any time."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=kept.parent, suffix=".part"))
    try:
        writer = ProblemWriter(made)
        loaded = load(writer.append, KnownOnDisk())
        writer.close()
        head = {"name": loaded.name, "rows": loaded.rows, "schemas": loaded.schemas}
        head["set_aside"] = [asdict(one) for one in loaded.set_aside]
        (made / _HEAD).write_text(json.dumps(head), encoding="utf-8")
        if kept.exists():  # and cannot be read
            shutil.rmtree(kept, ignore_errors=True)
        try:
            made.rename(kept)
        except OSError:
            if not kept.exists():  # else another process was faster
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
