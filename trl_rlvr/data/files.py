"""Rows of local files: JSON Lines or one JSON array, gzipped or not, alone or one file a split in a folder.

What a file holds shows in its first character, not in its name: many `.json` files are JSON Lines.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trl_rlvr.errors import DataError

FILE_SUFFIXES = (".jsonl", ".json", ".gz")

Row = tuple[str, dict[str, Any]]
"""Where a row stands, for error messages, and the row."""


def file_rows(path: Path) -> list[Row]:
    """Read all rows of a file.

    Raises:
        DataError: there is no such file, it cannot be read, or a line is no JSON object; says where.
    """
    text = _read_text(path)
    rows = list(_array_rows(path, text) if text.lstrip()[:1] == "[" else _line_rows(path, text))
    if not rows:
        raise DataError(f"{path} holds no rows")
    return rows


def folder_files(folder: Path) -> dict[str, Path]:
    """Find the file of each split: `train.jsonl` holds split `train`; the training split comes first.

    Raises:
        DataError: the folder holds no such file, or two for one split.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir(), key=lambda path: (not path.name.startswith("train."), path.name)):
        if path.name.endswith(FILE_SUFFIXES) and path.is_file():
            split = path.name.split(".")[0]
            if split in found:
                raise DataError(f"{folder} holds both {found[split].name} and {path.name}; keep one file a split")
            found[split] = path
    if not found:
        raise DataError(f"{folder} holds no .jsonl, .json or .gz file; give one a split, such as train.jsonl")
    return found


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(f"no such file: {str(path)!r}") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8: byte {error.start} of its text is {error.object[error.start]:#x}"
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot read {path}: {error}") from error


def _line_rows(path: Path, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            where = f"{path}, line {number}"
            yield where, _object(_parse(line, where), where)


def _array_rows(path: Path, text: str) -> Iterator[Row]:
    for number, item in enumerate(_parse(text, str(path)), 1):
        where = f"{path}, item {number}"
        yield where, _object(item, where)


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{where}: not valid JSON: {error}") from error
    except (ValueError, RecursionError) as error:  # a number of too many digits, too many brackets
        raise DataError(f"{where}: JSON that Python cannot read: {error}") from error


def _object(item: Any, where: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise DataError(f"{where}: is {item!r:.60}, not an object with fields")
    return item
