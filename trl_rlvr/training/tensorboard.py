"""Completions as a table in TensorBoard: TRL's `log_completions` writes one to wandb and trackio only."""

from collections.abc import Mapping, Sequence
from typing import Any

from transformers.integrations import TensorBoardCallback

from trl_rlvr.json_lines import Row

TAG = "completions"
"""Under which TensorBoard's tab of texts shows the table."""

MOST_CHARACTERS = 2000
"""Of one cell; the whole stands in the run's `completions/`."""

_COLUMNS = ("task_id", "prompt", "completion", "code", "verdict", "isolation", "passed", "total", "reward_hacking")


class TensorBoardTable:
    """Writes the completions of each logged update; a trainer's `on_scored` takes it.

    Args:
        trainer: whose callbacks hold TensorBoard's writer, once training has begun.
    """

    def __init__(self, trainer: Any) -> None:
        self._trainer = trainer

    def __call__(self, step: int, rows: list[Row]) -> None:
        """Write the table, on the process that has a writer."""
        if step % max(1, int(self._trainer.args.logging_steps)) == 0:
            for callback in self._trainer.callback_handler.callbacks:
                if isinstance(callback, TensorBoardCallback) and callback.tb_writer is not None:
                    callback.tb_writer.add_text(TAG, as_markdown(rows), step)


def as_markdown(rows: Sequence[Row]) -> str:
    """Return completions as a table of Markdown, with their rewards by name."""
    rewards = sorted({name for row in rows for name in row["rewards"]})
    names = [*_COLUMNS, *rewards, "advantage"]
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(map(_cell, _values(row, rewards))) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _values(row: Mapping[str, Any], rewards: Sequence[str]) -> list[Any]:
    return [*map(row.get, _COLUMNS), *map(row["rewards"].get, rewards), row.get("advantage")]


def _cell(value: Any) -> str:
    """Show a value in one line that neither Markdown nor HTML reads as anything but text."""
    if value is None or isinstance(value, int | float):
        return "" if value is None else f"{value:g}"
    if isinstance(value, list):
        value = "\n".join(f"{part.get('role')}: {part.get('content')}" for part in value)
    text = str(value)[:MOST_CHARACTERS]
    for mark in "&<>\\`*_|[]":
        text = text.replace(mark, f"&#{ord(mark)};") if mark != "&" else text.replace("&", "&amp;")
    return text.replace("\n", "<br>").replace("  ", "&nbsp; ")
