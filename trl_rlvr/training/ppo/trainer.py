"""PPO: `GRPOTrainer` with a critic in the place of the group, and so with an advantage for each token.

Generation, rewards, reference model, clipped loss, entropy bonus and logging are TRL's. What is overridden of it, and
why, stands in `docs/ppo.md`; a test compares those methods with the TRL that they were written for.
"""

import contextlib
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import TrainerCallback
from trl.models.utils import disable_gradient_checkpointing

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.ppo import losses, returns
from trl_rlvr.training.ppo.config import PPOConfig
from trl_rlvr.training.ppo.critic import logps_at, values_at
from trl_rlvr.training.ppo.critic_trainer import CriticTrainer
from trl_rlvr.training.recorded import Rows
from trl_rlvr.training.rows import Batch, loss_mask


class PPOTrainer(CriticTrainer):
    """`GRPOTrainer` with a critic: same data, rewards, generation, PEFT, saving and Hub, an advantage for each token.

    Args:
        model: As for `GRPOTrainer`.
        reward_funcs: As for `GRPOTrainer`; their weighted sum is the reward of the last token. A completion that nobody
            could score is left out of every loss.
        args: A `PPOConfig`.
        *more: As for `GRPOTrainer`.
        **kwargs: As for `EfficientGRPOTrainer`; `skip_zero_gradient` is always off, as a value is learned from each
            completion.

    Raises:
        ConfigError: The options cannot be used with this model or this launcher.

    Logged beside TRL's metrics: `ppo/*`, see `docs/metrics.md`.
    """

    _tag_names = ["trl", "ppo"]  # noqa: RUF012 - TRL's own attribute
    _name = "PPO"
    _paper = {  # noqa: RUF012 - TRL's own attribute
        "title": "Proximal Policy Optimization Algorithms",
        "id": "1707.06347",
        "citation": textwrap.dedent("""\
            @article{schulman2017proximal,
                title        = {{Proximal Policy Optimization Algorithms}},
                author       = {John Schulman and Filip Wolski and Prafulla Dhariwal and Alec Radford and Oleg Klimov},
                year         = 2017,
                eprint       = {arXiv:1707.06347},
            }"""),
    }

    beta: float

    def __init__(
        self, model: Any, reward_funcs: Any = None, args: PPOConfig | None = None, *more: Any, **kwargs: Any
    ) -> None:
        if args is None:
            name = model if isinstance(model, str) else model.config._name_or_path
            args = PPOConfig(f"{Path(name).name}-PPO")
        if not isinstance(args, PPOConfig):
            raise ConfigError(f"args is a {type(args).__name__}; PPOTrainer takes a PPOConfig")
        super().__init__(model, reward_funcs, args, *more, **{**kwargs, "skip_zero_gradient": False})
        self._adaptive_kl = losses.AdaptiveKL(args.kl_target, args.kl_horizon) if args.kl_target else None
        self._critic_is_warm = False
        self._went_too_far = False
        """The policy has left this generation batch's own by more than `target_kl`."""
        self._scored_rewards = torch.zeros(0)
        self._window: dict[str, float] = {}
        """Sums over the tokens of all ranks since the last update, and how many tokens there were."""
        self.add_callback(_PausedPolicy(self))

    def _calculate_rewards(self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any) -> Tensor:
        """As in TRL; keeps the weighted sums, one a turn with refinement, NaN for what nobody could score."""
        rewards: Tensor = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        summed = (rewards * self.reward_weights.to(rewards.device)).nansum(dim=1)
        whole = summed.masked_fill(rewards.isnan().all(dim=1), float("nan"))
        self._scored_rewards = whole if self.refinement is None else self.turn_rewards
        return rewards

    def _scored(self, inputs: list[dict[str, Any]]) -> Batch:
        """As in `DynamicSamplingTrainer`, with the rewards of this rank's rows, which follow them through refilling."""
        batch = super()._scored(inputs)
        first = self.accelerator.process_index * len(inputs)
        return {**batch, "rewards": self._scored_rewards[first : first + len(inputs)]}

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> Batch:
        """As in TRL, with an advantage and a return for each token; evaluation has need of neither."""
        told: list[tuple[int, Rows]] = []
        on_scored, self.on_scored = self.on_scored, lambda step, rows: told.append((step, rows))
        try:
            batch = super()._generate_and_score_completions(inputs)
        finally:
            self.on_scored = on_scored
        self.critic.thaw()
        rewards = batch.pop("rewards")
        if not self.model.training:
            return batch
        self._went_too_far = False
        mask = loss_mask(batch).bool() & ~rewards.isnan().reshape(len(rewards), -1).any(dim=1, keepdim=True)
        needs_logps = self.beta != 0.0 and (self.args.kl_penalty != "k3" or self._adaptive_kl is not None)
        with torch.no_grad(), disable_gradient_checkpointing(self.model, self.args.gradient_checkpointing_kwargs):
            if needs_logps and "old_per_token_logps" not in batch:
                batch["old_per_token_logps"] = self._get_per_token_logps_and_entropies(
                    self.model, *self._forwarded(batch)
                )[0]
            values, end_values = self._sampled_values(batch)
        rewarded = returns.token_rewards(rewards, mask)
        if needs_logps:
            kl = (batch["old_per_token_logps"] - batch["ref_per_token_logps"]) * mask
            if self.args.kl_penalty == "k1":
                rewarded = rewarded - self.beta * kl
            self._follow_kl(kl, mask)
        batch |= self._learned_from(rewarded, values, end_values, mask)
        self._record(told, (batch["advantages"].sum(dim=1) / mask.sum(dim=1).clamp(min=1)))
        return batch

    def _record(self, told: list[tuple[int, Rows]], advantages: Tensor) -> None:
        """Put each completion's mean advantage where TRL has put the group's; None where a batch was refilled."""
        own: list[Any] = self.accelerator.gather(advantages).tolist()
        if len(told) == 1:
            for _ in own:
                self._logs["advantages"].pop()
            self._logs["advantages"].extend(own)
        for step, rows in told:
            shown = own if len(told) == 1 else [None] * len(rows)
            if self.on_scored is not None:
                self.on_scored(step, [{**row, "advantage": one} for row, one in zip(rows, shown, strict=True)])

    def _learned_from(self, rewards: Tensor, values: Tensor, end_values: Tensor, mask: Tensor) -> Batch:
        """Return what the losses need, by the keys of a batch."""
        args = self.args
        lam = returns.length_adaptive_lam(mask, args.lam_length_alpha) if args.lam_length_alpha else args.lam
        gammas = returns.turn_discounts(mask, args.gamma, self.turn_discount)
        estimate = {"gamma": gammas, "end_values": end_values}
        advantages = returns.generalized_advantages(rewards, values, mask, lam=lam, **estimate)
        targets = values + returns.generalized_advantages(rewards, values, mask, lam=args.lam_value, **estimate)
        sums = [returns.moments(one, mask) for one in (advantages, targets - values, targets, values)]
        of_advantages, of_residuals, of_targets, of_values = self._summed(torch.stack(sums))
        if args.whiten_advantages:
            advantages = returns.whiten(advantages, mask, of_advantages)
        explained = returns.explained_variance(of_residuals, of_targets)
        threshold = args.critic_warmup_explained_variance
        self._critic_is_warm |= threshold is not None and explained >= threshold
        metrics = self._metrics["train"]
        metrics["ppo/explained_variance"].append(explained)
        metrics["ppo/value_mean"].append(returns.mean_and_variance(of_values)[0].item())
        metrics["ppo/return_mean"].append(returns.mean_and_variance(of_targets)[0].item())
        return {
            "advantages": advantages,
            "old_values": values,
            "returns": targets.masked_fill(~mask, 0.0),
            "value_mask": mask,
            "value_tokens": of_values[0].float(),
        }

    def _summed(self, values: Tensor) -> Tensor:
        """Sum over the ranks."""
        summed: Tensor = self.accelerator.reduce(values, reduction="sum")
        return summed

    def _follow_kl(self, kl: Tensor, mask: Tensor) -> None:
        """Log the divergence from the reference, and lead `beta` towards its target."""
        mean = returns.mean_and_variance(self._summed(returns.moments(kl, mask)))[0].item()
        if self.args.kl_penalty != "k3":  # of which TRL logs its own
            self._metrics["train"]["kl"].append(mean)
        if self._adaptive_kl is not None:
            self._metrics["train"]["ppo/beta"].append(self.beta)
            self.beta = self._adaptive_kl.next(self.beta, mean, self.args.generation_batch_size)

    def _forwarded(self, batch: Batch) -> tuple[Tensor, Tensor, int, int]:
        """Return ids, attention mask, columns of the completions, and rows that are forwarded at once."""
        ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
        mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
        return ids, mask, batch["completion_ids"].shape[1], self.args.per_device_train_batch_size

    def _sampled_values(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the values before each token, (B, T), and those behind the last, (B,), 0 but where they are due."""
        ids, mask, kept, size = self._forwarded(batch)
        found = []
        for some_ids, some_mask in zip(ids.split(size), mask.split(size), strict=True):
            packed = self._packed(some_ids, some_mask, kept)
            inputs = (
                {"input_ids": some_ids, "attention_mask": some_mask} if packed is None else self._packed_inputs(packed)
            )
            with self.critic.asked(values_only=True) as asked, self.accelerator.autocast():
                self.model(**inputs, fused_lm_head=True)
            found.append(values_at(asked.values[0], packed, some_mask[:, -kept:], behind_the_last=True))
        values = torch.cat(found)
        lengths = batch["completion_mask"].sum(dim=1, keepdim=True)
        end_values = values.gather(1, lengths).squeeze(1)
        if self.args.truncation != "bootstrap":
            return values[:, :-1], torch.zeros_like(end_values)
        ends = [*self.eos_token_ids, self._tokenizer.pad_token_id]  # as for TRL's completions/clipped_ratio
        due = returns.truncated(batch["completion_ids"], lengths, ends)
        return values[:, :-1], end_values.masked_fill(~due, 0.0)

    def policy_is_paused(self) -> bool:
        """Return whether updates move the critic alone: while it warms up, and past `target_kl`."""
        warming_up = self.state.global_step < self.args.critic_warmup_steps and not self._critic_is_warm
        return warming_up or self._went_too_far

    def _compute_loss(self, model: Any, inputs: Batch) -> Tensor:
        """As in TRL, with the value loss, and the KL term where it is not TRL's own."""
        if not self.model.training:
            return super()._compute_loss(model, inputs)
        paused = self.policy_is_paused()
        with self.critic.asked(detached=paused) as asked, self._without_trls_kl():
            policy_loss: Tensor = super()._compute_loss(model, inputs)
        kept, written = inputs["completion_mask"], inputs["value_mask"]
        values = values_at(asked.values[0], self._packing, kept)
        logps = logps_at(asked.log_probs[0], self._packing, kept)
        old_logps = inputs.get("old_per_token_logps", logps.detach())
        if self.args.kl_penalty == "k2" and self.beta != 0.0:
            kl = losses.k2(logps, inputs["ref_per_token_logps"])
            policy_loss = policy_loss + self.beta * self._mean(kl, inputs)
        cliprange = self.args.cliprange_value
        errors = losses.clipped_value_loss(values, inputs["old_values"], inputs["returns"], cliprange)
        self._log_update(logps.detach(), old_logps, values.detach(), errors.detach(), inputs, written)
        return (0.0 if paused else 1.0) * policy_loss + self.args.vf_coef * self._mean(errors, inputs)

    def _mean(self, values: Tensor, inputs: Batch) -> Tensor:
        """Sum over this micro-batch, divided so that all of an update's, on all ranks, give the mean over its tokens.

        As TRL's `dapo`: with several updates a generation batch each is taken to hold its share of the tokens.
        """
        tokens = inputs["value_tokens"].clamp(min=1.0) / self.accelerator.num_processes
        share = self.current_gradient_accumulation_steps / self.args.steps_per_generation
        return values.masked_fill(~inputs["value_mask"], 0.0).sum() / (tokens * share)

    @contextlib.contextmanager
    def _without_trls_kl(self) -> Iterator[None]:
        """Keep TRL's loss from adding its own KL term, k3, where another one was asked for."""
        beta = self.beta
        self.beta = beta if self.args.kl_penalty == "k3" else 0.0
        try:
            yield
        finally:
            self.beta = beta

    def _log_update(
        self, logps: Tensor, old_logps: Tensor, values: Tensor, errors: Tensor, inputs: Batch, mask: Tensor
    ) -> None:
        args = self.args
        moved = (values - inputs["old_values"]).abs() > (args.cliprange_value or float("inf"))
        parts = {
            "ppo/approx_kl": losses.k3(logps, old_logps),
            "ppo/value_loss": errors,
            "ppo/clip_fraction": losses.outside(logps, old_logps, self.epsilon_low, self.epsilon_high),
            "ppo/value_clip_fraction": moved,
        }
        sums = torch.stack([part.double()[mask].sum() for part in parts.values()] + [mask.sum().double()])
        for name, total in zip([*parts, "tokens"], self._summed(sums).tolist(), strict=True):
            self._window[name] = self._window.get(name, 0.0) + total

    def close_window(self) -> None:
        """Log, before an update, means over its tokens, and decide whether the policy has gone too far."""
        window, self._window = self._window, {}
        tokens = window.pop("tokens", 0.0)
        means = {name: total / tokens if tokens else float("nan") for name, total in window.items()}
        limit = self.args.target_kl
        self._went_too_far |= limit is not None and means.get("ppo/approx_kl", 0.0) > limit
        means["ppo/policy_paused"] = float(self.policy_is_paused())
        for name, mean in means.items():
            self._metrics["train"][name].append(mean)

    def critic_state(self) -> dict[str, Any]:
        """Return whether the critic is warm, and the weight of the KL term."""
        return {"critic_is_warm": self._critic_is_warm, "beta": self.beta}

    def load_critic_state(self, state: dict[str, Any]) -> None:
        """Go on from what `critic_state` returned."""
        self._critic_is_warm = state["critic_is_warm"]
        if self._adaptive_kl is not None:
            self.beta = state["beta"]


class _PausedPolicy(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
    """Takes the gradients from a policy that is not to move: an optimizer leaves alone what has none, decay included.

    DeepSpeed's cannot: there a paused policy has gradients of 0, and a weight decay would still act.
    """

    def __init__(self, trainer: PPOTrainer) -> None:
        self._trainer = trainer

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Look at the window's divergence, and act on it."""
        self._trainer.close_window()
        if self._trainer.policy_is_paused() and not self._trainer.is_deepspeed_enabled:
            for weight in self._trainer.policy_parameters():
                weight.grad = None
