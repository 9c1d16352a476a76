"""PPO beside GRPO, and each way in which a PPO can be wrong without anybody's notice."""

import itertools

import pytest
import torch
from peft import LoraConfig
from ppo_runs import figures, gradients, ppo_trainer, scored, weights
from tiny_policy import CHARACTERS, GradientLog, assert_gradients_close, grpo_config, problems, spread, tiny_llama
from tiny_policy import tiny_tokenizer as tokenizer
from trl import GRPOTrainer

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.curriculum import Curriculum, CurriculumConfig
from trl_rlvr.training.ppo import PPOTrainer
from trl_rlvr.training.ppo.config import LOSS_TYPES
from trl_rlvr.training.ppo.critic import is_critics


class GroupMean(PPOTrainer):
    """A critic that always says what the group's mean is."""

    def _sampled_values(self, batch):
        mine = slice(0, len(batch["completion_ids"]))
        means = self._scored_rewards.view(-1, self.num_generations).mean(dim=1)
        values = means.repeat_interleave(self.num_generations)[mine].unsqueeze(1).expand(batch["completion_ids"].shape)
        return values.contiguous(), torch.zeros(len(values))


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_with_the_groups_mean_as_values_the_gradients_are_those_of_grpo(tmp_path, loss_type):
    log, grpo_log = GradientLog(), GradientLog()
    settings = {"loss_type": loss_type, "gradient_accumulation_steps": 3, "num_iterations": 2, "max_steps": 4}
    ours = ppo_trainer(tmp_path, kind=GroupMean, vf_coef=0.0, callbacks=[log], **settings)
    ours.train()
    theirs = GRPOTrainer(
        model=tiny_llama(tmp_path),
        reward_funcs=spread,
        args=grpo_config(tmp_path, scale_rewards="none", **settings),
        train_dataset=problems(2, 4),
        processing_class=tokenizer(),
        callbacks=[grpo_log],
    )

    theirs.train()

    assert len(log.steps) == len(grpo_log.steps) == 4
    assert max(float(gradient.abs().max()) for gradient in grpo_log.steps[-1].values()) > 1e-3
    for got, wanted in zip(log.steps, grpo_log.steps, strict=True):
        assert all(float(gradient.abs().max()) == 0 for name, gradient in got.items() if is_critics(name))
        for name, gradient in wanted.items():
            rounding = 2e-5 * float(gradient.abs().max())
            torch.testing.assert_close(got[name], gradient, rtol=1e-4, atol=rounding, msg=f"{name}: {{}}".format)


def test_padding_with_the_end_token_hides_neither_an_end_nor_its_reward(tmp_path):
    same = tokenizer()
    same.pad_token = same.eos_token
    trainer = ppo_trainer(tmp_path, processing_class=same)

    batch = scored(trainer)

    ids, mask = batch["completion_ids"], batch["value_mask"]
    lengths = mask.sum(dim=1)
    ended = [row for row in range(8) if lengths[row] < mask.shape[1]]
    assert ended
    for row in ended:
        assert ids[row, lengths[row] - 1] == same.eos_token_id == ids[row, -1]
        assert mask[row].tolist() == [step < lengths[row] for step in range(mask.shape[1])]
    torch.testing.assert_close(batch["returns"], trainer._scored_rewards.unsqueeze(1) * mask)


def test_every_return_is_the_reward_and_padding_has_none(tmp_path):
    batch = scored(trainer := ppo_trainer(tmp_path))

    torch.testing.assert_close(batch["returns"], trainer._scored_rewards.unsqueeze(1) * batch["completion_mask"])
    torch.testing.assert_close(batch["advantages"], (batch["returns"] - batch["old_values"]) * batch["value_mask"])


@pytest.mark.parametrize("critic", ["head", "model", "adapter"])
def test_values_are_those_of_each_row_forwarded_alone(tmp_path, critic):
    trainer = with_some_critic(tmp_path, critic)
    batch = scored(trainer)

    for row in range(8):
        prompt = batch["prompt_ids"][row][batch["prompt_mask"][row].bool()]
        own = batch["completion_ids"][row][batch["completion_mask"][row].bool()]
        ids = torch.cat([prompt, own]).unsqueeze(0)
        with torch.no_grad(), trainer.critic.asked(values_only=True) as asked:
            trainer.model(input_ids=ids, attention_mask=torch.ones_like(ids), fused_lm_head=True)
        alone = asked.values[0][0, len(prompt) - 1 : -1]
        torch.testing.assert_close(batch["old_values"][row, : len(own)], alone, rtol=1e-4, atol=1e-5)
        assert len(own) == 1 or alone.std() > 0


def with_some_critic(folder, critic, **changes):
    """Return a trainer whose critic of this kind says something else for each token."""
    model = tiny_llama(folder)
    lora = {"peft_config": LoraConfig(r=4)} if critic == "adapter" else {}
    kind = str(folder / "policy") if critic == "model" else critic
    trainer = ppo_trainer(folder, model=model, critic=kind, **lora, **changes)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in trainer.critic.named_parameters().items():
            if "head" in name or "lora_B" in name:
                weight.normal_(std=0.5)
    return trainer


@pytest.mark.parametrize("critic", ["head", "model", "adapter"])
def test_packed_rows_have_the_same_values_and_gradients(tmp_path, critic):
    trainer = with_some_critic(tmp_path, critic)
    batch = scored(trainer)
    batch["returns"] = torch.randn(batch["returns"].shape) * batch["value_mask"]
    packed = gradients(trainer, batch)
    assert trainer._packing is not None

    trainer._shares_prompts = False

    assert_gradients_close(packed, gradients(trainer, batch))
    values, _ = trainer._sampled_values(batch)
    torch.testing.assert_close(values * batch["value_mask"], batch["old_values"] * batch["value_mask"])


def test_checkpointed_layers_are_computed_again_with_the_critics_adapter(tmp_path):
    found = []
    for checkpointing in (False, True):
        trainer = with_some_critic(tmp_path, "adapter", gradient_checkpointing=checkpointing)
        if checkpointing:  # as transformers does when training begins
            trainer.model.gradient_checkpointing_enable(trainer.args.gradient_checkpointing_kwargs)
        found.append(gradients(trainer, scored(trainer)))
        assert trainer.model.is_gradient_checkpointing is checkpointing

    assert_gradients_close(found[1], found[0])
    assert max(float(g.abs().max()) for name, g in found[0].items() if "lora_A.critic" in name) > 1e-4


@pytest.mark.parametrize(("critic", "reaches"), [("adapter", False), ("model", False), ("head", True)])
def test_the_value_loss_reaches_the_policy_through_a_shared_trunk_only(tmp_path, critic, reaches):
    trainer = with_some_critic(tmp_path, critic)
    batch = scored(trainer)
    batch["advantages"] = torch.zeros_like(batch["advantages"])

    moved = {name for name, gradient in gradients(trainer, batch).items() if float(gradient.abs().max()) > 0}

    assert any(is_critics(name) for name in moved)
    assert any(not is_critics(name) for name in moved) is reaches


def test_gradient_accumulation_does_not_change_the_update(tmp_path):
    ends = []
    for size, accumulated in ((12, 1), (2, 6)):
        trainer = ppo_trainer(
            tmp_path, per_device_train_batch_size=size, gradient_accumulation_steps=accumulated, max_steps=3
        )
        trainer.train()
        ends.append((weights(trainer), figures(trainer, "ppo/value_loss")))

    for name, weight in ends[0][0].items():
        torch.testing.assert_close(ends[1][0][name], weight, rtol=1e-4, atol=1e-5)
    assert ends[0][1][0] > 0


@pytest.mark.parametrize("mode", ["mask", "bootstrap"])
def test_truncated_completions_are_masked_or_continued_by_the_critic(tmp_path, mode):
    trainer = with_some_critic(tmp_path, "head", truncation=mode)
    batch = scored(trainer)
    full = (batch["completion_ids"] != 0).sum(dim=1)
    cut = (batch["completion_ids"].gather(1, (full - 1).unsqueeze(1)) != 1).squeeze(1)
    assert 0 < cut.sum() < 8

    if mode == "mask":
        assert batch["value_mask"].any(dim=1).tolist() == (~cut).tolist()
        return
    rewards = trainer._scored_rewards
    last = batch["returns"].gather(1, (full - 1).unsqueeze(1)).squeeze(1)
    assert torch.equal(last != rewards, cut)
    for row in cut.nonzero().flatten().tolist():
        ids = torch.cat([batch["prompt_ids"][row], batch["completion_ids"][row, : full[row]]]).unsqueeze(0)
        mask = torch.cat([batch["prompt_mask"][row], torch.ones(int(full[row]))]).unsqueeze(0)
        with torch.no_grad(), trainer.critic.asked(values_only=True) as asked:
            trainer.model(input_ids=ids, attention_mask=mask, fused_lm_head=True)
        assert float(last[row] - rewards[row]) == pytest.approx(float(asked.values[0][0, -1]), abs=1e-4)


def feedback(prompts, trainer):
    """Three tokens of the policy's, two that it was told, two of its own."""
    ids = trainer.processing_class(text=prompts)["input_ids"]
    count = len(prompts)
    own = [[2 + (row + step) % 20 for step in range(7)] for row in range(count)]
    logprobs = [[0.0] * 7] * count
    return {"prompt_ids": ids, "completion_ids": own, "logprobs": logprobs, "env_mask": [[1, 1, 1, 0, 0, 1, 1]] * count}


def test_tokens_that_the_policy_was_told_are_in_no_loss(tmp_path):
    trainer = ppo_trainer(tmp_path, rollout_func=feedback, gamma=0.5)
    batch = scored(trainer)
    written = torch.tensor([1, 1, 1, 0, 0, 1, 1]).bool()
    discounted = torch.tensor([0.0625, 0.125, 0.25, 0, 0, 0.5, 1])  # no discount for what was told

    assert batch["value_mask"].tolist() == [written.tolist()] * 8
    torch.testing.assert_close(batch["returns"], trainer._scored_rewards.unsqueeze(1) * discounted)
    before = gradients(trainer, batch)
    spoilt = {key: batch[key].clone() for key in ("advantages", "returns", "old_values")}
    for values in spoilt.values():
        values[:, ~written] = 1e6
    assert_gradients_close(gradients(trainer, {**batch, **spoilt}), before)


def test_a_completion_that_nobody_could_score_is_in_no_loss(tmp_path):
    def unsure(prompts, completion_ids, **_):
        return [None if row == 3 else value for row, value in enumerate(spread(prompts, completion_ids))]

    trainer = ppo_trainer(tmp_path, reward_funcs=unsure)
    batch = scored(trainer)

    assert batch["value_mask"].any(dim=1).tolist() == [row != 3 for row in range(8)]
    assert batch["advantages"][3].abs().max() == 0
    assert batch["value_tokens"] == batch["completion_mask"].sum() - batch["completion_mask"][3].sum()


def test_rewards_are_weighed(tmp_path):
    def longest(completion_ids, **_):
        return [float(len(ids)) for ids in completion_ids]

    trainer = ppo_trainer(tmp_path, reward_funcs=[spread, longest], reward_weights=[1.0, 0.1])

    batch = scored(trainer)

    wanted = [
        len(set(ids[mask.bool()].tolist())) / 8 + 0.1 * int(mask.sum())
        for ids, mask in zip(batch["completion_ids"], batch["completion_mask"], strict=True)
    ]
    assert batch["returns"][:, 0].tolist() == pytest.approx(wanted)


def test_one_completion_a_problem_trains(tmp_path):
    trainer = ppo_trainer(tmp_path, num_generations=1, per_device_train_batch_size=4, max_steps=4)
    start = weights(trainer)

    trainer.train()

    assert len(set(figures(trainer, "ppo/explained_variance"))) > 1
    assert all(not torch.equal(start[name], weight) for name, weight in weights(trainer).items() if "norm" not in name)


def test_whitened_advantages_have_mean_0_and_variance_1_over_all_tokens(tmp_path):
    batch = scored(ppo_trainer(tmp_path, whiten_advantages=True))

    kept = batch["advantages"][batch["value_mask"]]
    assert float(kept.mean()) == pytest.approx(0.0, abs=1e-5)
    assert float(kept.std(correction=0)) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("critic", ["head", "adapter"])
def test_while_the_critic_warms_up_the_policy_stays_bit_for_bit(tmp_path, critic):
    options = {"critic_warmup_steps": 3, "max_steps": 3, "optim": "adamw_torch", "weight_decay": 0.1}
    trainer = with_some_critic(tmp_path, critic, **options, learning_rate=0.01)
    start = weights(trainer)

    trainer.train()

    moved = {name for name, weight in weights(trainer).items() if not torch.equal(weight, start[name])}
    assert moved
    assert all(is_critics(name) for name in moved)
    assert figures(trainer, "ppo/policy_paused") == [1.0, 1.0, 1.0]


def test_a_critic_that_foresees_enough_ends_its_warm_up(tmp_path):
    trainer = ppo_trainer(tmp_path, critic_warmup_steps=3, critic_warmup_explained_variance=-1.0, max_steps=3)

    trainer.train()

    assert trainer._critic_is_warm
    assert figures(trainer, "ppo/policy_paused") == [0.0, 0.0, 0.0]


def test_past_target_kl_a_batch_moves_the_policy_no_more_and_the_next_one_does(tmp_path):
    seen = []

    class Look(GradientLog):
        def on_step_end(self, args, state, control, model=None, **kwargs):
            seen.append({n: p.detach().clone() for n, p in model.named_parameters() if not is_critics(n)})

    trainer = ppo_trainer(tmp_path, target_kl=1e-9, num_iterations=3, max_steps=4, callbacks=[Look()])
    trainer.train()

    same = [all(torch.equal(a[n], b[n]) for n in a) for a, b in itertools.pairwise(seen)]
    assert same == [True, True, False]
    assert figures(trainer, "ppo/policy_paused") == [0.0, 1.0, 1.0, 0.0]


def test_k1_is_in_the_reward_of_each_token_and_in_no_loss(tmp_path):
    trainer = ppo_trainer(tmp_path, kl_penalty="k1", beta=0.25)
    with torch.no_grad():
        trainer.model.lm_head.weight.add_(torch.randn(len(CHARACTERS), 16) * 0.1)
    batch = scored(trainer)

    kl = (batch["old_per_token_logps"] - batch["ref_per_token_logps"]) * batch["value_mask"]
    to_come = kl.flip(1).cumsum(1).flip(1)
    wanted = (trainer._scored_rewards.unsqueeze(1) - 0.25 * to_come) * batch["value_mask"]
    assert kl.abs().max() > 0.01
    torch.testing.assert_close(batch["returns"], wanted)
    assert_gradients_close(gradients(trainer, batch), gradients(ppo_without_beta(trainer), batch))


def ppo_without_beta(trainer):
    trainer.beta = 0.0
    return trainer


def test_k2_in_the_loss_is_the_mean_over_all_tokens(tmp_path):
    trainer = ppo_trainer(tmp_path, kl_penalty="k2", beta=0.25, vf_coef=0.0)
    batch = scored(trainer)
    batch["advantages"] = torch.zeros_like(batch["advantages"])
    batch["ref_per_token_logps"] = batch["old_per_token_logps"] - 2.0
    trainer.current_gradient_accumulation_steps = 1

    assert trainer._compute_loss(trainer.model, batch).item() == pytest.approx(0.25 * 2.0, rel=1e-4)


def test_the_weight_of_the_divergence_moves_towards_its_target(tmp_path):
    trainer = ppo_trainer(tmp_path, beta=0.1, kl_target=1e-6, kl_horizon=16, max_steps=3, learning_rate=0.05)

    trainer.train()

    assert figures(trainer, "ppo/beta")[0] == 0.1
    assert trainer.beta != 0.1


def test_a_refilled_batch_keeps_each_reward_with_its_completion(tmp_path):
    curriculum = Curriculum.for_dataset(
        CurriculumConfig(curriculum_refill_rounds=2), problems(4, 4), group_size=4, seed=0
    )
    sampled = []

    def remembered(prompts, completion_ids, task_id, **_):
        curriculum.memory.observe(task_id, [True] * len(task_id))
        sampled.append(len(prompts))
        return spread(prompts, completion_ids)

    trainer = ppo_trainer(tmp_path, reward_funcs=remembered, curriculum=curriculum, flat=4)
    batch = scored(trainer, 16)

    prompts = [ids[mask.bool()] for ids, mask in zip(batch["prompt_ids"], batch["prompt_mask"], strict=True)]
    wanted = [
        1 / 3 if ids[0] == CHARACTERS.index("f") else len(set(own[mask.bool()].tolist())) / 8
        for ids, own, mask in zip(prompts, batch["completion_ids"], batch["completion_mask"], strict=True)
    ]
    assert len(sampled) > 1
    assert batch["returns"][:, 0].tolist() == pytest.approx(wanted)


def test_bf16_weights_have_a_head_in_float32(tmp_path):
    model = tiny_llama(tmp_path).to(torch.bfloat16)
    trainer = ppo_trainer(tmp_path, model=model)
    batch = scored(trainer)

    trainer.train()

    assert trainer.model.dtype == torch.bfloat16
    assert {p.dtype for n, p in trainer.critic.named_parameters().items() if "head" in n} == {torch.float32}
    assert batch["old_values"].dtype == batch["advantages"].dtype == torch.float32
    assert float(trainer.critic.named_parameters()["critic.head.weight"].abs().max()) > 0


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"critic": "adapter"}, "critic 'adapter' needs a policy with LoRA, and this one has none"),
        ({"critic": "/nowhere/at-all"}, "neither 'adapter' nor 'head' nor a model"),
        ({"per_device_train_batch_size": 28}, "a generation batch takes 7 problems and the data set has 6"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sampled(tmp_path, changes, complaint):
    with pytest.raises(ConfigError, match=complaint):
        ppo_trainer(tmp_path, **changes)


def test_a_configuration_of_grpo_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="args is a GRPOConfig; PPOTrainer takes a PPOConfig"):
        PPOTrainer(tiny_llama(tmp_path), spread, grpo_config(tmp_path), problems(1, 1))


def test_the_completions_are_recorded_with_their_own_advantages(tmp_path):
    trainer, told = ppo_trainer(tmp_path, num_generations=1, per_device_train_batch_size=4), []
    trainer.on_scored = lambda step, rows: told.append((step, rows))

    batch = scored(trainer, 4)

    ((step, rows),) = told
    means = batch["advantages"].sum(dim=1) / batch["value_mask"].sum(dim=1)
    assert (step, [row["advantage"] for row in rows]) == (1, pytest.approx(means.tolist()))
    assert list(trainer._logs["advantages"]) == pytest.approx(means.tolist())
    assert any(row["advantage"] for row in rows)


def test_it_evaluates_as_trls_trainer_does(tmp_path):
    sizes = {"per_device_train_batch_size": 4, "per_device_eval_batch_size": 4}
    trainer = ppo_trainer(tmp_path, num_generations=1, eval_dataset=problems(1, 3), **sizes)

    figures_of_evaluation = trainer.evaluate()

    assert 0 < trainer.state.log_history[-1]["eval_reward"] < 1.5
    assert "eval_loss" in figures_of_evaluation
