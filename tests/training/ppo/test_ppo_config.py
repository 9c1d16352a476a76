"""Options: TRL's own as they are, groups of one, and a clear sentence for what cannot be."""

import dataclasses

import pytest
from trl import GRPOConfig

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.ppo import PPOConfig

CPU = {"use_cpu": True, "bf16": False, "report_to": "none"}


def test_no_field_of_trl_has_another_default():
    theirs = {field.name: field.default for field in dataclasses.fields(GRPOConfig)}

    ours = {field.name: field.default for field in dataclasses.fields(PPOConfig) if field.name in theirs}

    assert ours == theirs


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_a_group_may_be_one_completion(tmp_path, batch):
    config = PPOConfig(str(tmp_path), num_generations=1, per_device_train_batch_size=batch, **CPU)

    assert (config.num_generations, type(config.num_generations)) == (1, int)
    assert config.generation_batch_size == batch


def test_what_grpo_checks_is_still_checked_in_groups_of_one(tmp_path):
    with pytest.raises(ValueError, match="clip_min"):
        PPOConfig(
            str(tmp_path),
            num_generations=1,
            vllm_importance_sampling_clip_min=3.0,
            vllm_importance_sampling_clip_max=2.0,
            **CPU,
        )


def test_masking_truncated_completions_is_trls_own_option(tmp_path):
    assert PPOConfig(str(tmp_path), truncation="mask", **CPU).mask_truncated_completions is True


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"gamma": 1.1}, "gamma is 1.1; give a number from 0 to 1"),
        ({"lam_value": -0.1}, "lam_value is -0.1"),
        ({"cliprange_value": 0.0}, "cliprange_value is 0.0; give a number above 0"),
        ({"vf_coef": -1.0}, "vf_coef is -1.0; give 0 or more"),
        ({"truncation": "drop"}, "truncation is 'drop'; for PPO give one of reward, mask, bootstrap"),
        ({"kl_penalty": "k4"}, "kl_penalty is 'k4'; for PPO give one of k1, k2, k3"),
        ({"loss_type": "cispo"}, "loss_type is 'cispo'; for PPO give one of bnpo, dapo, dr_grpo, grpo"),
        ({"importance_sampling_level": "sequence"}, "for PPO give one of token"),
        ({"multi_objective_aggregation": "normalize_then_sum"}, "for PPO give one of sum_then_normalize"),
        ({"lam_length_alpha": 0.05, "max_completion_length": 20}, "makes lambda 0 for every completion of at most 20"),
        ({"kl_target": 0.1}, "kl_target moves beta, and beta is 0"),
        ({"critic_warmup_explained_variance": 0.5}, "critic_warmup_steps is 0"),
        ({"critic_warmup_steps": 5, "critic_warmup_explained_variance": 1.0}, "give a number below 1"),
        ({"truncation": "bootstrap", "mask_truncated_completions": True}, "choose one"),
    ],
)
def test_options_that_cannot_be_are_one_sentence(tmp_path, options, complaint):
    with pytest.raises(ConfigError, match=complaint) as told:
        PPOConfig(str(tmp_path), **CPU, **options)

    assert "\n" not in str(told.value)


def test_the_length_adaptive_lambda_is_allowed_where_it_can_be_above_0(tmp_path):
    assert PPOConfig(str(tmp_path), lam_length_alpha=0.05, max_completion_length=21, **CPU).lam_length_alpha == 0.05
