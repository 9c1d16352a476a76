"""The line of an iteration, and the check that weights move."""

import pytest
import torch
import transformers

from trl_rlvr.errors import TrainingError
from trl_rlvr.training.callbacks import IterationLog, WeightsMove

LOGS = {"reward": -0.125, "pass_rate": 0.25, "loss": 0.5, "grad_norm": 2.0, "learning_rate": 1e-3}


class OneProcess:
    """An accelerator of a single process, as far as `WeightsMove` uses one."""

    device = "cpu"

    def reduce(self, tensor, reduction):
        assert reduction == "sum"
        return tensor


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


def test_a_record_without_reward_prints_nothing(arguments, state, capsys):
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
def weight():
    return torch.nn.Parameter(torch.zeros(10))


@pytest.fixture
def watch(weight, arguments, state):
    callback = WeightsMove([weight], OneProcess())
    callback.on_train_begin(arguments, state, None)
    return callback


def test_a_gradient_that_moves_nothing_stops_the_run(watch, arguments, state):
    with pytest.raises(TrainingError, match="after 3 iterations no trainable weight has changed"):
        log(watch, arguments, state, LOGS)


def test_weights_that_moved_settle_the_matter(watch, weight, arguments, state):
    weight.data[9] += 1e-6

    log(watch, arguments, state, LOGS)

    assert watch.moved is True


@pytest.mark.parametrize("harmless", [{"grad_norm": 0.0}, {"learning_rate": 0.0}, {"grad_norm": float("nan")}])
def test_no_evidence_waits_for_the_next_record(watch, arguments, state, harmless):
    log(watch, arguments, state, LOGS | harmless)

    assert watch.moved is None
    with pytest.raises(TrainingError):
        log(watch, arguments, state, LOGS)


def test_a_change_anywhere_in_a_large_parameter_is_seen(arguments, state):
    weight = torch.nn.Parameter(torch.zeros(1000, 1000))
    callback = WeightsMove([weight], OneProcess())
    callback.on_train_begin(arguments, state, None)
    weight.data += 1e-6

    log(callback, arguments, state, LOGS)

    assert callback.moved is True
