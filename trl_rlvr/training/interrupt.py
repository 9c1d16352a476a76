"""Ctrl-C and SIGTERM: the iteration is finished, a checkpoint is saved, and the run says how to go on.

A second signal stops at once. Where no iteration is running, so does the first.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


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
        if self._can_wait and self.asked is None:
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
