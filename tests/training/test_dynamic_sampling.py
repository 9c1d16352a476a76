"""The curriculum inside a real trainer: what is drawn, refilled, saved and taken up again."""

import json

import pytest
import torch
from tiny_policy import grpo_config, problems, spread, tiny_llama, tiny_tokenizer
from trl import GRPOTrainer

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.curriculum import Curriculum, CurriculumConfig
from trl_rlvr.training.dynamic_sampling import DynamicSamplingTrainer
from trl_rlvr.training.grpo import EfficientGRPOTrainer


class WatchedReward:
    """`spread`, which keeps a record and tells a curriculum that about half of the lively completions passed."""

    __name__ = "watched"

    def __init__(self, memory):
        self.memory = memory
        self.batches = []

    def __call__(self, prompts, completion_ids, task_id, **_):
        rewards = spread(prompts, completion_ids)
        pairs = zip(task_id, completion_ids, strict=True)
        self.memory.observe(task_id, [not name.startswith("flat") and sum(ids) % 2 == 0 for name, ids in pairs])
        self.batches.append(list(zip(task_id, rewards, strict=True)))
        return rewards


def long_name(prompts, **_):
    """Score completions alike but for problems with a long name."""
    return [float(row % 2) if len(prompt) > 6 else 0.0 for row, prompt in enumerate(prompts)]


def build(folder, *, flat=6, lively=6, options=None, trainer_class=EfficientGRPOTrainer, more_rewards=(), **settings):
    dataset = problems(flat, lively)
    config = CurriculumConfig(**{f"curriculum_{name}": value for name, value in (options or {}).items()})
    curriculum = Curriculum.for_dataset(config, dataset, group_size=4, seed=5)
    reward = WatchedReward(curriculum.memory)
    trainer = trainer_class(
        model=tiny_llama(folder),
        reward_funcs=[reward, *more_rewards],
        args=grpo_config(folder, **{"per_device_train_batch_size": 16, "learning_rate": 1e-3, **settings}),
        train_dataset=dataset,
        eval_dataset=problems(2, 2),
        processing_class=tiny_tokenizer(),
        curriculum=curriculum,
    )
    return trainer, reward


def logged(trainer, key):
    return [row[key] for row in trainer.state.log_history if key in row]


def test_a_curriculum_ends_up_on_the_problems_with_signal(tmp_path):
    """Flat problems are never passed: each is drawn once and rests, and only the others are drawn again."""
    options = {"focus": 2.0, "retire_after": 1, "revive_after": 99}
    trainer, reward = build(tmp_path, options=options, flat=4, lively=8, max_steps=8)

    trainer.train()

    drawn = [task_id for batch in reward.batches for task_id, _ in batch[::4]]
    assert sum(task_id.startswith("flat") for task_id in drawn) <= 4
    assert logged(trainer, "curriculum/resting")[-1] > 0
    assert trainer.curriculum.iteration == 8


def test_a_problem_is_drawn_after_what_the_batch_before_it_showed(tmp_path):
    """The dataloader reads a batch ahead; a choice that it made would come one batch late."""
    trainer, reward = build(tmp_path, options={"retire_after": 1, "revive_after": 99}, flat=8, lively=0, max_steps=2)

    trainer.train()

    first, second = ({task_id for task_id, _ in batch} for batch in reward.batches)
    assert len(first) == len(second) == 4
    assert not first & second


def test_each_group_has_one_problem_and_every_problem_its_group(tmp_path):
    trainer, reward = build(tmp_path, options={"focus": 1.0}, gradient_accumulation_steps=2, max_steps=1)

    trainer.train()

    (batch,) = reward.batches
    groups = [{task_id for task_id, _ in batch[start : start + 4]} for start in range(0, 32, 4)]
    assert all(len(group) == 1 for group in groups)
    assert len(set.union(*groups)) == 8


def test_refilling_replaces_the_groups_without_signal(tmp_path):
    trainer, reward = build(tmp_path, options={"refill_rounds": 3}, flat=6, lively=6, max_steps=1)

    trainer.train()

    groups = [reward.batches[0][start : start + 4] for start in range(0, 16, 4)]
    idle = sum(len({value for _, value in group}) == 1 for group in groups)
    assert len(reward.batches) > 1
    assert len(reward.batches[1]) == 4 * idle
    assert logged(trainer, "curriculum/refilled") == [idle / 4]
    assert logged(trainer, "forwarded/rows")[0] > 0.5
    drawn = [task_id for batch in reward.batches for task_id, _ in batch[::4]]
    assert len(drawn) == len(set(drawn))
    assert trainer.curriculum.iteration == 1
    assert set(trainer.curriculum.memory.records) == set(drawn)


def test_a_score_of_its_own_decides_about_replacing_and_is_not_trained_on(tmp_path):
    options = {"refill_rounds": 1, "filter_score": "long_name"}
    settings = {"more_rewards": [long_name], "reward_weights": [1.0, 0.0], "max_steps": 1}
    trainer, reward = build(tmp_path, options=options, flat=0, lively=12, **settings)

    trainer.train()

    first, second = reward.batches
    short = [task_id for task_id, _ in first[::4] if len(task_id) <= 6]
    assert len(second) == 4 * len(short) > 0
    lively = {task_id for task_id, _ in second if len({value for name, value in second if name == task_id}) > 1}
    assert logged(trainer, "curriculum/refilled") == [len([name for name in lively if len(name) > 6]) / 4]
    assert logged(trainer, "reward") == logged(trainer, "rewards/watched/mean")


def test_an_unknown_filter_score_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="'speed' and the rewards are \\['watched'\\]"):
        build(tmp_path, options={"refill_rounds": 1, "filter_score": "speed"})


def test_refilling_stops_after_as_many_rounds_as_allowed(tmp_path):
    trainer, reward = build(tmp_path, options={"refill_rounds": 2}, flat=30, lively=0, max_steps=1)

    trainer.train()

    assert [len(batch) for batch in reward.batches] == [16, 16, 16]
    assert logged(trainer, "curriculum/refilled") == [0.0]


@pytest.mark.parametrize("loss_type", ["dapo", "bnpo", "grpo"])
def test_a_refilled_batch_trains_like_one_that_was_sampled_so(tmp_path, loss_type):
    """GRPOTrainer's own loss on the merged batch, token count included, is what moves the weights."""
    trainer, _ = build(tmp_path, options={"refill_rounds": 3}, max_steps=1, loss_type=loss_type)
    trainer.train()
    (batch,) = trainer._buffered_inputs

    assert (batch["advantages"].view(-1) != 0).sum() >= 12
    assert batch["num_items_in_batch"] == batch["completion_mask"].sum()
    assert batch["prompt_ids"].shape == batch["prompt_mask"].shape
    assert (batch["prompt_ids"] != 0).equal(batch["prompt_mask"] == 1)
    trainer.model.train()
    plain = GRPOTrainer._compute_loss(trainer, trainer.model, dict(batch))
    torch.testing.assert_close(trainer._compute_loss(trainer.model, dict(batch)), plain, rtol=1e-4, atol=1e-6)


def test_evaluation_neither_follows_nor_feeds_the_curriculum(tmp_path):
    trainer, reward = build(tmp_path, options={"focus": 1.0}, per_device_eval_batch_size=16, flat=8, lively=0)

    trainer.evaluate()

    assert trainer.curriculum.iteration == 0
    assert trainer.curriculum.memory.records == {}
    assert {task_id for task_id, _ in reward.batches[0]} == {"flat", "flatx", "go", "goy"}


@pytest.mark.parametrize("options", [{"focus": 2.0, "retire_after": 2}, {"refill_rounds": 2}])
@pytest.mark.parametrize("epochs", [False, True])
def test_a_resumed_run_goes_on_as_the_unbroken_one(tmp_path, options, epochs):
    """With 12 problems and 3 batches an epoch the checkpoint lies inside an epoch, or at its very end."""
    settings = {"save_strategy": "steps", "save_steps": 3 if epochs else 4, "max_steps": 7, "options": options}
    unbroken, whole = build(tmp_path, **settings)
    unbroken.train()
    resumed, rest = build(tmp_path, **settings)

    resumed.train(resume_from_checkpoint=str(tmp_path / f"checkpoint-{settings['save_steps']}"))

    assert rest.batches == whole.batches[-len(rest.batches) :]
    assert len(logged(resumed, "loss")) == 7
    assert logged(resumed, "loss") == logged(unbroken, "loss")
    assert resumed.curriculum.state_dict() == unbroken.curriculum.state_dict()


def test_the_checkpoint_holds_the_state_as_json(tmp_path):
    trainer, _ = build(tmp_path, options={"focus": 1.0}, save_strategy="steps", save_steps=1, max_steps=1)

    trainer.train()

    state = json.loads((tmp_path / "checkpoint-1" / "curriculum.json").read_text())
    assert state == trainer.curriculum.state_dict()
    assert state["iteration"] == 1


def test_a_checkpoint_without_a_curriculum_is_refused(tmp_path):
    trainer, _ = build(tmp_path, options={"focus": 1.0}, save_strategy="steps", save_steps=1, max_steps=1)
    trainer.train()
    (tmp_path / "checkpoint-1" / "curriculum.json").unlink()

    with pytest.raises(ConfigError, match=r"holds no curriculum\.json"):
        build(tmp_path, options={"focus": 1.0})[0].train(resume_from_checkpoint=str(tmp_path / "checkpoint-1"))


def test_a_reward_that_reports_nothing_is_found_out(tmp_path):
    trainer, _ = build(tmp_path, options={"focus": 1.0})
    trainer.reward_funcs = [spread]

    with pytest.raises(ConfigError, match="no reward reports to the curriculum"):
        trainer.train()


def test_a_curriculum_over_other_rows_is_refused(tmp_path):
    curriculum = Curriculum(CurriculumConfig(), ["a"], [3], group_size=4)

    with pytest.raises(ConfigError, match="over 1 rows and the data set has 4"):
        DynamicSamplingTrainer(
            model=tiny_llama(tmp_path),
            reward_funcs=spread,
            args=grpo_config(tmp_path),
            train_dataset=problems(2, 2),
            processing_class=tiny_tokenizer(),
            curriculum=curriculum,
        )


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"scale_rewards": "batch"}, "scale_rewards"),
        ({"multi_objective_aggregation": "normalize_then_sum"}, "normalize_then_sum"),
    ],
)
def test_refilling_is_refused_where_advantages_hang_on_the_whole_batch(tmp_path, settings, word):
    with pytest.raises(ConfigError, match=f"curriculum_refill_rounds cannot be used: .*{word}"):
        build(tmp_path, options={"refill_rounds": 1}, **settings)


def test_without_a_curriculum_the_data_come_in_the_loaders_order(tmp_path):
    def prompts_of(trainer_class):
        seen = []

        def reward(prompts, completion_ids, **_):
            seen.append(list(prompts))
            return spread(prompts, completion_ids)

        trainer_class(
            model=tiny_llama(tmp_path),
            reward_funcs=reward,
            args=grpo_config(tmp_path, max_steps=3),
            train_dataset=problems(4, 4),
            processing_class=tiny_tokenizer(),
        ).train()
        return seen

    assert prompts_of(DynamicSamplingTrainer) == prompts_of(GRPOTrainer)
