"""The options of PPO: `GRPOConfig`'s under their own names, and those of the critic beside them."""

from dataclasses import dataclass, field
from typing import Any

from trl import GRPOConfig

from trl_rlvr.errors import ConfigError

LOSS_TYPES = ("bnpo", "dapo", "dr_grpo", "grpo")
"""TRL's ways to average the clipped loss; its others have no clipped ratio."""

_CHOICES = {
    "kl_penalty": ("k1", "k2", "k3"),
    "truncation": ("reward", "mask", "bootstrap"),
    "loss_type": LOSS_TYPES,
    "importance_sampling_level": ("token",),
    "multi_objective_aggregation": ("sum_then_normalize",),
}
_SHARES = ("gamma", "lam", "lam_value")
_POSITIVE = ("critic_learning_rate", "cliprange_value", "target_kl", "kl_target", "kl_horizon", "lam_length_alpha")


class _One(int):
    """A 1 that passes for a group: `GRPOConfig` refuses groups of one, whose advantage would always be 0."""

    def __lt__(self, other: object) -> bool:
        return False


@dataclass
class PPOConfig(GRPOConfig):  # type: ignore[misc]  # TRL's types are not followed
    """Configuration of `PPOTrainer`: TRL's `GRPOConfig`, and what a critic needs.

    TRL's own names that PPO uses: `epsilon`, `epsilon_high` (clipping), `delta` (dual clip, arXiv:1912.09729: the bound
    on the ratio where the advantage is negative), `num_iterations` and `steps_per_generation` (passes over a generation
    batch, and minibatches), `beta` (weight of the KL term), `entropy_coef`, `loss_type` (how tokens are averaged).
    `num_generations` may be 1. `scale_rewards` means nothing here: `whiten_advantages` stands in its place.

    Raises:
        ConfigError: An option is out of its range, or two cannot be used together.
    """

    critic: str | None = field(
        default=None,
        metadata={
            "help": "'adapter': a second LoRA adapter on the same base, and a value head; 'head': a value head on the "
            "policy's own trunk; else the path or id of a model. Default: adapter with LoRA, head without."
        },
    )
    critic_name_or_path: str | None = field(
        default=None,
        metadata={"help": "Folder or Hub id of a saved critic to start from, or of the model that it was saved with."},
    )
    critic_learning_rate: float | None = field(
        default=None, metadata={"help": "Learning rate of the critic's own weights. Default: that of the policy."}
    )
    critic_warmup_steps: int = field(
        default=0, metadata={"help": "Updates at the beginning that train the critic alone."}
    )
    critic_warmup_explained_variance: float | None = field(
        default=None, metadata={"help": "Explained variance that ends this warm-up early, below 1."}
    )
    gamma: float = field(default=1.0, metadata={"help": "Discount a token, 0..1."})
    lam: float = field(default=1.0, metadata={"help": "Lambda of the advantages (GAE), 0..1."})
    lam_value: float = field(default=1.0, metadata={"help": "Lambda of the returns that the critic learns, 0..1."})
    lam_length_alpha: float | None = field(
        default=None,
        metadata={"help": "Lambda of the advantages as 1 - 1/(alpha * length), at least 0 (VAPO), in place of lam."},
    )
    whiten_advantages: bool = field(
        default=True, metadata={"help": "Advantages of mean 0 and variance 1 over all tokens of a generation batch."}
    )
    truncation: str = field(
        default="reward",
        metadata={
            "help": "Completions that reached the length limit: 'reward' as they are, 'mask' out of the loss, "
            "'bootstrap' with the critic's value at their end added."
        },
    )
    vf_coef: float = field(default=0.5, metadata={"help": "Weight of the value loss."})
    cliprange_value: float | None = field(
        default=0.2, metadata={"help": "How far a value may gain by moving in one generation batch; none: any way."}
    )
    target_kl: float | None = field(
        default=None,
        metadata={"help": "Divergence from the sampling policy, nats a token, past which a batch moves it no more."},
    )
    kl_penalty: str = field(
        default="k3",
        metadata={"help": "The KL term that beta weighs: 'k1' in the reward of each token, 'k2' or 'k3' in the loss."},
    )
    kl_target: float | None = field(
        default=None, metadata={"help": "Divergence from the reference, nats a token, that beta is to lead to."}
    )
    kl_horizon: float = field(
        default=10_000.0, metadata={"help": "Completions over which beta follows kl_target; more is slower."}
    )

    def __post_init__(self) -> None:
        if self.truncation == "mask":
            self.mask_truncated_completions = True
        group: int = self.num_generations
        self.num_generations: int = _One(1) if group == 1 else group
        super().__post_init__()
        self.num_generations = group
        self._check()

    def _check(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; for PPO give one of {', '.join(choices)}")
        for name in _SHARES:
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give a number from 0 to 1")
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None and value <= 0.0:
                raise ConfigError(f"{name} is {value!r}; give a number above 0, or leave it out")
        for reason, applies in self._contradictions().items():
            if applies:
                raise ConfigError(reason)

    def _contradictions(self) -> dict[str, Any]:
        alpha, threshold = self.lam_length_alpha, self.critic_warmup_explained_variance
        return {
            f"vf_coef is {self.vf_coef!r}; give 0 or more": self.vf_coef < 0.0,
            f"critic_warmup_steps is {self.critic_warmup_steps!r}; give 0 or more": self.critic_warmup_steps < 0,
            f"critic_warmup_explained_variance is {threshold!r}; give a number below 1": (
                threshold is not None and threshold >= 1.0
            ),
            "critic_warmup_explained_variance ends a warm-up, and critic_warmup_steps is 0; give that too": (
                threshold is not None and self.critic_warmup_steps == 0
            ),
            f"lam_length_alpha {alpha!r} makes lambda 0 for every completion of at most {self.max_completion_length} "
            "tokens; give more than 1 / max_completion_length, or lam": (
                alpha is not None and alpha * self.max_completion_length <= 1.0
            ),
            "mask_truncated_completions leaves nothing for truncation 'bootstrap'; choose one": (
                self.mask_truncated_completions and self.truncation == "bootstrap"
            ),
            "kl_target moves beta, and beta is 0; give the beta to begin with": (
                self.kl_target is not None and self.beta == 0.0
            ),
        }
