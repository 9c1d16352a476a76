"""One readable line for each log record of a run, and one that says how long this machine will take.

The lines come from TRL's own log record, so with `logging_steps: 10` there is one every ten iterations.
"""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trl_rlvr.json_lines import Row
from trl_rlvr.training.pace import Pace, duration

PASS_RATE = "pass_rate"
"""The key under which the rewards log the share of completions that passed all their tests."""


class IterationLog(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
    """Prints plain lines; the base of what is shown on a terminal."""

    def __init__(self) -> None:
        self.measure_s = 0.0
        """Seconds that the measure on held-out problems took before training: the one behind it takes about as long."""
        self._pace: Pace | None = None
        self._since = 0.0
        self._at_step = 0

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show what there is beside lines, for as long as training goes on."""
        yield

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to somebody else."""
        yield

    def on_scored(self, step: int, rows: list[Row]) -> None:
        """Take the completions of an update, as a trainer hands them out."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock."""
        self._since, self._at_step = perf_counter(), state.global_step
        generation = getattr(args, "steps_per_generation", None) or args.gradient_accumulation_steps
        updates = getattr(args, "num_iterations", 1) * generation // args.gradient_accumulation_steps
        self._pace = Pace(max(1, updates))
        self._pace.add(self._since)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Time the update, and say once how long the run will take."""
        if self._pace is None:
            return
        self._pace.add(perf_counter())
        if (update_s := self._pace.update_s) is not None:
            self._pace = None
            if state.is_world_process_zero and state.global_step < state.max_steps:
                self._write(self._forecast(update_s, state.max_steps - state.global_step))

    def _forecast(self, update_s: float, left: int) -> str:
        measure = f" and {duration(self.measure_s)} to measure" if self.measure_s >= 1 else ""
        end = datetime.now() + timedelta(seconds=left * update_s + self.measure_s)
        return (
            f"on this machine: {update_s:.1f} s an iteration, {left} to go in about {duration(left * update_s)}"
            f"{measure}: done at about {end:%H:%M}"
        )

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Print the line of this log record; the closing one of a run has none.

        Only the first update on a generation logs its reward; the others on it show a dash.
        """
        logs = logs or {}
        now = perf_counter()
        if "eval_reward" in logs:
            line = f"eval {state.global_step}/{state.max_steps} | " + _figures(logs, "eval_")
        elif "reward" in logs or "loss" in logs:
            seconds = (now - self._since) / max(1, state.global_step - self._at_step)
            self._since, self._at_step = now, state.global_step
            line = f"iteration {state.global_step}/{state.max_steps} | {_figures(logs)} | {seconds:.1f} s"
        else:
            return
        if state.is_world_process_zero:
            self._write(line)

    def _write(self, line: str) -> None:
        print(line, flush=True)


def _figures(logs: Mapping[str, Any], prefix: str = "") -> str:
    """Show the three figures of a log record; a dash where one is missing, as when no row was verified."""
    reward, rate, loss = (logs.get(prefix + key) for key in ("reward", PASS_RATE, "loss"))
    return (
        f"reward {'-' if reward is None else f'{reward:+.3f}'}"
        f" | pass rate {'-' if rate is None else f'{100 * rate:.1f} %'}"
        f" | loss {'-' if loss is None else f'{loss:+.5f}'}"
    )
