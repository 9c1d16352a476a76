"""Whole training runs beside `GRPOTrainer`: the same seeds, the same completions, the same gradients at every step."""

import pytest
import torch
from peft import LoraConfig
from tiny_policy import GradientLog, grpo_config, problems, spread, tiny_llama, tiny_tokenizer
from trl import GRPOTrainer

from trl_rlvr.training.grpo import SUPPORTED_LOSS_TYPES, EfficientGRPOTrainer


def train(trainer_class, folder, *, reward=spread, flat=4, lively=2, peft_config=None, **settings):
    log = GradientLog()
    trainer = trainer_class(
        model=tiny_llama(folder),
        reward_funcs=reward,
        args=grpo_config(folder, **settings),
        train_dataset=problems(flat, lively),
        processing_class=tiny_tokenizer(),
        callbacks=[log],
        peft_config=peft_config,
        **({"compact_generation": False} if trainer_class is EfficientGRPOTrainer else {}),
    )
    trainer.train()
    return trainer, log.steps


def assert_same_training(folder, **settings):
    plain, expected = train(GRPOTrainer, folder, **settings)
    ours, got = train(EfficientGRPOTrainer, folder, **settings)

    assert len(got) == len(expected) == 2
    assert max(float(gradient.abs().max()) for gradient in expected[1].values()) > 1e-3
    for theirs, own in zip(expected, got, strict=True):
        for name, gradient in theirs.items():
            rounding = 2e-5 * float(gradient.abs().max())
            torch.testing.assert_close(own[name], gradient, rtol=1e-4, atol=rounding, msg=f"{name}: {{}}".format)
    assert [row["loss"] for row in ours.state.log_history[:-1]] == pytest.approx(
        [row["loss"] for row in plain.state.log_history[:-1]], rel=1e-3, abs=1e-4
    )
    shares = [row["forwarded/rows"] for row in ours.state.log_history if "forwarded/rows" in row]
    assert len(shares) == 2
    assert max(shares) < 1.0


@pytest.mark.parametrize("loss_type", sorted(SUPPORTED_LOSS_TYPES))
def test_training_goes_as_without_it(tmp_path, loss_type):
    assert_same_training(tmp_path, loss_type=loss_type, gradient_accumulation_steps=3)


@pytest.mark.parametrize("scale", ["group", "batch", "none"])
def test_every_scaling_of_the_rewards_is_followed(tmp_path, scale):
    assert_same_training(tmp_path, scale_rewards=scale, loss_type="dr_grpo", gradient_accumulation_steps=3)


@pytest.mark.parametrize("loss_type", sorted(SUPPORTED_LOSS_TYPES))
def test_completions_may_serve_several_updates(tmp_path, loss_type):
    assert_same_training(
        tmp_path, loss_type=loss_type, num_iterations=2, steps_per_generation=3, gradient_accumulation_steps=3
    )


def test_a_generation_batch_may_span_several_updates(tmp_path):
    assert_same_training(tmp_path, steps_per_generation=4, gradient_accumulation_steps=2, flat=5, lively=3)


def test_micro_batches_of_one_row_are_exact(tmp_path):
    assert_same_training(tmp_path, per_device_train_batch_size=1, gradient_accumulation_steps=24)


def test_several_rewards_normalised_apart_are_exact(tmp_path):
    def length(completion_ids, **_):
        return [0.0] * len(completion_ids)

    assert_same_training(
        tmp_path,
        reward=[spread, length],
        multi_objective_aggregation="normalize_then_sum",
        gradient_accumulation_steps=3,
    )


def test_a_lora_adapter_trains_as_without_it(tmp_path):
    assert_same_training(tmp_path, peft_config=LoraConfig(r=4), gradient_accumulation_steps=3)


def test_masked_truncated_completions_are_exact(tmp_path):
    assert_same_training(tmp_path, mask_truncated_completions=True, gradient_accumulation_steps=3)


def test_equal_rewards_give_advantages_of_exactly_zero(tmp_path):
    """In TRL the mean of six times 1/3 is not 1/3, and the rounding is then divided by a deviation near 0."""
    trainer, _ = train(EfficientGRPOTrainer, tmp_path, num_generations=6, per_device_train_batch_size=36, max_steps=1)

    advantages = torch.tensor(list(trainer._buffered_inputs[0]["advantages"]))
    assert (advantages == 0.0).sum() >= 24  # four flat problems of six completions
    assert trainer.state.log_history[0]["forwarded/rows"] <= 12 / 36


def test_rows_nobody_could_score_are_no_signal(tmp_path):
    def unsure(prompts, completion_ids, **_):
        return [None if i % 4 == 0 else value for i, value in enumerate(spread(prompts, completion_ids))]

    assert_same_training(tmp_path, reward=unsure, gradient_accumulation_steps=3)


def test_a_run_without_any_signal_leaves_the_weights_alone(tmp_path):
    start = {name: p.clone() for name, p in tiny_llama(tmp_path).named_parameters()}

    trainer, _ = train(EfficientGRPOTrainer, tmp_path, lively=0)

    assert all(torch.equal(start[name], p) for name, p in trainer.model.named_parameters())
    assert trainer.state.log_history[0]["grad_norm"] == 0.0


def test_completions_of_continuous_batching_are_trained_on_alike(tmp_path):
    small = {"num_blocks": 16, "page_size": 16, "max_batch_tokens": 64}  # by default it takes what memory is free

    assert_same_training(
        tmp_path,
        use_transformers_continuous_batching=True,
        transformers_continuous_batching_config=small,
        gradient_accumulation_steps=3,
    )
