"""Signals while a run waits for one, and while it does not."""

import os
import signal
from types import SimpleNamespace

import pytest
from transformers import TrainerControl

from trl_rlvr.training.interrupt import Interrupts, StopAtOnce, StopOnSignal

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@BOTH
def test_a_signal_waits_for_the_end_of_the_iteration(number, capsys):
    with Interrupts().listening() as interrupts, interrupts.waiting():
        os.kill(os.getpid(), number)

    assert interrupts.asked == number
    assert "once more to stop at once" in capsys.readouterr().out


@BOTH
def test_a_signal_once_more_stops_at_once(number, monkeypatch):
    clock = iter([0.0, 0.0, 3.0, 3.0])
    monkeypatch.setattr("trl_rlvr.training.interrupt.time.monotonic", lambda: next(clock))
    with Interrupts().listening() as interrupts, interrupts.waiting():
        os.kill(os.getpid(), number)
        with pytest.raises(StopAtOnce) as stopped:
            os.kill(os.getpid(), number)

    assert stopped.value.signum == number


@BOTH
def test_what_a_launcher_passes_on_is_no_second_request(number):
    with Interrupts().listening() as interrupts, interrupts.waiting():
        for heard in (signal.SIGINT, number, signal.SIGTERM):
            os.kill(os.getpid(), heard)

    assert interrupts.asked == signal.SIGINT


@BOTH
def test_a_signal_outside_of_training_stops_at_once(number):
    with Interrupts().listening(), pytest.raises(StopAtOnce):
        os.kill(os.getpid(), number)


def test_the_handlers_of_others_come_back():
    before = [signal.getsignal(number) for number in Interrupts.SIGNALS]

    with Interrupts().listening():
        pass

    assert [signal.getsignal(number) for number in Interrupts.SIGNALS] == before


@pytest.mark.parametrize(("step", "stops"), [(3, True), (5, False)])
def test_a_checkpoint_is_asked_for_unless_it_was_the_last_update(step, stops):
    interrupts = Interrupts()
    interrupts.asked = signal.SIGTERM
    control, state = TrainerControl(), SimpleNamespace(global_step=step, max_steps=5)

    StopOnSignal(interrupts, SimpleNamespace(num_processes=1)).on_step_end(None, state, control)

    assert (control.should_save, control.should_training_stop) == (stops, stops)
