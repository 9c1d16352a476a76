"""TRL's trainer as a run needs it: it hands out each scored batch of completions, and saves no secret.

TRL keeps the latest completions for its own table; they are read from there, gathered over all ranks.
"""

import contextlib
import copy
import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from transformers.trainer import TRAINING_ARGS_NAME

from trl_rlvr.errors import RlvrError, TrainingError
from trl_rlvr.training.redact import published, without_secrets

Rows = list[dict[str, Any]]

EXTRA_COLUMNS = (
    "task_id",
    "code",
    "verdict",
    "isolation",
    "passed",
    "total",
    "test_verdicts",
    "test_tiers",
    "reward_hacking",
    "turns",
    "error",
    "test_errors",
)
"""What the rewards say about each completion; None where none of them does."""


class Recorded:
    """Goes before a trainer of TRL among a class's bases: `on_scored`, and a `training_args.bin` to be published.

    Args:
        *args: As for the trainer.
        **kwargs: As for the trainer.
    """

    args: Any
    accelerator: Any
    model: Any
    state: Any
    _logs: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_scored: Callable[[int, Rows], None] | None = None
        """Told, on every rank, about the completions of all ranks: the update that they are sampled for, and the rows,
        with `prompt`, `completion`, `rewards` by name, `advantage` and `EXTRA_COLUMNS`."""
        self.write_card: Callable[[], None] | None = None
        """Writes the model card in the place of TRL's, which knows nothing of what was measured; None: TRL's."""
        self.push_checkpoint: Callable[[Path, int], None] | None = None
        """Pushes a checkpoint, with the update that it is behind, in the place of transformers; None: as it does."""

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> Any:
        batch = super()._generate_and_score_completions(inputs)  # type: ignore[misc]  # a trainer of TRL
        if self.on_scored is not None and self.model.training:
            self.on_scored(self.state.global_step + 1, self._latest(len(inputs) * self.accelerator.num_processes))
        return batch

    def _latest(self, count: int) -> Rows:
        """Return the latest `count` rows that TRL logged."""

        def column(values: Any) -> list[Any]:
            latest = list(values)[-count:]
            return [None] * (count - len(latest)) + latest

        rewards = {name: column(values) for name, values in self._logs["rewards"].items()}
        extra = {name: column(self._logs["extra"].get(name, ())) for name in EXTRA_COLUMNS}
        columns = [column(self._logs[name]) for name in ("prompt", "completion", "advantages")]
        return [
            {
                "prompt": prompt,
                "completion": completion,
                **{name: values[row] for name, values in extra.items()},
                "rewards": {name: values[row] for name, values in rewards.items()},
                "advantage": advantage,
            }
            for row, (prompt, completion, advantage) in enumerate(zip(*columns, strict=True))
        ]

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        super()._save(output_dir, state_dict)  # type: ignore[misc]  # a trainer of TRL
        path = os.path.join(output_dir or self.args.output_dir, TRAINING_ARGS_NAME)
        if self.args.should_save and os.path.isfile(path):
            torch.save(redacted(self.args, published), path)

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Write the card, on the main process."""
        if self.write_card is None:
            super().create_model_card(*args, **kwargs)  # type: ignore[misc]  # a trainer of TRL
        elif self.accelerator.is_main_process:
            self.write_card()

    def _push_from_checkpoint(self, checkpoint_folder: str) -> None:
        if self.push_checkpoint is not None:
            if self.accelerator.is_main_process:
                self.push_checkpoint(Path(checkpoint_folder), self.state.global_step)
            return
        with self._without_secrets():
            super()._push_from_checkpoint(checkpoint_folder)  # type: ignore[misc]  # a trainer of TRL

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        try:
            super()._save_checkpoint(model, trial)  # type: ignore[misc]  # a trainer of TRL
        except RlvrError:
            raise
        except Exception as error:
            name = f"checkpoint-{self.state.global_step}"
            raise TrainingError(
                f"{name} cannot be saved in {self.args.output_dir!r} ({error}); older checkpoints are as they were: "
                "make room and go on with --resume_from_checkpoint last"
            ) from error

    @contextlib.contextmanager
    def _without_secrets(self) -> Iterator[None]:
        """Show transformers the arguments less their secrets while it saves them beside the model."""
        whole, self.args = self.args, redacted(self.args, without_secrets)
        try:
            yield
        finally:
            self.args = whole


def redacted(arguments: Any, redact: Callable[[Any], Any]) -> Any:
    """Return a copy of a dataclass of options with every field redacted; a secret field becomes None."""
    shown = copy.copy(arguments)
    for field in dataclasses.fields(arguments):
        value = getattr(arguments, field.name)
        if type(value) in (str, dict, list):  # an enumeration that is a string as well stays what it is
            setattr(shown, field.name, redact({field.name: value}).get(field.name))
    return shown
