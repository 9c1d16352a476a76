"""Writes down what a run does while it does it: `metrics.jsonl`, `heldout.jsonl` and the completions."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trl_rlvr.errors import DataError, TrainingError
from trl_rlvr.json_lines import Row
from trl_rlvr.report import PAGE_NAME, read_run, write_page
from trl_rlvr.tiers import read_tiers
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.spec import RunSpec
from trl_rlvr.training.tensorboard import TensorBoardTable

logger = logging.getLogger(__name__)

_SCHEMA = (
    *("step", "task_id", "prompt", "completion", "code", "verdict", "isolation", "passed", "total", "tests"),
    *("test_tiers", "reward_hacking"),
)


class MetricsFile(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
    """Adds each log record of an update, or of TRL's own evaluation, to `metrics.jsonl`.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write the record, on the main process."""
        if state.is_world_process_zero and logs and {"reward", "eval_reward"} & logs.keys():
            self._folder.add_metrics(state.global_step, logs)


class PageFile(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
    """Writes `report.html` beside each checkpoint, so that a run can be looked at while it goes on.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Write the page, on the main process; a page that cannot be written is no reason to stop."""
        if not state.is_world_process_zero:
            return
        try:
            write_page(read_run(self._folder.path))
        except (OSError, DataError) as error:
            logger.warning("%s cannot be written at update %d: %s", PAGE_NAME, state.global_step, error)


class CompletionsFile:
    """Writes the completions of each update to a file of their own; give it to a trainer as `on_scored`.

    Args:
        folder: of the run.
        is_main: whether this process writes.
        with_errors: whether the line about the deciding test may be shown, which tells what a hidden test expects.

    Raises:
        TrainingError: a file cannot be written.
    """

    def __init__(self, folder: RunFolder, *, is_main: bool, with_errors: bool) -> None:
        self._folder = folder
        self._is_main = is_main
        self._with_errors = with_errors
        self._step = -1

    def __call__(self, step: int, rows: list[Row]) -> None:
        """Write the completions that were sampled for an update; several calls for one are put together."""
        if not self._is_main:
            return
        again, self._step = step == self._step, step
        try:
            self._folder.write_completions(step, [self.row(step, row) for row in rows], again=again)
        except OSError as error:
            raise TrainingError(f"the completions of update {step} cannot be written: {error}") from error

    def row(self, step: int, row: Row) -> Row:
        """Return one completion in the schema of `docs/run-folder.md`."""
        verdicts = row.get("test_verdicts")
        tiers = read_tiers(row.get("test_tiers") or "")
        full = {**row, "step": step, "tests": verdicts.split() if verdicts else [], "test_tiers": tiers}
        found = {name: full.get(name) for name in _SCHEMA}
        if row.get("turns"):
            found["turns"] = json.loads(row["turns"])
        errors = (row.get("test_errors") or "").split("\n")
        error = {"error": row.get("error") or "", "test_errors": errors} if self._with_errors else {}
        return {**found, **error, "rewards": row["rewards"], "advantage": row["advantage"]}


OnScored = Callable[[int, list[Row]], None]
"""Told about the completions of an update, as `Recorded.on_scored` says."""


def listeners(spec: RunSpec, trainer: Any, folder: RunFolder) -> list[OnScored]:
    """Return what keeps the completions of a run, as its options ask for.

    Args:
        spec: of the run.
        trainer: of the run.
        folder: of the run.
    """
    found: list[OnScored] = []
    if spec.run.save_completions:
        shows_all = spec.data.data_visible_tests == "all"
        found.append(CompletionsFile(folder, is_main=trainer.accelerator.is_main_process, with_errors=shows_all))
    if spec.grpo.log_completions and "tensorboard" in spec.grpo.report_to:
        found.append(TensorBoardTable(trainer))
    return found


def to_each(told: Sequence[OnScored]) -> OnScored:
    """Return one listener that tells all of them, in order."""

    def tell(step: int, rows: list[Row]) -> None:
        for listener in told:
            listener(step, rows)

    return tell
