"""The checks that weights move and stay numbers."""

import pytest
import torch
import transformers
from tiny_policy import grpo_config, problems, spread, tiny_llama, tiny_tokenizer

from trl_rlvr.errors import TrainingError
from trl_rlvr.training.callbacks import FiniteGradients, WeightsMove
from trl_rlvr.training.grpo import EfficientGRPOTrainer

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


class Weights(transformers.TrainerCallback):
    """Copies the weights before the first update and after each."""

    def __init__(self):
        self.seen = []

    def on_train_begin(self, args, state, control, model, **_):
        self.seen.append({name: weight.detach().clone() for name, weight in model.named_parameters()})

    on_step_end = on_train_begin


@pytest.fixture
def train_with_broken_gradients(tmp_path):
    def train(broken, steps, value, **settings):
        """Train a tiny policy; from the backward passes of some updates one gradient comes out broken."""
        trainer = EfficientGRPOTrainer(
            model=tiny_llama(tmp_path),
            reward_funcs=spread,
            args=grpo_config(tmp_path, max_steps=steps, **settings),
            train_dataset=problems(0, 6),
            processing_class=tiny_tokenizer(),
        )

        def spoil(gradient):
            gradient = gradient.clone()
            if trainer.state.global_step in broken:
                gradient[0] = value
            return gradient

        trainer.model.model.norm.weight.register_hook(spoil)
        weights = Weights()
        trainer.add_callback(weights)
        trainer.add_callback(FiniteGradients(trainer.model.parameters(), trainer.accelerator))
        try:
            trainer.train()
        finally:
            train.trainer, train.weights = trainer, weights.seen
        return weights.seen

    return train


def changed(before, after):
    return [name for name in before if not torch.equal(before[name], after[name])]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("settings", [{}, {"max_grad_norm": 0.0}], ids=["clipped", "as it is"])
def test_an_update_without_a_finite_gradient_is_left_out(train_with_broken_gradients, value, settings, caplog):
    start, first, second, third = train_with_broken_gradients({1}, 3, value, **settings)

    assert changed(start, first)
    assert changed(first, second) == []
    assert changed(second, third)
    assert all(weight.isfinite().all() for weight in third.values())
    assert [r.message for r in caplog.records if "left out" in r.message] == [
        "update 2 is left out: its gradient holds NaN or infinity"
    ]


def test_a_run_without_any_finite_gradient_stops_with_its_weights_whole(train_with_broken_gradients):
    with pytest.raises(TrainingError, match="of 11 updates in a row, up to 12, hold NaN or infinity"):
        train_with_broken_gradients(range(1, 100), 20, float("nan"))

    weights = train_with_broken_gradients.weights
    assert changed(weights[1], weights[-1]) == []
    assert all(weight.isfinite().all() for weight in weights[-1].values())


RECORD = {"reward": 0.5, "learning_rate": 1e-4, "grad_norm": 0.0, "frac_reward_zero_std": 1.0}


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([], "no iteration was logged"),
        ([RECORD, RECORD], "every group was rewarded alike"),
        ([RECORD | {"learning_rate": 0.0, "grad_norm": 0.3}], "the learning rate was 0 in every logged iteration"),
        ([RECORD | {"frac_reward_zero_std": 0.5}], "no logged iteration had a gradient, and nothing was learned"),
    ],
    ids=["no record", "alike", "no rate", "no gradient"],
)
def test_why_nothing_was_learned_is_said_as_it_was(records, told):
    callback = WeightsMove([torch.nn.Parameter(torch.zeros(2))], OneProcess())
    callback.on_train_begin(None, None, None)

    for record in records:
        callback.on_log(None, None, None, logs=record)

    assert told in callback.nothing_learned()
