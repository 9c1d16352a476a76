"""Every decoder family that can be built tiny, with our trainer's faster paths and without them."""

import pytest
import torch
from test_generation import prompts, settings
from tiny_decoders import FAMILIES, CannotBuildError, tiny_decoder
from tiny_policy import grpo_config, loss_and_gradients, problems, spread, tiny_tokenizer
from transformers import LlamaForCausalLM
from trl import GRPOTrainer

from trl_rlvr.training.generation import CompactGenerate
from trl_rlvr.training.grpo import EfficientGRPOTrainer
from trl_rlvr.training.known_models import (
    KNOWN_FAMILIES,
    PACKED_FAMILIES,
    reason_against_regrouping,
    reason_against_skipping,
)

YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "rope_theta": 10000.0}
VARIANTS = {
    "llama eager": ("llama", {"attn_implementation": "eager"}),
    "llama with bias": ("llama", {"attention_bias": True, "mlp_bias": True}),
    "llama tied": ("llama", {"tie_word_embeddings": True}),
    "llama linear": ("llama", {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}}),
    "llama yarn": ("llama", {"rope_parameters": YARN}),
    "llama3": (
        "llama",
        {
            "rope_parameters": {
                **YARN,
                "rope_type": "llama3",
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
            }
        },
    ),
    "llama dynamic": (
        "llama",
        {
            "max_position_embeddings": 8,
            "rope_parameters": {"rope_type": "dynamic", "factor": 4.0, "rope_theta": 10000.0},
        },
    ),
    "phi3 longrope": (
        "phi3",
        {
            "sliding_window": None,
            "original_max_position_embeddings": 16,
            "rope_parameters": {
                "rope_type": "longrope",
                "rope_theta": 10000.0,
                "factor": 4.0,
                "short_factor": [1.0] * 4,
                "long_factor": [4.0] * 4,
                "original_max_position_embeddings": 16,
            },
        },
    ),
    "phi3 partial": ("phi3", {"sliding_window": None, "partial_rotary_factor": 0.5}),
    "mistral full": ("mistral", {"sliding_window": None}),
    "mixtral full": ("mixtral", {"sliding_window": None}),
    "qwen2 sliding": ("qwen2", {"use_sliding_window": True, "max_window_layers": 1}),
    "gemma3 full": ("gemma3_text", {"layer_types": ["full_attention"] * 2}),
    "gemma3 both ways": ("gemma3_text", {"layer_types": ["full_attention"] * 2, "use_bidirectional_attention": True}),
    "falcon alibi": ("falcon", {"alibi": True}),
    "granite hybrid without rope": ("granitemoehybrid", {"position_embedding_type": "nope"}),
    "ministral3 scaled": (
        "ministral3",
        {"rope_parameters": {**YARN, "original_max_position_embeddings": 4, "llama_4_scaling_beta": 1.0}},
    ),
}
CASES = {**{family: (family, {}) for family in FAMILIES}, **VARIANTS}
UNKNOWN_VARIANTS = {"llama dynamic", "phi3 longrope", "gemma3 both ways", "ministral3 scaled"}
KNOWN = KNOWN_FAMILIES | {"gpt-sw3"} | VARIANTS.keys() - UNKNOWN_VARIANTS


def padded_batch():
    """Two groups of four rows, some without signal, with padding on both sides of all rows."""
    torch.manual_seed(0)
    prompt_width, width = 12, 9
    prompt_mask = (torch.arange(prompt_width) >= prompt_width - torch.tensor([[4], [7]])).long()
    completion_mask = (torch.arange(width) < torch.tensor([[3], [6], [2], [5], [6], [1], [4], [6]])).long()
    groups = [0, 0, 0, 0, 1, 1, 1, 1]
    return {
        "prompt_ids": (torch.randint(2, 32, (2, prompt_width)) * prompt_mask)[groups],
        "prompt_mask": prompt_mask[groups],
        "completion_ids": torch.randint(2, 32, (8, width)) * completion_mask,
        "completion_mask": completion_mask,
        "advantages": torch.tensor([1.0, -0.5, 0.0, -0.5, 0.0, 0.0, 0.7, -0.7]),
        "num_items_in_batch": completion_mask.sum() * 2,
        "old_per_token_logps": -3.4 + 0.5 * torch.randn(8, width),
    }


def built(name):
    family, changes = CASES[name]
    try:
        return tiny_decoder(family, **changes)
    except CannotBuildError as reason:
        if family in KNOWN_FAMILIES:
            raise
        pytest.skip(str(reason))


def trainer_of(model, folder, **options):
    trainer = EfficientGRPOTrainer(
        model=model,
        reward_funcs=spread,
        args=grpo_config(folder),
        train_dataset=problems(2, 2),
        processing_class=tiny_tokenizer(),
        **options,
    )
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()
    return trainer


def forwarded(trainer):
    """Return the share of cells that the last loss forwarded; 1 where nobody counted."""
    return trainer._metrics["train"].get("forwarded/tokens", [1.0])[0]


def assert_same_gradients(trainer, batch):
    """Compare, and return the share of cells that ours forwarded. Ours is first: some models remember widths."""
    loss, got = loss_and_gradients(trainer, EfficientGRPOTrainer._compute_loss, batch)
    share = forwarded(trainer)
    trainer._shares_prompts = False
    expected_loss, expected = loss_and_gradients(trainer, GRPOTrainer._compute_loss, batch)
    torch.testing.assert_close(loss, expected_loss, rtol=1e-4, atol=1e-6)
    largest = max(float(gradient.abs().max()) for gradient in expected.values())
    assert largest > 1e-3
    for parameter, gradient in expected.items():
        rounding = max(2e-5 * float(gradient.abs().max()), 1e-7 * largest)
        torch.testing.assert_close(got[parameter], gradient, rtol=1e-4, atol=rounding, msg=f"{parameter}: {{}}".format)
    return share


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_trl_for_each_family(tmp_path, name):
    trainer = trainer_of(built(name), tmp_path)
    if name not in KNOWN:
        skip_if_trl_cannot_train(trainer)

    share = assert_same_gradients(trainer, padded_batch())

    assert (share < 0.7) == (name in KNOWN)


def skip_if_trl_cannot_train(trainer):
    try:
        loss, _ = loss_and_gradients(trainer, GRPOTrainer._compute_loss, padded_batch())
    except Exception as error:  # whatever happens in TRL on a family that it was not made for
        pytest.skip(f"TRL cannot train it: {error!r}")
    if not loss.isfinite():
        pytest.skip("its loss is not a number")


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_greedy_tokens_are_those_of_generate_for_each_family(name, caplog):
    model = built(name).eval()
    given, config = prompts(3, 9, 6, 1, 12, copies=3), settings(range(1, 8))

    expected = model.generate(**given, generation_config=config)
    got = CompactGenerate(model)(**given, generation_config=config)

    assert torch.equal(got, expected)
    said = [record for record in caplog.records if record.name == "trl_rlvr.training.generation"]
    assert bool(said) == bool(reason_against_regrouping(model))


@pytest.mark.parametrize("name", sorted(UNKNOWN_VARIANTS))
def test_variants_that_look_at_the_whole_batch_are_generated_by_generate(name):
    assert reason_against_regrouping(built(name))


def test_the_families_that_most_people_train_are_generated_compactly():
    for family in PACKED_FAMILIES - {"mistral", "phi3"}:
        assert reason_against_regrouping(built(family)) is None


class Altered(LlamaForCausalLM):
    """Somebody's own class, which may look at anything."""


def with_rope(**changes):
    model = tiny_decoder("llama")
    model.config.rope_parameters = {**model.config.rope_parameters, **changes}
    return model


def with_attention(name):
    model = tiny_decoder("llama")
    model.config._attn_implementation = name
    return model


@pytest.mark.parametrize(
    ("model", "word"),
    [
        (lambda: Altered(tiny_decoder("llama").config), "Altered is not a class of transformers"),
        (lambda: with_rope(llama_4_scaling_beta=0.1), "'llama_4_scaling_beta'"),
        (lambda: with_rope(rope_type="new"), "'new'"),
        (lambda: with_attention("flex_attention"), "'flex_attention'"),
        (lambda: tiny_decoder("xglm"), "'xglm' is not among the"),
    ],
)
def test_what_was_not_compared_is_not_known(model, word):
    reason = reason_against_skipping(model())

    assert word in reason
