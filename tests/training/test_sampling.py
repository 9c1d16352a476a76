"""Sampling for a measure: the trainer's tokens and stopping rules, without touching its random state."""

import pytest
import torch
from datasets import Dataset
from tiny_policy import grpo_config, tiny_llama, tiny_tokenizer
from transformers import LogitsProcessorList
from trl import GRPOTrainer

from trl_rlvr.training.generation import CompactGenerate
from trl_rlvr.training.sampling import RowDraws, Sampler, _warpers, batches, tokenize, until_end

PROMPTS = ["a", "abcdef", "ab", "abcd"]
CHATS = [[{"role": "user", "content": text}] for text in PROMPTS]
TEMPLATE = "{% for m in messages %}{{ m.content }}/{% endfor %}{% if add_generation_prompt %}a{% endif %}"


def build_trainer(folder, prompts, **changes):
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = TEMPLATE
    return GRPOTrainer(
        model=tiny_llama(folder),
        reward_funcs=lambda completions, **_: [float(len(str(text))) for text in completions],
        args=grpo_config(folder, **changes),
        train_dataset=Dataset.from_dict({"prompt": prompts * 2}),
        processing_class=tokenizer,
    )


@pytest.fixture
def trainer(tmp_path):
    return build_trainer(tmp_path, PROMPTS)


def sampler(trainer, temperature=1.0, batch_size=4):
    return Sampler(trainer, temperature=temperature, batch_size=batch_size, seed=1)


@pytest.mark.parametrize("prompts", [PROMPTS, CHATS])
def test_prompts_become_the_tokens_that_the_trainer_uses(tmp_path, prompts):
    trainer = build_trainer(tmp_path, prompts)

    assert tokenize(trainer, prompts) == [list(ids) for ids in trainer._tokenize_prompts(prompts)[0]]


def test_greedy_samples_do_not_depend_on_the_batches(trainer):
    one_by_one = sampler(trainer, temperature=0, batch_size=1).sample(PROMPTS)

    assert sampler(trainer, temperature=0, batch_size=3).sample(PROMPTS) == one_by_one


def test_the_same_seed_samples_the_same(trainer):
    assert sampler(trainer).sample(PROMPTS) == sampler(trainer).sample(PROMPTS)


def test_a_log_says_how_far_a_long_measure_is(trainer, monkeypatch, capsys):
    monkeypatch.setattr("trl_rlvr.progress._EVERY_S", 0.0)

    sampler(trainer, batch_size=2).sample(PROMPTS, label="baseline")

    assert "baseline: 2 of 4 completions\n" in capsys.readouterr().err


def test_copies_of_a_prompt_are_sampled_apart(trainer):
    assert len({completion.text for completion in sampler(trainer).sample(["abc"] * 8)}) > 1


def test_the_random_state_of_the_run_is_untouched(trainer):
    before = torch.get_rng_state()

    sampler(trainer).sample(PROMPTS)

    assert torch.equal(torch.get_rng_state(), before)


def test_a_measure_leaves_training_mode_as_it_was(trainer):
    trainer.model.train()

    sampler(trainer).sample(PROMPTS)

    assert trainer.model.training


def test_a_completion_without_an_end_token_counts_as_truncated(trainer):
    completions = sampler(trainer).sample(PROMPTS * 8)

    assert {completion.truncated for completion in completions} == {True, False}
    assert all(completion.length_tokens == 10 for completion in completions if completion.truncated)
    assert all(completion.length_tokens <= 10 for completion in completions)


@pytest.mark.parametrize(
    ("lengths", "cut"),
    [
        ([9, 8, 8, 7], [[0, 1], [2, 3]]),
        ([30, 9, 8, 4], [[0], [1, 2], [3]]),  # 9 beside 30 would be padding for the most part
        ([4, 2, 1], [[0, 1], [2]]),
        ([], []),
    ],
)
def test_a_batch_is_full_or_of_one_kind_of_length(lengths, cut):
    assert list(batches(range(len(lengths)), lengths, 2)) == cut


def test_no_prompts_are_no_completions(trainer):
    assert sampler(trainer).sample([]) == []


def test_what_ranks_sample_together_is_what_one_samples_alone(trainer, monkeypatch):
    alone = sampler(trainer, batch_size=2).sample(PROMPTS * 2)
    shares = []
    for rank in range(3):
        monkeypatch.setattr(type(trainer.accelerator), "process_index", rank)
        monkeypatch.setattr(type(trainer.accelerator), "num_processes", 3)
        shares.append(sampler(trainer, batch_size=2).sample(PROMPTS * 2))

    together = [[found for found in row if found is not None] for row in zip(*shares, strict=True)]
    assert together == [[completion] for completion in alone]


def test_a_sample_follows_from_its_key_and_not_from_the_batch_around_it(trainer):
    whole = sampler(trainer, batch_size=4).sample(PROMPTS, ["w", "x", "y", "z"])

    assert sampler(trainer, batch_size=1).sample(PROMPTS[2:], ["y", "z"]) == whole[2:]
    assert sampler(trainer, batch_size=1).sample(PROMPTS[2:], ["y", "other"])[0] == whole[2]


def drawn_tokens(scores: torch.Tensor, *draws: float) -> list[int]:
    rows = [torch.tensor([draw], dtype=torch.float64) for draw in draws]
    processor = RowDraws(rows, 0, torch.device("cpu"), LogitsProcessorList())
    return processor(torch.zeros(len(rows), 0), scores.expand(len(rows), -1)).argmax(dim=-1).tolist()


def test_draws_follow_the_models_distribution():
    draws = torch.rand(20_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    tokens = torch.tensor(drawn_tokens(torch.tensor([[0.1, 0.6, 0.3]]).log(), *draws.tolist()))

    assert torch.bincount(tokens) / 20_000 == pytest.approx([0.1, 0.6, 0.3], abs=0.02)


def test_draws_find_their_token_in_a_large_vocabulary():
    scores = torch.full((1, 1300), float("-inf"))
    scores[0, [3, 511, 512, 1200]] = torch.tensor([0.1, 0.2, 0.3, 0.4]).log()

    assert drawn_tokens(scores, 0.0, 0.05, 0.15, 0.35, 0.65, 1.0) == [3, 3, 511, 512, 1200, 1200]


def test_rows_that_have_ended_are_not_computed_and_change_no_sample(tmp_path):
    found, rows = [], []
    for compact in (True, False):
        one = build_trainer(tmp_path / str(compact), PROMPTS)
        one.model.generate = CompactGenerate(one.model) if compact else one.model.generate
        seen: list[int] = []
        hook = one.model.register_forward_pre_hook(
            lambda module, args, given, seen=seen: seen.append(len(given["input_ids"])), with_kwargs=True
        )
        found.append(sampler(one, batch_size=16).sample(PROMPTS * 4))
        hook.remove()
        rows.append(sum(seen))

    assert found[0] == found[1]
    assert rows[0] < rows[1]


@pytest.mark.parametrize(("option", "value", "kept"), [("top_k", 1, {2}), ("top_p", 0.5, {2}), ("min_p", 0.9, {2})])
def test_sampling_options_of_the_run_hold_for_the_measure(option, value, kept):
    warpers = _warpers({option: value}, 1.0)

    left = warpers(torch.zeros(1, 0, dtype=torch.long), torch.tensor([[0.2, 0.1, 0.7]]).log())

    assert set((left[0] > -1e9).nonzero()[:, 0].tolist()) == kept


@pytest.mark.parametrize(
    ("ids", "kept"), [([5, 1, 0, 0], [5, 1]), ([5, 6], [5, 6]), ([1, 5], [1]), ([5, 9, 1], [5, 9])]
)
def test_a_row_ends_behind_its_first_end_token(ids, kept):
    assert until_end(ids, [1, 9]) == kept


class Engine:
    """What `Sampler` uses of TRL's vLLM engine; answers each prompt with its temperature and the prompt itself."""

    temperature = 0.8
    synced = 0

    def sync_weights(self):
        self.synced += 1

    def generate(self, prompts, images, num_generations):
        assert (images, num_generations) == (None, 1)
        return prompts, [[int(10 * self.temperature), *ids, 1] for ids in prompts], None, None


def test_with_vllm_the_engine_samples_at_our_temperature_from_the_present_weights(trainer, monkeypatch):
    engine = Engine()
    monkeypatch.setattr(trainer, "use_vllm", True)
    monkeypatch.setattr(trainer, "vllm_generation", engine, raising=False)

    completions = sampler(trainer, temperature=0.2).sample(["b", "cd"])

    assert [completion.text for completion in completions] == ["ab", "acd"]
    assert (engine.synced, engine.temperature) == (1, 0.8)
    assert not any(completion.truncated for completion in completions)
