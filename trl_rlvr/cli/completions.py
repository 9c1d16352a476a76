"""The completion files that `trl-rlvr score` reads: JSONL with `task_id` and `completion` or `solution`.

The whole file is checked before anything runs, so that a slip in the last line costs no waiting.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem


@dataclass(frozen=True, slots=True)
class CompletionRow:
    """One row: a text to extract code from, or code as it is."""

    task_id: str | int
    """As the file has it, a number or a string."""
    text: str
    is_code: bool
    """True for `solution`, False for `completion`."""
    problem: CodeProblem


def read_completions(path: str, problems: Mapping[str, CodeProblem]) -> list[CompletionRow]:
    """Read and check a completion file, `.jsonl` or `.jsonl.gz`.

    Raises:
        DataError: the file cannot be read, or a row of it is malformed or names an unknown task.
    """
    rows = [_parse(line, f"{path}, line {number}", problems) for number, line in _lines(path)]
    if not rows:
        raise DataError(f"{path} holds no rows; give one JSON object a line, with task_id and completion or solution")
    return rows


def _lines(path: str) -> Iterator[tuple[int, str]]:
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.endswith(".gz")
            else Path(path).open(encoding="utf-8") as file
        ):
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from error


def _parse(line: str, where: str, problems: Mapping[str, CodeProblem]) -> CompletionRow:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise DataError(f"{where} is {type(row).__name__}, not an object with task_id and completion or solution")
    task_id = _task_id(row, where)
    if str(task_id) not in problems:
        raise DataError(f"{where} names task_id {task_id!r}, which is none of the {len(problems)} problems")
    given = [key for key in ("completion", "solution") if row.get(key) is not None]
    if len(given) != 1:
        what = "both completion and solution" if given else "neither completion nor solution"
        raise DataError(f"{where} has {what}; give it exactly one")
    text = row[given[0]]
    if not isinstance(text, str):
        raise DataError(f"{where} has a {given[0]} of type {type(text).__name__}; give it a string")
    return CompletionRow(task_id, text, given[0] == "solution", problems[str(task_id)])


def _task_id(row: Mapping[str, Any], where: str) -> str | int:
    task_id = row.get("task_id")
    if isinstance(task_id, str) or (isinstance(task_id, int) and not isinstance(task_id, bool)):
        return task_id
    raise DataError(f"{where} has task_id {task_id!r}; give it a string or a whole number")
