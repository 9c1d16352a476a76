"""Kinds of adapter, with our trainer's faster paths and without them."""

import logging

import pytest
import torch
from peft import (
    IA3Config,
    LoHaConfig,
    LoKrConfig,
    LoraConfig,
    OFTConfig,
    PrefixTuningConfig,
    PromptEncoderConfig,
    PromptTuningConfig,
    VeraConfig,
    get_peft_model,
)
from test_generation import prompts, settings
from test_known_models import assert_same_gradients, padded_batch, trainer_of
from tiny_policy import tiny_llama

from trl_rlvr.training.generation import CompactGenerate

TARGETS = ["q_proj", "v_proj", "down_proj"]
LORA = {"r": 2, "target_modules": TARGETS, "init_lora_weights": False, "task_type": "CAUSAL_LM"}
OTHER = {"target_modules": TARGETS, "task_type": "CAUSAL_LM"}
VIRTUAL = {"num_virtual_tokens": 3, "task_type": "CAUSAL_LM"}
WEIGHTS = {
    "lora": lambda: LoraConfig(**LORA),
    "lora, all of it": lambda: LoraConfig(**{**LORA, "target_modules": "all-linear"}, use_rslora=True, lora_alpha=3),
    "dora": lambda: LoraConfig(**LORA, use_dora=True),
    "lora with bias": lambda: LoraConfig(**LORA, lora_bias=True, rank_pattern={"q_proj": 3}),
    "lora and whole modules": lambda: LoraConfig(**LORA, modules_to_save=["lm_head"]),
    "lora and tokens": lambda: LoraConfig(**LORA, trainable_token_indices=[4, 5]),
    "ia3": lambda: IA3Config(**OTHER, feedforward_modules=["down_proj"]),
    "loha": lambda: LoHaConfig(**OTHER, r=2, init_weights=False),
    "lokr": lambda: LoKrConfig(**OTHER, r=2, init_weights=False),
    "oft": lambda: OFTConfig(**OTHER, oft_block_size=4, use_cayley_neumann=False),
    "vera": lambda: VeraConfig(target_modules=["q_proj", "o_proj"], r=2, d_initial=1.0, task_type="CAUSAL_LM"),
}
OTHERS = {
    "prompt tuning": (lambda: PromptTuningConfig(**VIRTUAL), "PROMPT_TUNING"),
    "p-tuning": (lambda: PromptEncoderConfig(**VIRTUAL, encoder_hidden_size=8), "P_TUNING"),
    "prefix tuning": (lambda: PrefixTuningConfig(**VIRTUAL), "PREFIX_TUNING"),
    "activated lora": (lambda: LoraConfig(**LORA, alora_invocation_tokens=[5]), "alora_invocation_tokens"),
    "repeated layers": (lambda: LoraConfig(**LORA, layer_replication=[(0, 2), (1, 2)]), "layer_replication"),
}


@pytest.mark.parametrize("kind", WEIGHTS)
def test_adapters_of_weights_get_the_gradients_of_trl_from_fewer_tokens(tmp_path, kind):
    trainer = trainer_of(tiny_llama(tmp_path), tmp_path, peft_config=WEIGHTS[kind]())

    assert assert_same_gradients(trainer, padded_batch()) < 0.4


@pytest.mark.parametrize("kind", OTHERS)
def test_other_adapters_get_them_in_trls_way_and_are_named(tmp_path, caplog, kind):
    make, word = OTHERS[kind]
    trainer = trainer_of(tiny_llama(tmp_path), tmp_path, peft_config=make())

    assert assert_same_gradients(trainer, padded_batch()) == 1.0
    said = [record.getMessage() for record in caplog.records if record.name == "trl_rlvr.training.grpo"]
    assert len(said) == 1
    assert word in said[0]


@pytest.mark.parametrize("kind", [*WEIGHTS, *OTHERS])
def test_completions_are_those_of_generate_under_any_adapter(tmp_path, caplog, kind):
    make = WEIGHTS[kind] if kind in WEIGHTS else OTHERS[kind][0]
    model = get_peft_model(tiny_llama(tmp_path), make()).eval()
    given, config = prompts(3, 9, 6, copies=2), settings(range(1, 8))
    expected = model.generate(**given, generation_config=config)

    with caplog.at_level(logging.WARNING, "trl_rlvr"):
        got = CompactGenerate(model)(**given, generation_config=config)

    assert torch.equal(got, expected)
    assert ("as in GRPOTrainer" in caplog.text) == (kind in OTHERS)


@pytest.mark.parametrize("kind", ["prompt tuning", "p-tuning"])  # checkpointing of activations fails with prefixes
def test_an_adapter_with_virtual_tokens_trains(tmp_path, kind):
    trainer = trainer_of(tiny_llama(tmp_path), tmp_path, peft_config=OTHERS[kind][0]())

    trainer.train()

    assert trainer.state.global_step == 2
