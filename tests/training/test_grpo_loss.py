"""The loss of one micro-batch beside that of `GRPOTrainer` on the same weights and the same random batch."""

import pytest
import torch
from tiny_policy import (
    assert_gradients_close,
    grpo_config,
    loss_and_gradients,
    problems,
    spread,
    tiny_llama,
    tiny_tokenizer,
)
from trl import GRPOTrainer

from trl_rlvr.training.grpo import SUPPORTED_LOSS_TYPES, EfficientGRPOTrainer

LOSS_TYPES = sorted(SUPPORTED_LOSS_TYPES)


@pytest.fixture
def trainer_of(tmp_path):
    def build(**settings):
        trainer = EfficientGRPOTrainer(
            model=tiny_llama(tmp_path),
            reward_funcs=spread,
            args=grpo_config(tmp_path, **settings),
            train_dataset=problems(2, 2),
            processing_class=tiny_tokenizer(),
        )
        trainer.current_gradient_accumulation_steps = 1
        trainer.model.train()
        return trainer

    return build


def random_batch(advantages, seed=0, **extra):
    """Rows of random lengths, with the log-probabilities of a policy a little apart from the present one."""
    torch.manual_seed(seed)
    rows, prompt_width, width = len(advantages), 7, 9
    prompt_length = torch.randint(1, prompt_width, (rows, 1))
    length = torch.randint(2, width, (rows, 1))
    prompt_mask = (torch.arange(prompt_width) >= prompt_width - prompt_length).long()
    completion_mask = (torch.arange(width) < length).long()
    return {
        "prompt_ids": torch.randint(2, 32, (rows, prompt_width)) * prompt_mask,
        "prompt_mask": prompt_mask,
        "completion_ids": torch.randint(2, 32, (rows, width)) * completion_mask,
        "completion_mask": completion_mask,
        "advantages": torch.tensor(advantages),
        "num_items_in_batch": completion_mask.sum() * 2,
        "old_per_token_logps": -3.4 + 0.5 * torch.randn(rows, width),
        **extra,
    }


def assert_same_gradients(trainer, batch):
    plain, expected = loss_and_gradients(trainer, GRPOTrainer._compute_loss, batch)
    ours, got = loss_and_gradients(trainer, EfficientGRPOTrainer._compute_loss, batch)

    torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-6)
    assert any(gradient.abs().max() > 1e-3 for gradient in expected.values())
    assert_gradients_close(got, expected)


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
@pytest.mark.parametrize("level", ["token", "sequence"])
def test_dropping_idle_rows_leaves_every_gradient_as_it_was(trainer_of, loss_type, level):
    trainer = trainer_of(loss_type=loss_type, importance_sampling_level=level)

    assert_same_gradients(trainer, random_batch([0.0, 1.0, 0.0, -0.5, 0.0, 0.0, 0.25, 0.0]))


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_rows_whose_tokens_are_all_masked_are_idle_too(trainer_of, loss_type):
    trainer = trainer_of(loss_type=loss_type)
    batch = random_batch([0.7, 1.0, -2.0, -0.5])
    batch["completion_mask"][:2] = 0

    assert_same_gradients(trainer, batch)
    assert trainer._metrics["train"]["forwarded/rows"] == [0.5]


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_masks_of_tool_output_and_advantages_per_token_are_honoured(trainer_of, loss_type):
    trainer = trainer_of(loss_type=loss_type)
    tool_mask = torch.ones(4, 9, dtype=torch.long)
    tool_mask[:, 1] = 0
    per_token = torch.randn(4, 9)
    per_token[1] = 0.0
    per_token[2] = 0.0
    per_token[2, 1] = 5.0  # a token that does not count
    batch = random_batch([0.0] * 4, tool_mask=tool_mask)
    batch["advantages"] = per_token

    assert_same_gradients(trainer, batch)
    assert trainer._metrics["train"]["forwarded/rows"] == [0.5]


@pytest.mark.parametrize("loss_type", ["grpo", "bnpo", "dr_grpo", "dapo", "luspo"])
def test_two_sided_clipping_and_the_off_policy_mask_act_row_by_row(trainer_of, loss_type):
    trainer = trainer_of(loss_type=loss_type, delta=1.5, off_policy_mask_threshold=0.1, epsilon_high=0.3)

    assert_same_gradients(trainer, random_batch([0.0, 1.0, -1.0, -0.5, 0.0]))


@pytest.mark.parametrize(
    ("loss_type", "columns"),
    [*((kind, 9) for kind in LOSS_TYPES), *((kind, 1) for kind in LOSS_TYPES if kind != "vespo")],
)
def test_the_samplers_importance_ratio_follows_its_rows(trainer_of, loss_type, columns):
    trainer = trainer_of(loss_type=loss_type)
    trainer.use_vllm = trainer.vllm_importance_sampling_correction = True
    batch = random_batch([0.0, 1.0, 0.0, -0.5])
    ratio = torch.rand(4, columns) / 5 + 0.9
    batch["importance_sampling_ratio"] = torch.where(batch["completion_mask"][:, :columns] == 1, ratio, 1.0)

    assert_same_gradients(trainer, batch)


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_gradient_accumulation_divides_as_in_trl(trainer_of, loss_type):
    trainer = trainer_of(loss_type=loss_type, gradient_accumulation_steps=4)
    trainer.current_gradient_accumulation_steps = 4

    assert_same_gradients(trainer, random_batch([0.0, 1.0, 0.0, -0.5]))


def test_a_batch_in_which_every_row_counts_is_trimmed_only(trainer_of):
    trainer = trainer_of(loss_type="dapo")
    batch = random_batch([1.0, -1.0, 0.5, -0.5])
    batch["prompt_mask"][:, :4] = 0
    batch["completion_mask"][:, 5:] = 0

    assert_same_gradients(trainer, batch)
    assert trainer._metrics["train"]["forwarded/rows"] == [1.0]
    assert trainer._metrics["train"]["forwarded/tokens"] == [0.5]  # 3 + 5 of 7 + 9 columns


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_a_batch_without_signal_costs_two_tokens_and_moves_nothing(trainer_of, loss_type):
    trainer = trainer_of(loss_type=loss_type)
    batch = random_batch([0.0] * 8)

    loss, gradients = loss_and_gradients(trainer, EfficientGRPOTrainer._compute_loss, batch)

    assert loss == 0.0
    assert set(gradients) == {name for name, _ in trainer.model.named_parameters()}
    assert all(gradient.abs().max() == 0.0 for gradient in gradients.values())
    assert trainer._metrics["train"]["forwarded/tokens"] == [2 / (8 * 16)]


def test_metrics_of_place_holders_are_not_reported(trainer_of):
    trainer = trainer_of(loss_type="dapo")
    loss_and_gradients(trainer, EfficientGRPOTrainer._compute_loss, random_batch([0.0] * 4))
    logs: dict[str, float] = {}

    trainer.log(logs)

    assert logs["entropy"] is None
    assert logs["clip_ratio/region_mean"] is None


def test_widths_stay_multiples_when_asked_for(trainer_of):
    trainer = trainer_of(loss_type="grpo", pad_to_multiple_of=4)
    batch = random_batch([1.0, 0.0])
    batch["prompt_mask"][:, :6] = 0  # one token: four columns
    batch["completion_mask"][:, 5:] = 0  # at most five tokens: eight columns
    batch["completion_mask"][:, :5] = 1

    assert_same_gradients(trainer, batch)
    assert trainer._metrics["train"]["forwarded/tokens"] == [8 / 32]  # 1 + 5 tokens, in one sequence
    trainer._shares_prompts = False
    assert_same_gradients(trainer, batch)
    assert trainer._metrics["train"]["forwarded/tokens"] == [12 / 32]


def test_a_model_with_absolute_positions_keeps_its_prompts_padding(trainer_of):
    trainer = trainer_of(loss_type="grpo")
    trainer._cuts_prompts = trainer._shares_prompts = False  # as they are set for such a model
    batch = random_batch([1.0, 0.0])
    batch["completion_mask"][0] = 1

    loss_and_gradients(trainer, EfficientGRPOTrainer._compute_loss, batch)

    assert trainer._metrics["train"]["forwarded/tokens"] == [0.5]


def test_a_batch_with_an_unknown_key_is_forwarded_whole(trainer_of):
    trainer = trainer_of(loss_type="grpo")

    assert_same_gradients(trainer, random_batch([1.0, 0.0, 0.0, 0.0], new_in_trl=torch.ones(4)))
    assert trainer._metrics["train"]["forwarded/rows"] == [1.0]


def test_evaluation_takes_trls_path(trainer_of):
    trainer = trainer_of(loss_type="grpo")
    trainer.model.eval()
    trainer._metrics["eval"].clear()

    trainer._compute_loss(trainer.model, random_batch([1.0, 0.0]))

    assert "forwarded/rows" not in trainer._metrics["eval"]
    assert "forwarded/rows" not in trainer._metrics["train"]


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"beta": 0.1}, "beta is 0.1"),
        ({"entropy_coef": 0.01}, "entropy bonus"),
        ({"use_adaptive_entropy": True}, "entropy bonus"),
        ({"top_entropy_quantile": 0.5}, "top_entropy_quantile"),
    ],
)
def test_terms_that_do_not_vanish_send_every_row_through_and_say_so(trainer_of, caplog, settings, word):
    trainer = trainer_of(**settings)
    batch = random_batch([1.0, 0.0, 0.0, 0.0], ref_per_token_logps=torch.full((4, 9), -3.0))

    assert_same_gradients(trainer, batch)
    assert "forwarded/rows" not in trainer._metrics["train"]
    said = [record.getMessage() for record in caplog.records if record.name == "trl_rlvr.training.grpo"]
    assert len(said) == 1
    assert word in said[0]


def test_skipping_can_be_switched_off_in_silence(tmp_path, caplog):
    trainer = EfficientGRPOTrainer(
        model=tiny_llama(tmp_path),
        reward_funcs=spread,
        args=grpo_config(tmp_path, beta=0.1),
        train_dataset=problems(2, 2),
        processing_class=tiny_tokenizer(),
        skip_zero_gradient=False,
    )

    assert not trainer._skips_rows
    assert not [record for record in caplog.records if record.name == "trl_rlvr.training.grpo"]
