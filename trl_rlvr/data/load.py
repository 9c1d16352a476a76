"""A name to problems: a bundled set, a Hub data set, a file or a folder.

A local path wins over a Hub id of the same name.
"""

import hashlib
import heapq
import itertools
import logging
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

from trl_rlvr.data.cache import cached
from trl_rlvr.data.files import FILE_SUFFIXES, Item, content_of, file_items, folder_files, row_of
from trl_rlvr.data.hub import HUB_IDS, SPLIT_BY_ID, has_only_train, hub_content, hub_rows
from trl_rlvr.data.intake import Intake
from trl_rlvr.data.load_options import LoadOptions
from trl_rlvr.data.loaded import LoadedData
from trl_rlvr.data.mapping import mapping_source
from trl_rlvr.data.sameness import problem_key
from trl_rlvr.data.splits import MBPP_SPLITS, has_splits, select_split
from trl_rlvr.data.stored import Known, selected
from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem

logger = logging.getLogger(__name__)

BUNDLED = ("ambiguous", "starter")
"""Names of the sets that come with the package."""

MANY = 50_000
"""So many problems in memory are worth a hint."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(:[\w.-]+)?")


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
    return list(load_data(name, split, options).problems)


def load_data(name: str, split: str | None = None, options: LoadOptions | None = None) -> LoadedData:
    """Load the problems of a data set, and say what is left out; the arguments are those of `load_problems`.

    Raises:
        DataError: there is no such data set or split, or more rows cannot be used than may be.
        ConfigError: the options cannot be understood.
    """
    options = options or LoadOptions()
    asked = None if split == "all" else split
    divided = (
        asked if options.heldout_share is not None and asked in ("train", "test") and _lacks_splits(name) else None
    )
    read = None if divided else asked

    def load(keep: Callable[[CodeProblem], None] | None = None, known: Known | None = None) -> LoadedData:
        loaded, problems = LoadedData(name), list[CodeProblem]()
        Intake(loaded, options, keep or problems.append, {} if known is None else known).take(_items(name, read))
        return replace(loaded, problems=problems)

    content = _content(name, read, options) if options.cache is not None else None
    if content is None or options.cache is None:
        loaded = load()
        if len(loaded.problems) >= MANY:
            logger.warning(
                "%s: each process holds %d problems in memory; data_cache: FOLDER keeps them on disk, once a node",
                *(name, len(loaded.problems)),
            )
    else:
        loaded = cached(content, (read, options), options.cache, load, name)
    return _one_side(loaded, divided, options) if divided else loaded


def _content(name: str, split: str | None, options: LoadOptions) -> Iterable[bytes] | None:
    """Return what says whether a data set is still the same; None: that cannot be told."""
    path = Path(name).expanduser()
    if name in BUNDLED:
        return None
    if path.is_dir():
        found: Iterable[bytes] = itertools.chain.from_iterable(map(content_of, folder_files(path).values()))
    elif path.is_file():
        found = content_of(path)
    else:
        of_hub = hub_content(HUB_IDS.get(name, name), split) if name in HUB_IDS or _HUB_ID.fullmatch(name) else None
        if of_hub is None:
            return None
        found = [of_hub]
    return itertools.chain([mapping_source(options.columns)], found)


def _lacks_splits(name: str) -> bool:
    """Say whether a name is a file that says nothing about splits, or has but one on the Hub, to train on."""
    path = Path(name).expanduser()
    if name in BUNDLED or path.is_dir():
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

    problems = loaded.problems
    count = math.ceil(share * len(problems)) if share else 0
    places = ((place(problem), row) for row, problem in enumerate(problems))
    heldout = {row for _, row in heapq.nsmallest(count, places)}
    kept = [row for row in range(len(problems)) if (row in heldout) is (side == "test")]
    if not kept:
        raise DataError(
            f"{loaded.name!r} says nothing of splits, and data_heldout_share {share} of its {len(problems)} "
            f"problems leaves none for {side!r}; give another share, more problems, or --data_{side}_split all"
        )
    return replace(loaded, problems=selected(problems, kept))


def _items(name: str, split: str | None) -> Iterator[Item]:
    if name in BUNDLED:
        with as_file(files("trl_rlvr.data") / name) as folder:
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
            f"unknown data set {name!r}; give one of {', '.join(sorted((*BUNDLED, *HUB_IDS)))}, a file that ends in "
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
