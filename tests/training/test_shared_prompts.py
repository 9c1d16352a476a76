"""Completions that share their prompt in one sequence, beside `GRPOTrainer`, which forwards it with each of them."""

import pytest
import torch
from tiny_policy import (
    CHARACTERS,
    assert_gradients_close,
    grpo_config,
    loss_and_gradients,
    problems,
    spread,
    tiny_llama,
    tiny_tokenizer,
)
from transformers import AutoConfig, AutoModelForCausalLM
from trl import GRPOTrainer

from trl_rlvr.training.grpo import SUPPORTED_LOSS_TYPES, EfficientGRPOTrainer
from trl_rlvr.training.known_models import PACKED_FAMILIES
from trl_rlvr.training.shared_prompts import PackedRows

PROMPTS, COMPLETIONS = 7, 9
"""Widths of the two halves of a batch."""


def trainer_with(model, folder, **settings):
    arguments = {name: settings.pop(name) for name in ("share_prompts", "peft_config") if name in settings}
    trainer = EfficientGRPOTrainer(
        model=model,
        reward_funcs=spread,
        args=grpo_config(folder, **settings),
        train_dataset=problems(2, 2),
        processing_class=tiny_tokenizer(),
        **arguments,
    )
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()
    return trainer


def random_model(kind, **changes):
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        kind,
        vocab_size=len(CHARACTERS),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=64,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
        initializer_range=0.3,
        **changes,
    )
    return AutoModelForCausalLM.from_config(config)


def group_batch(groups, lengths=None, seed=0):
    """Rows of which those with the same number in `groups` have the same prompt."""
    torch.manual_seed(seed)
    prompt_length = torch.randint(1, PROMPTS + 1, (max(groups) + 1, 1))
    prompt_mask = (torch.arange(PROMPTS) >= PROMPTS - prompt_length).long()
    prompts = torch.randint(0, len(CHARACTERS), prompt_mask.shape) * prompt_mask
    length = torch.randint(2, COMPLETIONS + 1, (len(groups),)) if lengths is None else torch.tensor(lengths)
    completion_mask = (torch.arange(COMPLETIONS) < length.unsqueeze(1)).long()
    return {
        "prompt_ids": prompts[groups],
        "prompt_mask": prompt_mask[groups],
        "completion_ids": torch.randint(0, len(CHARACTERS), completion_mask.shape) * completion_mask,
        "completion_mask": completion_mask,
        "advantages": torch.linspace(-1.0, 1.0, len(groups)),
        "num_items_in_batch": completion_mask.sum() * 2,
    }


def scored(compute, trainer, batch, **options):
    ids, mask = (torch.cat([batch[f"prompt_{half}"], batch[f"completion_{half}"]], dim=1) for half in ("ids", "mask"))
    logps, entropies, _ = compute(trainer, trainer.model, ids, mask, COMPLETIONS, compute_entropy=True, **options)
    return logps, entropies


def assert_scored_alike(trainer, batch, **options):
    got = scored(EfficientGRPOTrainer._get_per_token_logps_and_entropies, trainer, batch, **options)
    expected = scored(GRPOTrainer._get_per_token_logps_and_entropies, trainer, batch, **options)

    for ours, theirs in zip(got, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def widths_of(trainer):
    """Return the list to which each forward pass of the trainer's model adds the shape of its input."""
    shapes = []
    trainer.model.get_input_embeddings().register_forward_pre_hook(
        lambda _, given: shapes.append(tuple(given[0].shape))
    )
    return shapes


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("kind", sorted(PACKED_FAMILIES))
def test_each_known_kind_of_model_gives_the_same_figures(tmp_path, kind, attention):
    changes = {"sliding_window": None} if kind in ("mistral", "phi3") else {}
    trainer = trainer_with(random_model(kind, attn_implementation=attention, **changes), tmp_path)
    shapes = widths_of(trainer)

    assert_scored_alike(trainer, group_batch([0, 0, 1, 1, 2, 2, 2, 0]))

    packed, plain = shapes
    assert packed[0] == 3
    assert plain == (8, PROMPTS + COMPLETIONS)


@pytest.mark.parametrize("loss_type", sorted(SUPPORTED_LOSS_TYPES))
def test_every_gradient_is_the_same_for_each_loss_type(tmp_path, loss_type):
    trainer = trainer_with(tiny_llama(tmp_path), tmp_path, loss_type=loss_type)
    batch = group_batch([0, 0, 0, 0, 1, 1, 1, 1])
    batch["advantages"][2] = 0.0

    loss, got = loss_and_gradients(trainer, EfficientGRPOTrainer._compute_loss, batch)
    assert trainer._metrics["train"]["forwarded/tokens"][0] < 0.8
    trainer._shares_prompts = False
    expected_loss, expected = loss_and_gradients(trainer, GRPOTrainer._compute_loss, batch)

    torch.testing.assert_close(loss, expected_loss, rtol=1e-4, atol=1e-6)
    assert_gradients_close(got, expected)


def test_log_probabilities_of_the_policy_that_sampled_are_computed_part_by_part(tmp_path):
    trainer = trainer_with(tiny_llama(tmp_path), tmp_path)

    assert_scored_alike(trainer, group_batch([0, 0, 0, 1, 1, 1, 1]), batch_size=3)


def test_an_adapter_and_checkpointing_of_activations_change_nothing(tmp_path):
    from peft import LoraConfig

    adapter = LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False)
    trainer = trainer_with(tiny_llama(tmp_path), tmp_path, peft_config=adapter, gradient_checkpointing=True)
    batch = group_batch([0, 0, 0, 1, 1, 1])

    _, got = loss_and_gradients(trainer, EfficientGRPOTrainer._compute_loss, batch)
    trainer._shares_prompts = False
    _, expected = loss_and_gradients(trainer, GRPOTrainer._compute_loss, batch)

    assert expected
    assert_gradients_close(got, expected)


@pytest.mark.parametrize(
    "lengths", [[0, 0, 0], [0, 3, 0], [COMPLETIONS] * 3, [1, 0, COMPLETIONS]], ids=["none", "one", "full", "mixed"]
)
def test_completions_of_any_length_share_a_prompt(tmp_path, lengths):
    trainer = trainer_with(tiny_llama(tmp_path), tmp_path)

    assert_scored_alike(trainer, group_batch([0, 0, 0], lengths, seed=1))


def test_prompts_that_differ_in_their_padding_only_are_not_taken_for_one(tmp_path):
    trainer = trainer_with(tiny_llama(tmp_path), tmp_path)
    batch = group_batch([0, 0, 0, 0])
    batch["prompt_mask"][:] = 1
    batch["prompt_ids"][:, 0] = 0  # an honest token of the number that pads
    batch["prompt_mask"][2:, 0] = 0

    assert_scored_alike(trainer, batch)
    assert len(PackedRows.of(*(batch[key] for key in list(batch)[:4])).ids) == 2


def test_a_batch_that_would_not_shrink_is_forwarded_as_it_is(tmp_path):
    trainer = trainer_with(tiny_llama(tmp_path), tmp_path)
    shapes = widths_of(trainer)

    batch = group_batch([0, 1, 2, 3], [COMPLETIONS] * 4)
    batch["prompt_mask"][:] = 1

    assert_scored_alike(trainer, batch)

    assert shapes == [(4, PROMPTS + COMPLETIONS)] * 2


def test_completions_whose_attention_would_cost_more_stay_apart(tmp_path):
    trainer = trainer_with(tiny_llama(tmp_path), tmp_path)
    shapes = widths_of(trainer)
    batch = group_batch([0] * 16, [COMPLETIONS] * 16)

    assert_scored_alike(trainer, batch)

    assert shapes[0] == shapes[1]
    assert PackedRows.of(*(batch[key] for key in list(batch)[:4])).ids.numel() < 16 * (PROMPTS + COMPLETIONS)


def test_a_completion_does_not_see_its_siblings(tmp_path):
    trainer = trainer_with(tiny_llama(tmp_path), tmp_path)
    batch = group_batch([0, 0, 0, 0])
    before, _ = scored(EfficientGRPOTrainer._get_per_token_logps_and_entropies, trainer, batch)
    batch["completion_ids"][0] = (batch["completion_ids"][0] + 1) % len(CHARACTERS)

    after, _ = scored(EfficientGRPOTrainer._get_per_token_logps_and_entropies, trainer, batch)

    assert not torch.equal(after[0], before[0])
    torch.testing.assert_close(after[1:], before[1:], rtol=0, atol=0)


def test_the_width_stays_a_multiple_when_asked_for(tmp_path):
    trainer = trainer_with(tiny_llama(tmp_path), tmp_path, pad_to_multiple_of=8)
    shapes = widths_of(trainer)

    assert_scored_alike(trainer, group_batch([0, 0, 0, 0], [5, 5, 5, 6]))

    assert shapes[0][0] == 1
    assert shapes[0][1] % 8 == 0


@pytest.mark.parametrize(
    ("model", "word"),
    [
        (lambda: random_model("mistral", sliding_window=4), "sliding window"),
        (lambda: random_model("gemma2", head_dim=8), "'gemma2' is not one of"),
        (lambda: random_model("llama", attn_implementation="flex_attention"), "'flex_attention'"),
    ],
)
def test_what_is_not_known_is_forwarded_as_trl_does_and_said(tmp_path, caplog, model, word):
    trainer = trainer_with(model(), tmp_path)

    assert not trainer._shares_prompts
    said = [record.getMessage() for record in caplog.records if record.name == "trl_rlvr.training.grpo"]
    assert len(said) == 1
    assert word in said[0]


def test_sharing_can_be_switched_off(tmp_path, caplog):
    trainer = trainer_with(tiny_llama(tmp_path), tmp_path, share_prompts=False)
    shapes = widths_of(trainer)

    scored(EfficientGRPOTrainer._get_per_token_logps_and_entropies, trainer, group_batch([0, 0, 0, 0]))

    assert shapes == [(4, PROMPTS + COMPLETIONS)]
    assert not [record for record in caplog.records if record.name == "trl_rlvr.training.grpo"]
