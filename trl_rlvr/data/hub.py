"""Rows of a data set on the Hugging Face Hub."""

from typing import Any

from trl_rlvr.data.files import Row
from trl_rlvr.errors import DataError

HUB_IDS = {
    "mbpp": "google-research-datasets/mbpp:full",
    "mbpp_sanitized": "google-research-datasets/mbpp:sanitized",
    "humaneval": "openai/openai_humaneval",
}
"""Short names, and the Hub's id and configuration that each stands for."""


def hub_rows(name: str, split: str | None) -> list[Row]:
    """Read rows from the Hub, or from its cache on this machine.

    Args:
        name: a Hub id, with `:configuration` where it needs one.
        split: any that `datasets.load_dataset` knows, also `train[:100]`; None: all splits.

    Raises:
        DataError: it cannot be loaded, for whatever reason.
    """
    from datasets import load_dataset

    dataset_id, _, configuration = name.partition(":")
    try:
        loaded: Any = load_dataset(dataset_id, configuration or None, split=split)
    except Exception as error:  # what a missing network raises differs from release to release
        raise DataError(
            f"cannot load {name!r}{f', split {split!r},' if split else ''} from the Hugging Face Hub: "
            f"{type(error).__name__}: {error}. Without network give a local file in the same schema, such as mbpp.jsonl"
        ) from error
    splits = {split: loaded} if split else dict(loaded)
    return [
        (f"{name}, split {part}, row {index}", dict(row))
        for part, rows in splits.items()
        for index, row in enumerate(rows)
    ]
