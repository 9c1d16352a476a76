"""Ctrl-C and SIGTERM: the iteration is finished, a checkpoint is saved, and the run says how to go on.

The same signal once more stops at once, unless it comes so soon that a launcher has passed on what we heard ourselves.
Where no iteration is running, the first stops at once.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

ONE_REQUEST_S = 2.0
"""Signals of one kind within so many seconds are one: a terminal or Slurm signals both `torchrun` and its children."""


class StopAtOnce(KeyboardInterrupt):
    """A signal that does not wait for the end of an iteration.

    Args:
        signum: the signal.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


class Interrupts:
    """The signals that asked this process to stop."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.asked: int | None = None
        """The first signal that came, if one did."""
        self._can_wait = False
        self._heard: dict[int, float] = {}

    @contextlib.contextmanager
    def listening(self) -> Iterator["Interrupts"]:
        """Take the signals over, where this is the main thread, and give them back."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = {number: signal.signal(number, self._hear) for number in self.SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Let the first signal wait for the end of the iteration."""
        self._can_wait = True
        try:
            yield
        finally:
            self._can_wait = False

    def _hear(self, signum: int, frame: FrameType | None) -> None:
        del frame
        first = self._heard.setdefault(signum, time.monotonic())
        if self._can_wait and time.monotonic() - first < ONE_REQUEST_S:
            if self.asked is not None:
                return
            self.asked = signum
            name = signal.Signals(signum).name
            print(f"{name}: a checkpoint follows this iteration; once more to stop at once", flush=True)
            return
        raise StopAtOnce(signum)


class StopOnSignal(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
    """Saves and stops behind the iteration in which any rank heard a signal.

    Args:
        interrupts: of this process.
        accelerator: of the trainer.
    """

    def __init__(self, interrupts: Interrupts, accelerator: Any) -> None:
        self._interrupts = interrupts
        self._accelerator = accelerator

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Ask for a checkpoint and for the end, once there was a signal."""
        heard = self._interrupts.asked or 0
        if self._accelerator.num_processes > 1:
            heard = int(self._accelerator.gather(torch.tensor([heard], device=self._accelerator.device)).max())
        if heard and state.global_step < state.max_steps:
            self._interrupts.asked = heard
            control.should_save = control.should_training_stop = True
