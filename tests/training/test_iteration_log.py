"""The line of an iteration, and the one that says how long a machine will take."""

import re

import pytest
import transformers

from trl_rlvr.training import iteration_log
from trl_rlvr.training.iteration_log import IterationLog

LOGS = {"reward": -0.125, "pass_rate": 0.25, "loss": 0.5, "grad_norm": 2.0, "learning_rate": 1e-3}


@pytest.fixture
def state():
    return transformers.TrainerState(
        global_step=3, max_steps=20, is_world_process_zero=True, is_local_process_zero=True
    )


@pytest.fixture
def arguments(tmp_path):
    return transformers.TrainingArguments(output_dir=str(tmp_path), report_to=[])


def log(callback, arguments, state, logs):
    callback.on_log(arguments, state, transformers.TrainerControl(), logs=dict(logs))


def test_one_line_shows_iteration_reward_pass_rate_loss_and_seconds(arguments, state, capsys):
    callback = IterationLog()
    callback.on_train_begin(arguments, state, None)

    log(callback, arguments, state, LOGS)

    line = capsys.readouterr().out
    assert line.startswith("iteration 3/20 | reward -0.125 | pass rate 25.0 % | loss +0.50000 | ")
    assert line.endswith(" s\n")
    assert line.count("\n") == 1


def test_a_figure_that_is_missing_is_a_dash(arguments, state, capsys):
    log(IterationLog(), arguments, state, {"reward": None, "loss": 0.0})

    assert "reward - | pass rate - | loss +0.00000" in capsys.readouterr().out


def test_a_later_update_on_the_same_generation_has_its_line(arguments, state, capsys):
    log(IterationLog(), arguments, state, {"loss": 0.25, "grad_norm": 1.0, "learning_rate": 0.1})

    assert capsys.readouterr().out.startswith("iteration 3/20 | reward - | pass rate - | loss +0.25000 | ")


def test_the_closing_record_prints_nothing(arguments, state, capsys):
    log(IterationLog(), arguments, state, {"train_runtime": 3.0, "train_loss": 0.1})

    assert capsys.readouterr().out == ""


def test_an_evaluation_record_is_called_so(arguments, state, capsys):
    log(IterationLog(), arguments, state, {"eval_reward": 0.5, "eval_pass_rate": 0.5, "eval_loss": 0.0})

    assert capsys.readouterr().out.startswith("eval 3/20 | reward +0.500 | pass rate 50.0 %")


def test_only_the_first_process_prints(arguments, state, capsys):
    state.is_world_process_zero = False

    log(IterationLog(), arguments, state, LOGS)

    assert capsys.readouterr().out == ""


@pytest.fixture
def told(monkeypatch, arguments, state, capsys):
    """What is printed by a run whose updates take the given seconds."""

    def run(seconds, measure_s=0.0, max_steps=20):
        now = [100.0]
        monkeypatch.setattr(iteration_log, "perf_counter", lambda: now[0])
        callback = IterationLog()
        callback.measure_s, state.global_step, state.max_steps = measure_s, 0, max_steps
        callback.on_train_begin(arguments, state, None)
        for update_s in seconds:
            now[0] += update_s
            state.global_step += 1
            callback.on_step_end(arguments, state, None)
        return capsys.readouterr().out.splitlines()

    return run


def test_a_run_says_once_how_long_this_machine_will_take_without_its_first_update(told):
    (line,) = told([30.0, 10.0, 90.0, 90.0], measure_s=12.0)

    assert re.fullmatch(
        r"on this machine: 10\.0 s an iteration, 18 to go in about 3 min 0 s and 12 s to measure: "
        r"done at about \d\d:\d\d",
        line,
    )


def test_fast_updates_are_averaged(told):
    (line,) = told([1.0, 0.25, 0.5, 0.75, 9.0])

    assert line.startswith("on this machine: 0.5 s an iteration, 16 to go in about 8 s: done at")


def test_nothing_is_foretold_at_the_end(told):
    assert told([1.0, 10.0], max_steps=2) == []
