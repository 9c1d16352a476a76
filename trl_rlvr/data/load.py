"""A name to problems: the starter set, a Hub data set, a file or a folder.

A local path wins over a Hub id of the same name.
"""

import re
from importlib.resources import as_file, files
from pathlib import Path

from trl_rlvr.data.files import FILE_SUFFIXES, Row, file_rows, folder_files
from trl_rlvr.data.hub import HUB_IDS, hub_rows
from trl_rlvr.data.schemas import problem_from_row
from trl_rlvr.data.splits import select_split
from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem

STARTER = "starter"
"""Name of the set that comes with the package."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(:[\w.-]+)?")


def load_problems(name: str, split: str | None = None) -> list[CodeProblem]:
    """Load the problems of a data set, in its order.

    Args:
        name: `starter`, `mbpp`, `mbpp_sanitized` or `humaneval`; a .jsonl, .json or .gz file; a folder with one such
            file a split; or a Hub id, with `:configuration` where it needs one. Rows as `trl_rlvr.data.schema` says.
        split: None or `all` for everything. Of a file of MBPP: `prompt`, `test`, `validation` or `train`, by `task_id`;
            of HumanEval: `test`; of a folder: a file's name; of a Hub id: what the Hub has.

    Raises:
        DataError: there is no such data set or split, or a row cannot be used; the message names file, line and field.
    """
    rows = _rows(name, None if split == "all" else split)
    problems = []
    seen: dict[str, str] = {}
    for where, row in rows:
        problem = problem_from_row(row, where)
        if problem.task_id in seen:
            raise DataError(
                f"{where}, field 'task_id': {problem.task_id!r} was used before, in {seen[problem.task_id]}"
            )
        seen[problem.task_id] = where
        problems.append(problem)
    return problems


def _rows(name: str, split: str | None) -> list[Row]:
    if name == STARTER:
        with as_file(files("trl_rlvr.data") / "starter") as folder:
            return _folder_rows(folder, split)
    path = Path(name).expanduser()
    if path.is_dir():
        return _folder_rows(path, split)
    if name.endswith(FILE_SUFFIXES):
        return file_rows(path) if split is None else select_split(file_rows(path), split, name)
    if name in HUB_IDS or _HUB_ID.fullmatch(name):
        return hub_rows(HUB_IDS.get(name, name), split)
    raise DataError(
        f"unknown data set {name!r}; give one of {', '.join(sorted((STARTER, *HUB_IDS)))}, a file that ends in "
        f"{', '.join(FILE_SUFFIXES)}, a folder with one such file a split, or a Hub id such as 'owner/name'"
    )


def _folder_rows(folder: Path, split: str | None) -> list[Row]:
    found = folder_files(folder)
    if split is None:
        return [row for path in found.values() for row in file_rows(path)]
    if split not in found:
        raise DataError(f"{folder} has no split {split!r}; choose one of all, {', '.join(found)}")
    return file_rows(found[split])
