"""A run's completions as a data set on the Hub: an allow-list of columns, so that no hidden test can be among them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trl_rlvr.errors import ConfigError
from trl_rlvr.json_lines import Row, read_rows
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.hub.commit import commit_files

_TEXTS = ("task_id", "code", "verdict", "reward_hacking")
_COUNTS = ("step", "passed", "total")
COLUMNS = (*_COUNTS, *_TEXTS, "prompt", "completion", "tests", "rewards", "advantage")
"""What is published of each row of `completions/`; `error` is not, since it can tell what a test expects."""

_CARD = """---
tags: [trl, rlvr, code]
configs:
- config_name: default
  data_files: completions.parquet
---
# Completions of {repo}

Every completion that the updates of [{repo}](https://huggingface.co/{repo}) were made from: what was asked,
what came, the code in it, the verdict on it and on each test in order, the rewards and the advantage. No hidden test
and no reference solution is in it. The prompts are those of the data that the model's card names, and the licence of
those holds for them.
"""


def push_completions(api: Any, folder: RunFolder, repo: str, *, private: bool | None) -> str:
    """Push the completions of a run to `REPO-completions`, and return the address of the commit.

    Args:
        api: an `HfApi`.
        folder: of the run.
        repo: owner/name of the model.
        private: whether a new repository is private; None: as its owner's setting says.

    Raises:
        ConfigError: the run kept no completions.
    """
    paths = sorted(folder.completions.glob("step-*.jsonl"))
    if not paths:
        raise ConfigError(f"{str(folder.path)!r} holds no completions; train with save_completions: true")
    found = api.create_repo(completions_repo(repo), private=private, exist_ok=True, repo_type="dataset")
    with tempfile.TemporaryDirectory() as place:
        table, card = Path(place, "completions.parquet"), Path(place, "README.md")
        write_parquet(paths, table)
        card.write_text(_CARD.format(repo=repo), encoding="utf-8")
        files = {table.name: table, card.name: card}
        return str(commit_files(api, found.repo_id, files, "Completions of the run", kind="dataset"))


def completions_repo(repo: str) -> str:
    """Return the id of the data set beside a model."""
    return f"{repo}-completions"


def write_parquet(paths: list[Path], table: Path) -> None:
    """Write the rows of several files as one table; its columns do not depend on which of them are all null."""
    import datasets

    def rows() -> Iterator[Row]:
        for path in paths:
            for row in read_rows(path):
                yield {name: row.get(name) for name in COLUMNS}

    with tempfile.TemporaryDirectory() as cache:  # else the second push of a run would be the first once more
        made = datasets.Dataset.from_generator(rows, features=_features(next(rows())), cache_dir=cache)
        made.to_parquet(str(table))


def _features(row: Row) -> Any:
    from datasets import Features, List, Value

    message = List({"role": Value("string"), "content": Value("string")})
    talk = {name: message if isinstance(row[name], list) else Value("string") for name in ("prompt", "completion")}
    return Features(
        {name: Value("int64") for name in _COUNTS}
        | {name: Value("string") for name in _TEXTS}
        | talk
        | {"tests": List(Value("string")), "rewards": {name: Value("float64") for name in row["rewards"]}}
        | {"advantage": Value("float64")}
    )
