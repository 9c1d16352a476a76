"""Rows of a data set on the Hugging Face Hub."""

from collections.abc import Iterator
from typing import Any

from trl_rlvr.data.files import Row
from trl_rlvr.errors import DataError

HUB_IDS = {
    "mbpp": "google-research-datasets/mbpp:full",
    "mbpp_sanitized": "google-research-datasets/mbpp:sanitized",
    "mbppplus": "evalplus/mbppplus",
    "humaneval": "openai/openai_humaneval",
    "humanevalplus": "evalplus/humanevalplus",
    "leetcode": "newfacade/LeetCodeDataset",
    "kodcode": "KodCode/KodCode-Light-RL-10K",
    "taco": "BAAI/TACO",
    "bigcodebench": "bigcode/bigcodebench",
    "classeval": "FudanSELab/ClassEval",
    "cruxeval": "cruxeval-org/cruxeval",
}
"""Short names, and the Hub's id and configuration that each stands for."""

SPLIT_BY_ID = frozenset({"evalplus/mbppplus"})
"""Sets of one split whose rows are MBPP's, so that MBPP's own splits hold for them by `task_id`."""


def hub_rows(name: str, split: str | None) -> Iterator[Row]:
    """Read rows from the Hub, or from its cache on this machine, one by one.

    Args:
        name: a Hub id, with `:configuration` where it needs one.
        split: any that `datasets.load_dataset` knows, also `train[:100]`; None: all splits.

    Raises:
        DataError: it cannot be loaded, for whatever reason.
    """
    for part, rows in _splits(name, split).items():
        for index, row in enumerate(rows):
            yield f"{name}, split {part}, row {index}", dict(row)


def hub_content(name: str, split: str | None) -> bytes | None:
    """Return the names of the files that `datasets` keeps a data set in, which say its revision; None: it keeps none.

    Raises:
        DataError: it cannot be loaded, for whatever reason.
    """
    files = [(part, one["filename"]) for part, rows in _splits(name, split).items() for one in rows.cache_files]
    return repr(files).encode() if files else None


def _splits(name: str, split: str | None) -> dict[str, Any]:
    from datasets import load_dataset

    dataset_id, _, configuration = name.partition(":")
    try:
        loaded: Any = load_dataset(dataset_id, configuration or None, split=split)
    except Exception as error:  # what a missing network raises differs from release to release
        raise DataError(
            f"cannot load {name!r}{f', split {split!r},' if split else ''} from the Hugging Face Hub: "
            f"{type(error).__name__}: {error}. Without network give a local file in the same schema, such as mbpp.jsonl"
        ) from error
    return {split: loaded} if split else dict(loaded)


def has_only_train(name: str) -> bool:
    """Say whether the Hub has a data set in one split, `train`; False also where it cannot be asked."""
    from datasets import get_dataset_split_names

    dataset_id, _, configuration = name.partition(":")
    try:
        return list(get_dataset_split_names(dataset_id, configuration or None)) == ["train"]
    except Exception:  # loading it then says what is wrong
        return False
