"""Completions that end at the closing fence of their code."""

import pytest
from datasets import Dataset
from tiny_policy import grpo_config, tiny_llama, tiny_tokenizer
from trl import GRPOTrainer

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.sampling import Sampler
from trl_rlvr.training.stopping import fence_ids, stop_trainer_at, stop_vllm_at

FENCE = 9  # any token of the tiny tokenizer, taken for a fence


class Vocabulary:
    """A tokenizer of whole texts."""

    def __init__(self, *texts):
        self._texts = texts

    def __len__(self):
        return len(self._texts)

    def batch_decode(self, rows):
        return [self._texts[token] for (token,) in rows]


def test_every_token_that_begins_a_fence_is_found():
    assert fence_ids(Vocabulary("a", "```", "`", "\n```", "```\n", "x```", "``")) == [1, 3, 4]


def test_a_tokenizer_that_has_none_is_refused_with_the_way_out():
    with pytest.raises(ConfigError, match="no token for a code fence; use data_prompt_style chat or completion"):
        fence_ids(Vocabulary("a", "`", "``"))


@pytest.fixture
def trainer(tmp_path):
    return GRPOTrainer(
        model=tiny_llama(tmp_path),
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=grpo_config(tmp_path),
        train_dataset=Dataset.from_dict({"prompt": ["abc"] * 8}),
        processing_class=tiny_tokenizer(),
    )


def test_training_and_measuring_end_there(trainer):
    stop_trainer_at([FENCE], trainer)

    trained, _ = trainer._generate_single_turn(trainer._tokenize_prompts(["abc"] * 64)[0], None, {}, 1)
    fence = trainer.processing_class.decode([FENCE])
    measured = Sampler(trainer, temperature=1.0, batch_size=64, seed=0).sample(["abc"] * 64)

    assert any(row[-1] == FENCE for row in trained)
    assert all(FENCE not in row[:-1] for row in trained)
    assert any(completion.text.endswith(fence) and not completion.truncated for completion in measured)
    assert all(fence not in completion.text[:-1] for completion in measured)


def test_without_fences_nothing_changes(trainer):
    before = list(trainer.eos_token_ids)

    stop_trainer_at([], trainer)

    assert trainer.eos_token_ids == before


def test_vllm_is_told_before_it_starts(tmp_path):
    config = grpo_config(tmp_path, generation_kwargs={"seed": 1})
    config.use_vllm = True

    stop_vllm_at([FENCE], config)

    assert config.generation_kwargs == {"seed": 1, "stop_token_ids": [FENCE]}
