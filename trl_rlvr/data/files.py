"""Rows of local files: JSON Lines or one JSON array, gzipped or not, or Parquet; alone or one file a split in a folder.

What a JSON file holds shows in its first character, not in its name: many `.json` files are JSON Lines. A file is read
in pieces, so that one that unpacks to very much costs a sentence and no memory.
"""

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from trl_rlvr.errors import DataError, RowError

FILE_SUFFIXES = (".jsonl", ".json", ".gz", ".parquet")

Row = tuple[str, dict[str, Any]]
"""Where a row stands, for error messages, and the row."""
Item = tuple[str, dict[str, Any] | RowError]
"""The same, or why the row cannot be read."""

MAX_ROW_BYTES = 1 << 28
"""A row that is longer is none."""
MAX_EXPANSION = 200
"""A gzip file that unpacks to more than so many times its size is refused, once it is past `_SMALL_BYTES`."""
_SMALL_BYTES = 1 << 26
_PIECE_BYTES = 1 << 20
_GAP = re.compile(r"[\s,]*")


def file_rows(path: Path) -> list[Row]:
    """Read all rows of a file.

    Raises:
        DataError: there is no such file, it cannot be read, or a line is no JSON object; says where.
    """
    return list(map(row_of, file_items(path)))


def row_of(item: Item) -> Row:
    """Return a row.

    Raises:
        RowError: it could not be read.
    """
    where, row = item
    if isinstance(row, RowError):
        raise row
    return where, row


def file_items(path: Path) -> Iterator[Item]:
    """Read the rows of a file one by one.

    Raises:
        DataError: there is no such file, it cannot be read, or it holds no rows.
    """
    empty = True
    try:
        for item in _parquet_items(path) if path.suffix == ".parquet" else _json_items(path):
            empty = False
            yield item
    except FileNotFoundError as error:
        raise DataError(f"no such file: {str(path)!r}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot read {path}: {error}") from error
    if empty:
        raise DataError(f"{path} holds no rows")


def content_of(path: Path) -> Iterator[bytes]:
    """Read the bytes of a file in pieces, with its name."""
    yield path.name.encode("utf-8", "surrogateescape")
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            yield piece


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
        raise DataError(f"{folder} holds no .jsonl, .json, .gz or .parquet file; give one a split, such as train.jsonl")
    return found


def _json_items(path: Path) -> Iterator[Item]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        pieces = _pieces(path, stream)
        first = next(pieces, b"").removeprefix(codecs.BOM_UTF8)
        while first and not first.strip():
            first = next(pieces, b"")
        if first.lstrip()[:1] == b"[":
            yield from _array_items(path, _joined(first.lstrip()[1:], pieces))
        else:
            yield from _line_items(path, _joined(first, pieces))


def _joined(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces


def _pieces(path: Path, stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """Read a stream piece by piece, and stop where it is out of proportion to its file."""
    size, total = path.stat().st_size, 0
    while piece := stream.read(_PIECE_BYTES):
        total += len(piece)
        if path.suffix == ".gz" and total > max(_SMALL_BYTES, MAX_EXPANSION * size):
            raise DataError(
                f"{path} unpacks to more than {MAX_EXPANSION} times its {size} bytes; no data does. Unpack it yourself "
                "if it is what you want to read"
            )
        yield piece


def _line_items(path: Path, pieces: Iterator[bytes]) -> Iterator[Item]:
    number = 0
    held: list[bytes] = []
    for piece in pieces:
        *lines, last = piece.split(b"\n")
        for line in lines:
            number += 1
            yield from _line_item(path, number, b"".join((*held, line)))
            held = []
        held.append(last)
        if sum(map(len, held)) > MAX_ROW_BYTES:
            raise DataError(f"{path}, line {number + 1}: is longer than {MAX_ROW_BYTES >> 20} MiB; no row is")
    yield from _line_item(path, number + 1, b"".join(held))


def _line_item(path: Path, number: int, line: bytes) -> Iterator[Item]:
    if line.strip():
        where = f"{path}, line {number}"
        try:
            yield where, _object(_parse(_decoded(line, where), where), where)
        except RowError as error:
            yield where, error


def _array_items(path: Path, pieces: Iterator[bytes]) -> Iterator[Item]:
    """Read the items of one array, each as soon as all of it is there."""
    array, number = _Array(path, pieces), 0
    while True:
        number += 1
        where = f"{path}, item {number}"
        try:
            item = array.next_item(where)
        except StopIteration:
            return
        try:
            yield where, _object(item, where)
        except RowError as error:
            yield where, error


class _Array:
    """The text of one JSON array, of which only what is not read yet is held."""

    def __init__(self, path: Path, pieces: Iterator[bytes]) -> None:
        self._path, self._pieces = path, pieces
        self._to_text = codecs.getincrementaldecoder("utf-8")()
        self._json = json.JSONDecoder()
        self._text, self._at, self._ended = "", 0, False

    def next_item(self, where: str) -> Any:
        """Read the next item.

        Raises:
            RowError: it is no JSON, so that what follows cannot be told.
            StopIteration: the array ends.
        """
        while not self._find(where):
            pass
        if self._text[self._at] == "]":
            raise StopIteration
        while True:
            try:
                item, end = self._json.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._grow(where):
                    continue
                raise RowError(where, None, f"not valid JSON: {error}") from error
            except (ValueError, RecursionError) as error:
                raise RowError(where, None, f"JSON that Python cannot read: {error}") from error
            if end == len(self._text) and self._grow(where):
                continue  # a number may go on
            self._at = end
            return item

    def _find(self, where: str) -> bool:
        """Step to where the next item begins, or the array ends; False if more of the text is to be looked at."""
        gap = _GAP.match(self._text, self._at)
        self._at = gap.end() if gap else self._at
        if self._at < len(self._text):
            return True
        if not self._grow(where):
            raise RowError(where, None, "not valid JSON: the array does not end")
        return False

    def _grow(self, where: str) -> bool:
        """Read as much as is held, or a piece, so that a long item is not parsed again for each; False at the end."""
        if self._ended:
            return False
        parts = [self._text[self._at :]]
        wanted = max(len(parts[0]), 1)
        while wanted > 0 and not self._ended:
            piece = next(self._pieces, b"")
            self._ended = not piece
            try:
                parts.append(self._to_text.decode(piece, self._ended))
            except UnicodeDecodeError as error:
                raise DataError(f"{where}: is not UTF-8: it holds {error.object[error.start]:#x}") from error
            wanted -= len(parts[-1])
        self._text, self._at = "".join(parts), 0
        if len(self._text) > MAX_ROW_BYTES:
            raise DataError(f"{where}: is longer than {MAX_ROW_BYTES >> 20} MiB; no row is")
        return True


def _parquet_items(path: Path) -> Iterator[Item]:
    from pyarrow import ArrowException, parquet  # type: ignore[import-untyped]

    number = 0
    try:
        with parquet.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=64):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}, row {number}", row
    except ArrowException as error:
        raise DataError(f"cannot read {path}: {error}") from error


def _decoded(line: bytes, where: str) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise RowError(
            where, None, f"is not UTF-8: byte {error.start} of its text is {error.object[error.start]:#x}"
        ) from error


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise RowError(where, None, f"not valid JSON: {error}") from error
    except (ValueError, RecursionError) as error:  # a number of too many digits, too many brackets
        raise RowError(where, None, f"JSON that Python cannot read: {error}") from error


def _object(item: Any, where: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise RowError(where, None, f"is {item!r:.60}, not an object with fields")
    return item
