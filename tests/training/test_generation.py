"""Compact generation: the tokens of `generate`, from fewer rows."""

import logging

import pytest
import torch
from peft import LoraConfig, get_peft_model
from tiny_policy import grpo_config, problems, spread, tiny_llama, tiny_tokenizer
from transformers import GenerationConfig, MistralConfig, MistralForCausalLM

from trl_rlvr.training.generation import CompactGenerate
from trl_rlvr.training.grpo import EfficientGRPOTrainer

TOKENS = 24


@pytest.fixture
def model(tmp_path):
    return tiny_llama(tmp_path).eval()


def prompts(*lengths, copies=1):
    """Random prompts of these lengths, each `copies` times, padded on the left."""
    torch.manual_seed(5)
    rows = [torch.randint(2, 32, (length,)) for length in lengths]
    rows = [row for row in rows for _ in range(copies)]
    width = max(lengths)
    ids = torch.stack([torch.cat([torch.zeros(width - len(row), dtype=torch.long), row]) for row in rows])
    mask = torch.stack([(torch.arange(width) >= width - len(row)).long() for row in rows])
    return {"input_ids": ids, "attention_mask": mask}


def settings(ends=(1,), tokens=TOKENS, **changes):
    greedy = {"do_sample": False, "max_new_tokens": tokens, "eos_token_id": list(ends), "pad_token_id": 0}
    return GenerationConfig(**{**greedy, **changes})


def assert_like_generate(model, given, config):
    expected = model.generate(**given, generation_config=config)

    got = CompactGenerate(model)(**given, generation_config=config)

    assert torch.equal(got, expected)
    return got


ALL_ENDS = range(1, 32)


@pytest.mark.parametrize("ends", [[], [1], [3, 9, 17, 25], list(ALL_ENDS)])
@pytest.mark.parametrize("copies", [1, 3])
def test_greedy_tokens_are_those_of_generate(model, ends, copies):
    assert_like_generate(model, prompts(3, 7, 12, 1, 5, 9, 2, 8, copies=copies), settings(ends or [31]))


def test_rows_of_a_real_mixture_end_at_different_times(model):
    given = prompts(3, 7, 12, 1, 5, 9, 2, 8)
    got = assert_like_generate(model, given, settings([3, 9, 17, 25]))

    lengths = (got[:, given["input_ids"].shape[1] :] != 0).sum(dim=1)

    assert len(set(lengths.tolist())) > 2


@pytest.mark.parametrize("lengths", [(1,), (1, 1, 1), (6,)])
def test_few_and_short_prompts_are_as_good_as_many(model, lengths):
    assert_like_generate(model, prompts(*lengths, copies=2), settings([3, 9]))


def test_an_end_token_in_the_prompt_ends_nothing(model):
    given = prompts(6, 4, copies=2)
    given["input_ids"][:, -2] = 9

    assert_like_generate(model, given, settings([9]))


def test_prompts_that_differ_only_in_their_padding_are_not_mistaken_for_one(model):
    ids = torch.tensor([[0, 0, 5, 6], [0, 0, 5, 6]])
    given = {"input_ids": ids, "attention_mask": torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]])}

    got = assert_like_generate(model, given, settings([31]))

    assert not torch.equal(got[0], got[1])


def test_an_adapter_is_part_of_the_policy(model):
    adapted = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")).eval()
    before = CompactGenerate(adapted)(**prompts(3, 5, copies=2), generation_config=settings())
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight)

    got = assert_like_generate(adapted, prompts(3, 5, copies=2), settings())

    assert not torch.equal(got, before)


def count_rows(model, generate, given, config):
    """Return how many rows went through the model, and how many tokens of them."""
    counted = [0, 0]

    def hook(module, args, kwargs):
        counted[0] += kwargs["input_ids"].shape[0]
        counted[1] += kwargs["input_ids"].numel()

    handle = model.register_forward_pre_hook(hook, with_kwargs=True)
    generate(**given, generation_config=config)
    handle.remove()
    return counted


def test_ended_rows_are_not_computed(model):
    given, config = prompts(3, 7, 12, 1, 5, 9, 2, 8), settings([3, 9, 17, 25])

    plain, _ = count_rows(model, model.generate, given, config)
    ours, _ = count_rows(model, CompactGenerate(model), given, config)

    assert ours < 0.8 * plain


def test_copies_of_a_prompt_are_read_once(model):
    given, config = prompts(20, 30, copies=4), settings(tokens=1)

    plain = count_rows(model, model.generate, given, config)
    ours = count_rows(model, CompactGenerate(model), given, config)

    assert plain == [8, 8 * 30]
    assert ours == [2 + 8, 2 * 30 + 8]  # the two prompts, then the last token of each copy


@pytest.mark.parametrize("copies", [1, 3])
def test_a_frozen_head_is_not_copied_for_each_row(model, copies):
    model.requires_grad_(False)
    contiguous = []
    model.lm_head.register_forward_hook(lambda head, states, scores: contiguous.append(states[0].is_contiguous()))

    assert_like_generate(model, prompts(3, 7, 12, copies=copies), settings())

    assert contiguous.count(False) == 1  # where `generate` itself, called first, reads the prompts
    assert not contiguous[0]


def test_samples_have_the_shares_of_generate(model):
    given, config = prompts(4, copies=4000), settings([3, 9, 17, 25], tokens=3, do_sample=True, temperature=0.7)
    torch.manual_seed(0)

    shares = [
        torch.bincount(generate(**given, generation_config=config)[:, 4:].reshape(-1), minlength=32) / 12000
        for generate in (model.generate, CompactGenerate(model))
    ]

    assert 0.5 * float((shares[0] - shares[1]).abs().sum()) < 0.03


def test_the_same_seed_samples_the_same(model):
    given, config = prompts(3, 7, copies=4), settings([3, 9], do_sample=True)
    found = []
    for _ in range(2):
        torch.manual_seed(7)
        found.append(CompactGenerate(model)(**given, generation_config=config))

    assert torch.equal(found[0], found[1])


UNKNOWN = [
    {"min_new_tokens": 5},
    {"min_length": 9},
    {"no_repeat_ngram_size": 2},
    {"num_beams": 2},
    {"num_return_sequences": 2, "do_sample": True},
    {"cache_implementation": "static"},
    {"use_cache": False},
    {"exponential_decay_length_penalty": (2, 1.5)},
    {"begin_suppress_tokens": [7, 8, 9]},
    {"guidance_scale": 1.5},
    {"forced_eos_token_id": 3},
    {"forced_bos_token_id": 4},
    {"bad_words_ids": [[5, 6]]},
    {"sequence_bias": [[[5], 2.0]]},
    {"max_time": 60.0},
    {"encoder_repetition_penalty": 1.3},
    {"typical_p": 0.9, "do_sample": True},
    {"renormalize_logits": True},
    {"remove_invalid_values": True},
    {"watermarking_config": {"bias": 4.0, "seeding_scheme": "lefthash"}, "do_sample": True},
    {"prompt_lookup_num_tokens": 3},
    {"prefill_chunk_size": 2},
    {"return_dict_in_generate": True},
    {"an_option_of_tomorrow": 1},
]


def sampled(generate, given, config):
    """Return what it answers or raises, from the same random state; some settings change the form of the answer."""
    torch.manual_seed(1)
    try:
        answer = generate(**given, generation_config=config)
    except (ValueError, TypeError) as error:
        return str(error)
    return getattr(answer, "sequences", answer).tolist()


@pytest.mark.parametrize("changes", UNKNOWN, ids=lambda changes: next(iter(changes)))
@pytest.mark.parametrize("where", ["given", "of the model"])
def test_settings_not_known_to_look_at_one_row_are_left_to_generate(model, caplog, changes, where):
    given, name = prompts(3, 7, copies=2), next(iter(changes))
    if where == "of the model":
        setattr(model.generation_config, name, getattr(GenerationConfig(**changes), name))
        changes = {other: value for other, value in changes.items() if other != name}
    config = settings([3, 9, 17, 25], **changes)

    generate = CompactGenerate(model)
    with caplog.at_level(logging.WARNING, "trl_rlvr"):
        got = [sampled(generate, given, config) for _ in range(2)]

    assert got[0] == got[1] == sampled(model.generate, given, config)
    said = [record.getMessage() for record in caplog.records if record.name == "trl_rlvr.training.generation"]
    assert [name in text for text in said] == [True]


@pytest.mark.parametrize(
    "changes",
    [
        {"repetition_penalty": 1.3},
        {"suppress_tokens": [5, 6]},
        {"temperature": 0.6, "top_p": 0.9, "top_k": 20},
        {"max_length": 20, "bos_token_id": 2},
        {"eos_token_id": [3, 9, 17, 25], "pad_token_id": 0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_settings_of_the_model_that_look_at_one_row_are_followed(model, caplog, changes):
    model.generation_config = GenerationConfig(**{"eos_token_id": [3, 9], "pad_token_id": 0, **changes})
    config = GenerationConfig(max_new_tokens=TOKENS, do_sample=False, disable_compile=True)
    given = prompts(3, 7, 12, 1, copies=2)

    expected, _ = model.generate(**given, generation_config=config), caplog.clear()
    got = CompactGenerate(model)(**given, generation_config=config)

    assert torch.equal(got, expected)
    assert not [record for record in caplog.records if record.name == "trl_rlvr.training.generation"]


def test_a_generate_that_somebody_replaced_is_called_as_it_is(model, caplog):
    stock = model.generate
    model.generate = lambda **given: stock(**given)

    assert_like_generate(model, prompts(3, 7, copies=2), settings([3]))

    assert "a generate of its own" in caplog.text


def test_a_second_trainer_of_a_model_generates_compactly_too(model, caplog):
    given, config = prompts(3, 7, copies=2), settings([3, 9])
    expected = model.generate(**given, generation_config=config)
    model.generate = CompactGenerate(model)

    got = CompactGenerate(model)(**given, generation_config=config)

    assert torch.equal(got, expected)
    assert not [record for record in caplog.records if record.name == "trl_rlvr.training.generation"]


def test_a_cache_that_cannot_be_taken_apart_is_left_alone(caplog):
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    model = MistralForCausalLM(MistralConfig(vocab_size=32, num_key_value_heads=2, sliding_window=4, **sizes)).eval()

    assert_like_generate(model, prompts(3, 7, copies=2), settings([3]))

    assert "cannot be taken apart" in caplog.text


def test_other_inputs_are_left_to_generate(model, caplog):
    given = prompts(3, 7)

    got = CompactGenerate(model)(**given, max_new_tokens=4, do_sample=False)

    assert torch.equal(got, model.generate(**given, max_new_tokens=4, do_sample=False))
    assert "max_new_tokens" in caplog.text


def trainer(folder, **options):
    return EfficientGRPOTrainer(
        model=tiny_llama(folder),
        reward_funcs=spread,
        args=grpo_config(folder, max_completion_length=20),
        train_dataset=problems(4, 4),
        processing_class=tiny_tokenizer(),
        peft_config=LoraConfig(r=4, target_modules="all-linear"),
        **options,
    )


@pytest.mark.parametrize("compact", [True, False])
def test_a_run_generates_compactly_unless_told_otherwise(tmp_path, compact):
    one, rows = trainer(tmp_path, compact_generation=compact), set()

    def hook(module, args, kwargs):
        if (kwargs.get("past_key_values") or kwargs.get("cache")) is not None:  # else it is an update, not generation
            rows.add(len(kwargs["input_ids"]))

    one.model.get_base_model().register_forward_pre_hook(hook, with_kwargs=True)
    one.train()

    assert (min(rows) < 8) == compact
    assert max(rows) == 8
    assert all(0 < row["completions/mean_length"] <= 20 for row in one.state.log_history[:-1])
