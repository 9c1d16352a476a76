"""The environment in TRL's own tool loop: a model that calls the tool, is told what failed, and calls it again."""

import json

import pytest
import torch
from tiny_policy import grpo_config
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOTrainer

from trl_rlvr import CodeTaskSpec
from trl_rlvr.errors import ConfigError

TESTS = ["assert add(1, 2) == 3", "assert add(20, 700) == 720"]


def call(code):
    return "<tool_call>" + json.dumps({"name": "submit", "arguments": {"code": code}}) + "</tool_call>"


WRONG, RIGHT = call("def add(a, b): return a - b"), call("def add(a, b): return a + b")
SAYS = {"first": WRONG, "again": RIGHT, WRONG: "<|im_end|>", RIGHT: "<|im_end|>"}
"""What the policy writes behind each token."""
TOKENS = ["<pad>", "<|im_end|>", "[UNK]", "turn", "first", "again", WRONG, RIGHT]
TEMPLATE = (
    "{% if tools %}{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}{% endif %}"
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}turn\n{{ message['content'] }}"
    "{% for call in message['tool_calls'] or [] %}<tool_call>{{ call['function'] | tojson }}</tool_call>{% endfor %}"
    "\n<|im_end|>\n{% else %}{{ message['content'] }}\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'turn\nagain' if messages[-1]['role'] == 'tool' else 'turn\nfirst' }}{% endif %}"
)


def tool_tokenizer():
    """One token a line, so that a policy of a few weights can write a whole call."""
    tokenizer = Tokenizer(WordLevel({token: number for number, token in enumerate(TOKENS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\n", "removed")
    found = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<|im_end|>", unk_token="[UNK]"
    )
    found.chat_template = TEMPLATE
    found.response_template = {
        "defaults": {"role": "assistant"},
        "start_anchor": "turn",
        "fields": {
            "tool_calls": {
                "open": "<tool_call>",
                "close_pattern": r"</tool_call>\s*",
                "repeats": True,
                "content": "json",
                "transform": {"type": "function", "function": "{content}"},
            },
            "content": {"close_pattern": r"<\|im_end\|>\s*", "content": "text"},
        },
    }
    return found


def following(says):
    """A Llama whose next token follows from the last one alone, near certainly."""
    size = len(TOKENS)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=size,
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
            max_position_embeddings=512,
            pad_token_id=0,
            eos_token_id=1,
            bos_token_id=None,
            tie_word_embeddings=False,
        )
    )
    with torch.no_grad():
        model.model.embed_tokens.weight.copy_(torch.eye(size, 8))
        layer = model.model.layers[0]
        for part in (layer.self_attn.o_proj, layer.mlp.down_proj):
            part.weight.zero_()
        model.lm_head.weight.zero_()
        for last, following_token in says.items():
            model.lm_head.weight[TOKENS.index(following_token), TOKENS.index(last)] = 10.0
    return model


@pytest.fixture
def task(tmp_path):
    file = tmp_path / "add.jsonl"
    file.write_text(json.dumps({"task_id": 601, "text": "Add two numbers.", "code": "", "test_list": TESTS}) + "\n")
    found = CodeTaskSpec(
        str(file),
        tokenizer=tool_tokenizer(),
        data_train_split="all",
        data_visible_tests="1",
        reward_scores=["binary"],
        refinement_turns=3,
        sandbox_workers=1,
    )
    with found.verifier:
        yield found


def test_a_model_that_calls_tools_repairs_its_code(tmp_path, task):
    seen = {}

    class Noting(GRPOTrainer):
        def _calculate_rewards(self, inputs, prompts, completions, ids):
            found = super()._calculate_rewards(inputs, prompts, completions, ids)
            seen.update(completions=completions, rewards=found, environments=list(self.environments))
            return found

    trainer = Noting(
        model=following(SAYS),
        reward_funcs=task.reward_funcs,
        args=grpo_config(
            tmp_path, per_device_train_batch_size=4, max_completion_length=64, max_tool_calling_iterations=2
        ),
        train_dataset=task.train_dataset,
        processing_class=tool_tokenizer(),
        environment_factory=task.environment_factory,
    )
    trainer.model.train()

    batch = trainer._generate_and_score_completions([trainer.train_dataset[0]] * 4)

    said = [message["content"] for message in seen["completions"][0] if message["role"] == "tool"]
    assert said == [f"A test fails:\n{TESTS[0]}\nwrong answer: got -1, expected 3", "All visible tests pass."]
    assert seen["rewards"].flatten().tolist() == [1.0] * 4
    assert [len(environment.submissions) for environment in seen["environments"]] == [2] * 4
    assert 0 < batch["tool_mask"][0].sum() < len(batch["tool_mask"][0])


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"refinement_turns": 2}, "give the tokenizer"),
        ({"tokenizer": tool_tokenizer()}, "give refinement_turns 2 or more"),
    ],
)
def test_what_an_environment_needs(given, complaint):
    with pytest.raises(ConfigError, match=complaint):
        CodeTaskSpec("starter", **given).environment_factory  # noqa: B018 - asking for it is what is tested


def test_an_option_that_only_our_trainers_know_is_refused():
    with pytest.raises(ConfigError, match="no option 'refinement_reward'"):
        CodeTaskSpec("starter", refinement_reward="best")
