"""What a file was read into, kept on disk by the file's content, so that it is read once a node and not once a rank."""

import gzip
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import trl_rlvr
from trl_rlvr.data.loaded import LoadedData, SetAside
from trl_rlvr.data.rows import problem_of_row, problem_row

_ROOMS = ("analysis", "data")
"""Whose source decides what is read into what."""


def cached(path: Path, options: Any, folder: str, load: Callable[[], LoadedData]) -> LoadedData:
    """Return what loading a file gives, from an earlier time where file, options and code are the same.

    Args:
        path: the file.
        options: what else decides the outcome; by its `repr`.
        folder: where outcomes are kept; made where it is missing.
        load: reads the file.
    """
    digest = hashlib.sha256(f"{_code_digest()} {path} {options!r}".encode())
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    kept = Path(folder).expanduser() / f"{digest.hexdigest()[:32]}.jsonl.gz"
    try:
        return _read(kept)
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        loaded = load()
        _write(kept, loaded)
        return loaded


@lru_cache(maxsize=1)
def _code_digest() -> str:
    root = Path(trl_rlvr.__file__).parent
    sources = [root / "problem.py", *(path for room in _ROOMS for path in sorted((root / room).rglob("*.py")))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def _read(kept: Path) -> LoadedData:
    with gzip.open(kept, "rt", encoding="utf-8") as stream:
        head = json.loads(next(stream))
        aside = [SetAside(**one) for one in head.pop("set_aside")]
        return LoadedData(**head, set_aside=aside, problems=[problem_of_row(json.loads(line)) for line in stream])


def _write(kept: Path, loaded: LoadedData) -> None:
    """Write to a file of another name first, as other ranks may read at any time; a full disk keeps nothing."""
    head = {"name": loaded.name, "rows": loaded.rows, "schemas": loaded.schemas}
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=kept.parent, suffix=".part")
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as raw, gzip.open(raw, "wt", compresslevel=1, encoding="utf-8") as stream:
            stream.write(json.dumps(head | {"set_aside": [asdict(one) for one in loaded.set_aside]}) + "\n")
            stream.writelines(json.dumps(problem_row(problem)) + "\n" for problem in loaded.problems)
        os.replace(name, kept)
    except (OSError, ValueError):
        Path(name).unlink(missing_ok=True)
