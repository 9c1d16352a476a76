"""A name to problems: the starter set, a Hub data set, a file or a folder.

A local path wins over a Hub id of the same name.
"""

import gc
import hashlib
import itertools
import logging
import math
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from trl_rlvr.data.cache import cached
from trl_rlvr.data.files import FILE_SUFFIXES, Item, file_items, folder_files, row_of
from trl_rlvr.data.hub import HUB_IDS, SPLIT_BY_ID, has_only_train, hub_rows
from trl_rlvr.data.loaded import DUPLICATE, LoadedData, SetAside
from trl_rlvr.data.mapping import as_object, mapped_row, passes, row_mapping
from trl_rlvr.data.sameness import problem_key
from trl_rlvr.data.schemas import problem_from_row, schema_of
from trl_rlvr.data.special_judges import special_judge
from trl_rlvr.data.splits import MBPP_SPLITS, has_splits, select_split
from trl_rlvr.errors import DataError, RowError
from trl_rlvr.problem import CodeProblem

logger = logging.getLogger(__name__)

STARTER = "starter"
"""Name of the set that comes with the package."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(:[\w.-]+)?")
_PROGRESS_S = 5.0
_MANY_UNUSABLE = 10_000


@dataclass(frozen=True)
class LoadOptions:
    """How rows become problems, and what becomes of those that cannot."""

    columns: Any = None
    """See `row_mapping`."""
    filters: Any = None
    """Column to the value, or the values, that a row must have in it."""
    unusable: str = "stop"
    """`stop` at the first row that cannot be used, or `skip` such rows."""
    unusable_share: float = 1.0
    """Largest share of rows that may be left out as unusable, 0..1."""
    heldout_share: float | None = None
    """Share of a file without splits that is its split `test`, 0..1; None: such a file has no splits."""
    seed: int = 42
    """Of the division that `heldout_share` makes."""
    cache: str | None = None
    """Folder for what was read before; None: nothing is kept."""
    fixed: dict[str, Any] = field(default_factory=dict)
    """Fields that each problem gets, such as `io_numbers`."""


def load_problems(name: str, split: str | None = None, options: LoadOptions | None = None) -> list[CodeProblem]:
    """Load the problems of a data set, in its order.

    Args:
        name: `starter` or another short name; a .jsonl, .json, .gz or .parquet file; a folder with one such file a
            split; or a Hub id, with `:configuration` where it needs one. `docs/data.md` lists the families of rows.
        split: None or `all` for everything. Of a file of MBPP: `prompt`, `test`, `validation` or `train`, by `task_id`;
            of HumanEval: `test`; of a folder: a file's name; of a Hub id: what the Hub has.
        options: how rows are read; None: as they are, and the first that cannot be used stops.

    Raises:
        DataError: there is no such data set or split, or a row cannot be used; the message names file, line and field.
    """
    return load_data(name, split, options).problems


def load_data(name: str, split: str | None = None, options: LoadOptions | None = None) -> LoadedData:
    """Load the problems of a data set, and say what is left out; the arguments are those of `load_problems`.

    Raises:
        DataError: there is no such data set or split, or more rows cannot be used than may be.
        ConfigError: the options cannot be understood.
    """
    options = options or LoadOptions()
    asked = None if split == "all" else split
    path = Path(name).expanduser()
    divided = (
        asked if options.heldout_share is not None and asked in ("train", "test") and _lacks_splits(name) else None
    )
    if path.is_file() and options.cache is not None:
        loaded = cached(
            path, (None if divided else asked, options), options.cache, lambda: _load(name, asked, divided, options)
        )
    else:
        loaded = _load(name, asked, divided, options)
    return _one_side(loaded, divided, options) if divided else loaded


def _load(name: str, split: str | None, divided: str | None, options: LoadOptions) -> LoadedData:
    loaded = LoadedData(name)
    _fill(loaded, _items(name, None if divided else split), options)
    if not loaded.rows:
        raise DataError(f"no row of {name!r} has what data_filter asks for: {options.filters!r:.80}")
    unusable = loaded.unusable
    if unusable and len(unusable) > options.unusable_share * loaded.rows:
        raise _too_many(loaded, options)
    return loaded


def _fill(loaded: LoadedData, items: Iterable[Item], options: LoadOptions) -> None:
    collects = gc.isenabled()
    gc.disable()  # which looks at each tree many times while it grows; trees hold no cycles
    try:
        _fill_from(loaded, items, options)
    finally:
        if collects:
            gc.enable()


def _require_sense(loaded: LoadedData, options: LoadOptions) -> None:
    """Stop in the midst of a file that is no data set, which may have any number of rows.

    Raises:
        DataError: most of very many rows cannot be used.
    """
    count = len(loaded.set_aside)
    if count % _MANY_UNUSABLE == 0 and len(loaded.unusable) > max(0.5, options.unusable_share) * loaded.rows:
        raise _too_many(loaded, options)


def _too_many(loaded: LoadedData, options: LoadOptions) -> DataError:
    first = loaded.unusable[0]
    return DataError(
        f"{len(loaded.unusable)} of {loaded.rows} rows of {loaded.name!r} cannot be used, more than the share "
        f"{options.unusable_share} that may be left out; the first: {RowError(first.where, first.field, first.what)}"
    )


def _fill_from(loaded: LoadedData, items: Iterable[Item], options: LoadOptions) -> None:
    mapping, filters = row_mapping(options.columns), as_object("data_filter", options.filters)
    seen: dict[str, str] = {}
    same: dict[tuple[str, str], str] = {}
    said = time.monotonic()
    for where, row in items:
        if isinstance(row, dict) and filters and not passes(filters, row):
            continue
        loaded.rows += 1
        try:
            if isinstance(row, RowError):
                raise row
            mapped = row if mapping is None else mapped_row(mapping, row, where)
            if mapped is not None:
                _add(loaded, mapped, where, options, seen, same)
        except RowError as error:
            if options.unusable == "stop":
                raise
            loaded.set_aside.append(SetAside.of(error))
            _require_sense(loaded, options)
        if time.monotonic() - said > _PROGRESS_S:
            said = time.monotonic()
            logger.warning("%s: %d rows read so far", loaded.name, loaded.rows)


def _add(
    loaded: LoadedData,
    row: Any,
    where: str,
    options: LoadOptions,
    seen: dict[str, str],
    same: dict[tuple[str, str], str],
) -> None:
    """Add the problem of one row.

    Raises:
        RowError: it cannot be used.
    """
    notes: list[tuple[str, str]] = []
    if isinstance(row, CodeProblem):
        problem = row
        loaded.schemas.setdefault("problems", "data_columns made them")
    else:
        problem = problem_from_row(row, where, notes)
        schema, why = schema_of(row, where)
        loaded.schemas.setdefault(schema.name, why)
    if options.fixed and problem.io_tests:
        problem = replace(problem, **options.fixed)
    if problem.task_id in seen:
        raise RowError(where, "task_id", f"{problem.task_id!r} was used before, in {seen[problem.task_id]}")
    if options.unusable == "skip":
        before = same.setdefault(problem_key(problem), where)
        if before != where:
            raise RowError(where, None, f"{DUPLICATE}{before}")
    seen[problem.task_id] = where
    if (judge := special_judge(problem)) is not None:
        notes.append(("prompt", judge))
    loaded.set_aside += [SetAside(where, field, what, used=True) for field, what in notes]
    loaded.problems.append(problem)


def _lacks_splits(name: str) -> bool:
    """Say whether a name is a file that says nothing about splits, or has but one on the Hub, to train on."""
    path = Path(name).expanduser()
    if name == STARTER or path.is_dir():
        return False
    if not path.is_file():
        is_hub = not name.endswith(FILE_SUFFIXES) and (name in HUB_IDS or _HUB_ID.fullmatch(name) is not None)
        return is_hub and has_only_train(HUB_IDS.get(name, name))
    first = itertools.islice((row for _, row in file_items(path) if isinstance(row, dict)), 8)
    return not has_splits([("", row) for row in first])


def _one_side(loaded: LoadedData, side: str, options: LoadOptions) -> LoadedData:
    """Return one side of a division that depends on seed and content, and on no order."""
    share = options.heldout_share or 0.0

    def place(problem: CodeProblem) -> str:
        return hashlib.sha256(f"{options.seed} {problem_key(problem)}".encode()).hexdigest()

    count = math.ceil(share * len(loaded.problems)) if share else 0
    heldout = set(map(id, sorted(loaded.problems, key=place)[:count]))
    kept = [problem for problem in loaded.problems if (id(problem) in heldout) is (side == "test")]
    if not kept:
        raise DataError(
            f"{loaded.name!r} says nothing of splits, and data_heldout_share {share} of its {len(loaded.problems)} "
            f"problems leaves none for {side!r}; give another share, more problems, or --data_{side}_split all"
        )
    return replace(loaded, problems=kept)


def _items(name: str, split: str | None) -> Iterator[Item]:
    if name == STARTER:
        with as_file(files("trl_rlvr.data") / "starter") as folder:
            yield from list(_folder_items(folder, split))
        return
    path = Path(name).expanduser()
    if path.is_dir():
        yield from _folder_items(path, split)
    elif name.endswith(FILE_SUFFIXES):
        yield from file_items(path) if split is None else select_split(list(map(row_of, file_items(path))), split, name)
    elif name in HUB_IDS or _HUB_ID.fullmatch(name):
        hub_id = HUB_IDS.get(name, name)
        if hub_id in SPLIT_BY_ID and split in MBPP_SPLITS:
            yield from select_split(list(hub_rows(hub_id, None)), split, name)
        else:
            yield from hub_rows(hub_id, split)
    else:
        raise DataError(
            f"unknown data set {name!r}; give one of {', '.join(sorted((STARTER, *HUB_IDS)))}, a file that ends in "
            f"{', '.join(FILE_SUFFIXES)}, a folder with one such file a split, or a Hub id such as 'owner/name'"
        )


def _folder_items(folder: Path, split: str | None) -> Iterator[Item]:
    found = folder_files(folder)
    if split is None:
        for path in found.values():
            yield from file_items(path)
    elif split not in found:
        raise DataError(f"{folder} has no split {split!r}; choose one of all, {', '.join(found)}")
    else:
        yield from file_items(found[split])
