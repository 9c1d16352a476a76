"""The splits of a file that says nothing about splits itself.

MBPP's follow from the `task_id`, so they hold for any part of MBPP; HumanEval has one split, `test`.
"""

from trl_rlvr.data.files import Row
from trl_rlvr.errors import DataError

MBPP_SPLITS = {"prompt": (1, 10), "test": (11, 510), "validation": (511, 600), "train": (601, 974)}
"""MBPP's official splits: first and last `task_id`."""


def select_split(rows: list[Row], split: str, name: str) -> list[Row]:
    """Return the rows of one split, those of MBPP in the order of their `task_id`.

    Raises:
        DataError: the rows have no such split, or none of them is in it.
    """
    if _are_mbpp(rows) and split in MBPP_SPLITS:
        first, last = MBPP_SPLITS[split]
        chosen = [(where, row) for where, row in rows if first <= row["task_id"] <= last]
        if not chosen:
            raise DataError(f"no row of {name!r} is in MBPP's split {split!r} (task_id {first} to {last})")
        return sorted(chosen, key=lambda item: int(item[1]["task_id"]))
    if _are_humaneval(rows) and split == "test":
        return rows
    raise DataError(f"{name!r} has no split {split!r}; choose {_known_splits(rows)}")


def has_splits(rows: list[Row]) -> bool:
    """Say whether rows, by what they are, have splits of their own."""
    return bool(rows) and (_are_mbpp(rows) or _are_humaneval(rows))


def _known_splits(rows: list[Row]) -> str:
    if _are_mbpp(rows):
        return f"one of all, {', '.join(MBPP_SPLITS)}"
    if _are_humaneval(rows):
        return "one of all, test"
    return "'all', or give a folder with one file a split, such as train.jsonl and test.jsonl"


def _are_mbpp(rows: list[Row]) -> bool:
    return all("test_list" in row and row.get("task_id") in range(1, 975) for _, row in rows)


def _are_humaneval(rows: list[Row]) -> bool:
    return all("test" in row and str(row.get("entry_point", "")).isidentifier() for _, row in rows)
