"""The rewards by name, alone and in weighted presets, and the `reward_*` options.

Weights are for TRL's `reward_weights`: a preset is a list of rewards and weights, and scales nothing itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from trl_rlvr.errors import ConfigError
from trl_rlvr.rewards import scores
from trl_rlvr.rewards.base import VerifiedReward
from trl_rlvr.rewards.batch import Observer
from trl_rlvr.rewards.linting import LintReward
from trl_rlvr.rewards.reward import CodeReward, OverlongReward, SiblingReward, TextReward
from trl_rlvr.verifier import CodeVerifier

PRESETS: dict[str, tuple[tuple[str, float], ...]] = {
    "graded": (("graded", 1.0),),
    "binary": (("binary", 1.0),),
    "strict_syntax": (("graded", 1.0), ("syntax_penalty", 0.5), ("no_code_penalty", 0.5)),
    "efficient": (("graded", 1.0), ("timeout_penalty", 0.25), ("brevity", 0.1), ("cpu_efficiency", 0.1)),
    "unit_tests_and_lint": (("graded", 1.0), ("lint", 0.2)),
}
"""Preset -> names of rewards and their weights."""

REWARD_NAMES = (
    "all_plus_fraction",
    "binary",
    "brevity",
    "code_format",
    "concise_bonus",
    "cpu_efficiency",
    "fraction",
    "graded",
    "lint",
    "no_code_penalty",
    "syntax_penalty",
    "timeout_penalty",
)
"""Every reward that can be asked for by name; each is also an attribute of `trl_rlvr.rewards`."""


@dataclass
class RewardConfig:
    """The `reward_*` options of a run; TRL's own `reward_weights` overrides the weights of a preset."""

    reward_preset: str = field(default="graded", metadata={"help": f"One of {', '.join(PRESETS)}."})
    reward_scores: list[str] = field(
        default_factory=list,
        metadata={"help": f"Single rewards in place of the preset, weight 1 each: {', '.join(REWARD_NAMES)}."},
    )
    reward_alpha: float = field(
        default=0.5, metadata={"help": "all_plus_fraction: what the share of passing tests adds to 1.0 for all."}
    )
    reward_concise_characters: int = field(
        default=100, metadata={"help": "concise_bonus: passing code shorter than this gets 0.2."}
    )
    reward_lint_cap: float = field(
        default=1.0, metadata={"help": "lint: findings per statement that take the whole score."}
    )
    reward_overlong_tokens: int = field(
        default=0,
        metadata={"help": "Punish the last so many tokens before max_completion_length as TRL does; 0: do not."},
    )


def named_reward(name: str, config: RewardConfig | None = None, **options: Any) -> VerifiedReward:
    """Make one reward.

    Args:
        name: one of `REWARD_NAMES`.
        config: the rewards' own settings; None: the defaults.
        **options: those of `VerifiedReward`, the name apart.

    Raises:
        ConfigError: unknown name, or a setting out of its range.
    """
    config = config or RewardConfig()
    makers: dict[str, Callable[..., VerifiedReward]] = {
        "all_plus_fraction": partial(CodeReward, scores.AllPlusFraction(config.reward_alpha), name=name),
        "brevity": partial(SiblingReward, scores.brevity),
        "code_format": partial(TextReward, scores.code_format),
        "concise_bonus": partial(CodeReward, scores.ConciseBonus(config.reward_concise_characters), name=name),
        "cpu_efficiency": partial(SiblingReward, scores.cpu_efficiency),
        "lint": partial(LintReward, config.reward_lint_cap),
    }
    if name not in REWARD_NAMES:
        raise ConfigError(f"unknown reward {name!r}; choose one of {', '.join(REWARD_NAMES)}")
    make = makers.get(name) or partial(CodeReward, getattr(scores, name))
    return make(**options)


def build_rewards(
    config: RewardConfig | None = None,
    verifier: CodeVerifier | None = None,
    *,
    observers: Sequence[Observer] = (),
    max_completion_tokens: int | None = None,
) -> list[tuple[VerifiedReward, float]]:
    """Make the rewards that a run asks for, all on one verifier.

    Args:
        config: the `reward_*` options; None: the defaults.
        verifier: None: the one that all rewards of the process share.
        observers: told once about each batch.
        max_completion_tokens: TRL's `max_completion_length`.

    Returns:
        Each reward with its weight, for TRL's `reward_funcs` and `reward_weights`.

    Raises:
        ConfigError: unknown preset or reward, or a setting out of its range.
    """
    config = config or RewardConfig()
    if config.reward_preset not in PRESETS:
        allowed = ", ".join(PRESETS)
        raise ConfigError(f"unknown reward preset {config.reward_preset!r}; choose one of {allowed}")
    options = {"verifier": verifier, "observers": observers, "max_completion_tokens": max_completion_tokens}
    asked = [(name, 1.0) for name in config.reward_scores] or PRESETS[config.reward_preset]
    rewards = [(named_reward(name, config, **options), weight) for name, weight in asked]
    if config.reward_overlong_tokens:
        if max_completion_tokens is None or not 0 < config.reward_overlong_tokens < max_completion_tokens:
            raise ConfigError(
                f"reward_overlong_tokens is {config.reward_overlong_tokens!r}; "
                f"give 0, or less than max_completion_length, which is {max_completion_tokens!r}"
            )
        punish = OverlongReward(
            max_completion_tokens, config.reward_overlong_tokens, verifier=verifier, observers=observers
        )
        rewards.append((punish, 1.0))
    return rewards
