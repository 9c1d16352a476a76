"""The embedded policy is small, writes programs that end and parse, and leaves something to learn."""

import ast
import json
from pathlib import Path

import pytest

import trl_rlvr
from trl_rlvr.training.embedded import EMBEDDED_POLICY

TEST_SPLIT = Path(trl_rlvr.__file__).parent / "data" / "starter" / "test.jsonl"


@pytest.fixture(scope="module")
def problems():
    return [json.loads(line) for line in TEST_SPLIT.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(EMBEDDED_POLICY)


@pytest.fixture(scope="module")
def model():
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(EMBEDDED_POLICY)


@pytest.fixture(scope="module")
def prompts(problems):
    return [f'"""\n{problem["text"]}\n{problem["test_list"][0]}\n"""\n' for problem in problems]


@pytest.fixture(scope="module")
def completions(model, tokenizer, prompts):
    """One sampled completion for each prompt, as token ids; generation stops by itself or after 64 tokens."""
    import torch

    torch.manual_seed(0)
    inputs = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left")
    sampled = model.generate(**inputs, do_sample=True, temperature=1.0, max_new_tokens=64)
    return [row[inputs["input_ids"].shape[1] :].tolist() for row in sampled]


@pytest.fixture(scope="module")
def programs(tokenizer, completions):
    return tokenizer.batch_decode(completions, skip_special_tokens=True)


def parses(code):
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def test_the_weights_are_at_most_five_megabytes():
    assert (EMBEDDED_POLICY / "model.safetensors").stat().st_size <= 5_000_000


def test_the_weights_are_loaded_as_float32(model):
    assert {str(parameter.dtype) for parameter in model.parameters()} == {"torch.float32"}


def test_tokenizer_model_and_generation_agree_on_the_end_and_on_padding(model, tokenizer):
    ends = {tokenizer.eos_token_id, model.config.eos_token_id, model.generation_config.eos_token_id}
    paddings = {tokenizer.pad_token_id, model.config.pad_token_id, model.generation_config.pad_token_id}

    assert (ends, paddings) == ({0}, {1})


@pytest.mark.parametrize("text", ["def f(x):\n\treturn 'é' + \"\\n\"", "  a  ==  b\r\n", "12345 naïve 你好"])
def test_the_tokenizer_gives_back_any_text(tokenizer, text):
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_every_prompt_of_the_starter_set_is_short(tokenizer, prompts):
    assert max(len(ids) for ids in tokenizer(prompts)["input_ids"]) <= 90


def test_every_reference_of_the_starter_set_fits_the_recipes_completion_length(tokenizer, problems):
    assert max(len(ids) for ids in tokenizer([problem["code"] for problem in problems])["input_ids"]) < 40


def test_completions_end_by_themselves(completions, tokenizer):
    assert sum(tokenizer.eos_token_id in ids for ids in completions) >= 0.95 * len(completions)


def test_completions_mostly_parse(programs):
    assert sum(parses(program) for program in programs) >= 0.9 * len(programs)


def test_completions_mostly_define_the_function_that_the_visible_test_calls(programs, problems):
    asked = [problem["code"].split("(")[0] + "(" for problem in problems]

    assert sum(p.startswith(name) for p, name in zip(programs, asked, strict=True)) >= 0.9 * len(programs)


def test_completions_are_mostly_not_the_reference(programs, problems):
    right = sum(program == problem["code"] for program, problem in zip(programs, problems, strict=True))

    assert 0 < right <= 0.4 * len(programs)
