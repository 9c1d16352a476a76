"""From results to numbers, and the callables that TRL takes.

Each reward stands here by its name, as `trl grpo --reward_funcs trl_rlvr.rewards.graded` wants it. They share one
verifier; importing them starts no process.
"""

from trl_rlvr.rewards.base import EARLIER_TURN, VerifiedReward, completion_text, shared_verifier
from trl_rlvr.rewards.batch import Observer, VerifiedBatch
from trl_rlvr.rewards.linting import LintReward
from trl_rlvr.rewards.presets import PRESETS, REWARD_NAMES, RewardConfig, build_rewards, named_reward
from trl_rlvr.rewards.reward import AsyncCodeReward, CodeReward, OverlongReward, SiblingReward, TextReward

all_plus_fraction = named_reward("all_plus_fraction")
binary = named_reward("binary")
brevity = named_reward("brevity")
code_format = named_reward("code_format")
concise_bonus = named_reward("concise_bonus")
cpu_efficiency = named_reward("cpu_efficiency")
fraction = named_reward("fraction")
graded = named_reward("graded")
lint = named_reward("lint")
no_code_penalty = named_reward("no_code_penalty")
syntax_penalty = named_reward("syntax_penalty")
timeout_penalty = named_reward("timeout_penalty")

__all__ = [
    "EARLIER_TURN",
    "PRESETS",
    "REWARD_NAMES",
    "AsyncCodeReward",
    "CodeReward",
    "LintReward",
    "Observer",
    "OverlongReward",
    "RewardConfig",
    "SiblingReward",
    "TextReward",
    "VerifiedBatch",
    "VerifiedReward",
    "all_plus_fraction",
    "binary",
    "brevity",
    "build_rewards",
    "code_format",
    "completion_text",
    "concise_bonus",
    "cpu_efficiency",
    "fraction",
    "graded",
    "lint",
    "named_reward",
    "no_code_penalty",
    "shared_verifier",
    "syntax_penalty",
    "timeout_penalty",
]
