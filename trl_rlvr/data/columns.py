"""Data set columns, as a trainer hands them to a reward, back to problems.

It runs in each training step, so a row that was read before costs only the comparison of its text.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from trl_rlvr.data.schemas import ROW_FIELDS, TEST_FIELDS, problem_from_row
from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem


def problems_from_columns(columns: Mapping[str, Sequence[Any]], count: int) -> list[CodeProblem]:
    """Make the problem of each row.

    Args:
        columns: name to one value a row: the columns of `problems_to_dataset`, or MBPP's or HumanEval's own. `prompts`
            stands for `prompt`, as in TRL's calls; without either, and without `task_id`, problems go unnamed.
        count: number of rows.

    Raises:
        DataError: no column holds tests, a column has another length, or a row cannot be used.
    """
    names = [name for name in ROW_FIELDS if name in columns and name != "prompt"]
    if not set(TEST_FIELDS) & set(names):
        found = ", ".join(map(repr, columns)) or "none"
        removed = "" if names else "; if the data set has one, set remove_unused_columns to false"
        raise DataError(
            f"no column of tests among {found}; give one of {', '.join(TEST_FIELDS)}, or load_problems(...){removed}"
        )
    prompts = columns.get("prompt", columns.get("prompts", [""] * count))
    for name, values in (("prompt", prompts), *((name, columns[name]) for name in names)):
        if len(values) != count:
            raise DataError(f"column {name!r} has {len(values)} values for {count} rows")
    rows = [{name: columns[name][index] for name in names} for index in range(count)]
    return [_problem(_key(row | {"prompt": _plain(prompt)})) for row, prompt in zip(rows, prompts, strict=True)]


def _key(row: dict[str, Any]) -> str:
    return json.dumps({"task_id": "unnamed"} | row, default=_listed)


def _listed(value: Any) -> Any:
    """Turn an array into a list; a data set may be formatted to hold them."""
    return value.tolist() if hasattr(value, "tolist") else repr(value)


@lru_cache(maxsize=1024)
def _problem(key: str) -> CodeProblem:
    row = json.loads(key)
    return problem_from_row(row, f"data set row with task_id {row['task_id']!r}")


def _plain(prompt: Any) -> str:
    """Take the text of a prompt: of a conversation, what its last user message says."""
    if isinstance(prompt, str):
        return prompt
    said = [message["content"] for message in prompt if message["role"] == "user"]
    content = said[-1] if said else ""
    return content if isinstance(content, str) else "".join(part.get("text") or "" for part in content)
