"""`GRPOTrainer` with a critic on board: attached to the model, optimized at a rate of its own, saved beside it.

It does nothing with the values yet; that is `PPOTrainer`'s.
"""

from pathlib import Path
from typing import Any

import torch
from accelerate.utils import is_peft_model
from torch import Tensor
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.grpo import EfficientGRPOTrainer
from trl_rlvr.training.ppo.checkpoint import critic_weights, load_critic, read_state, save_critic, write_state
from trl_rlvr.training.ppo.config import PPOConfig
from trl_rlvr.training.ppo.critic import Critic, is_critics


class CriticTrainer(EfficientGRPOTrainer):
    """`EfficientGRPOTrainer` whose model has a critic.

    Args:
        *given: As for `GRPOTrainer`, with a `PPOConfig`.
        **kwargs: As for `EfficientGRPOTrainer`.

    Raises:
        ConfigError: The options cannot be used with this model or this launcher.
    """

    def __init__(self, *given: Any, **kwargs: Any) -> None:
        super().__init__(*given, **kwargs)
        self._refuse_what_cannot_be()
        self._add_critic(self.args)

    def critic_state(self) -> dict[str, Any]:
        """Return what else a checkpoint must hold, ready for JSON."""
        return {}

    def load_critic_state(self, state: dict[str, Any]) -> None:
        """Take over what `critic_state` returned."""

    def _refuse_what_cannot_be(self) -> None:
        plugin = self.accelerator.state.deepspeed_plugin
        rows = len(self.train_dataset) if hasattr(self.train_dataset, "__len__") else None
        wanted = self.args.generation_batch_size // self.num_generations
        reasons = {
            "PPO reads text only, and this model takes images": self._is_vlm,
            "PPO has not been tried under FSDP; launch it with DDP or DeepSpeed": self.is_fsdp_enabled,
            "target_kl needs an optimizer that can leave weights alone, which DeepSpeed's cannot": (
                plugin is not None and self.args.target_kl is not None
            ),
            "the DeepSpeed configuration names an optimizer; leave it out, so that the critic gets a rate of its own": (
                plugin is not None and "optimizer" in plugin.deepspeed_config
            ),
            f"a generation batch takes {wanted} problems and the data set has {rows}; lower "
            "per_device_train_batch_size or steps_per_generation": rows is not None and rows < wanted,
        }
        for reason, applies in reasons.items():
            if applies:
                raise ConfigError(reason)

    def _add_critic(self, args: PPOConfig) -> None:
        kind = args.critic or ("adapter" if is_peft_model(self.model) else "head")
        with torch.random.fork_rng():  # what is sampled shall not depend on the kind of the critic
            torch.manual_seed(args.seed)
            self.critic = Critic(self.model, kind, load_trunk=self._load_trunk, cast_adapter=not self._zero3())
        if args.critic_name_or_path is not None:
            load_critic(self.critic, args.critic_name_or_path)
        self._shares_prompts = self._shares_prompts and self.critic.fits_packed_rows()
        if self.use_vllm:
            self.vllm_generation.sync_weights = self._without_critic(self.vllm_generation.sync_weights)

    def _zero3(self) -> bool:
        plugin = self.accelerator.state.deepspeed_plugin
        return plugin is not None and plugin.zero_stage == 3

    def _load_trunk(self, name: str) -> Any:
        from transformers import AutoModel

        kwargs = {"dtype": self.model.dtype, "trust_remote_code": self.args.trust_remote_code}
        try:
            trunk = AutoModel.from_pretrained(
                name, **kwargs, attn_implementation=self.model.config._attn_implementation
            )
        except (OSError, ValueError) as error:
            raise ConfigError(f"critic {name!r} is neither 'adapter' nor 'head' nor a model: {error}") from error
        if self.args.gradient_checkpointing:
            trunk.gradient_checkpointing_enable(self.args.gradient_checkpointing_kwargs)
        return trunk

    def _without_critic(self, method: Any) -> Any:
        def detached(*args: Any, **kwargs: Any) -> Any:
            with self.critic.detached():
                return method(*args, **kwargs)

        return detached

    def create_optimizer(self, model: Any = None) -> Any:
        """As in transformers, with a group of its own for the critic's weights."""
        weights = list(self.critic.named_parameters().values())
        for weight in weights:
            weight.requires_grad_(False)
        optimizer = super().create_optimizer(model)
        self.critic.thaw()
        rate = self.args.critic_learning_rate or self.args.learning_rate
        if not any(weight is weights[0] for group in optimizer.param_groups for weight in group["params"]):
            optimizer.add_param_group({"params": weights, "lr": rate, "weight_decay": self.args.weight_decay})
        return optimizer

    def _clip_grad_norm(self, model: Any) -> Any:
        """As in transformers, but for the policy and the critic apart, so that neither scales down the other."""
        if self.is_deepspeed_enabled:  # which clips while it steps
            return super()._clip_grad_norm(model)
        limit, critics = self.args.max_grad_norm, list(self.critic.named_parameters().values())
        norm = self.accelerator.clip_grad_norm_(critics, limit)
        self._metrics["train"]["ppo/critic_grad_norm"].append(float(norm))
        # Not by the accelerator once more: float16's scaler takes its scale off the gradients one time only.
        return torch.nn.utils.clip_grad_norm_(self.policy_parameters(), limit)

    def policy_parameters(self) -> list[Tensor]:
        """Return the weights of the policy without those of the critic."""
        return [weight for name, weight in self.model.named_parameters() if not is_critics(name)]

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Tensor] | None = None) -> None:
        """As in transformers, the policy by itself; and the critic in a folder of its own beside it."""
        folder = output_dir or self.args.output_dir
        weights = critic_weights(self.critic.named_parameters() if state_dict is None else state_dict)
        if state_dict is None and is_peft_model(self.model):  # of which PEFT would save every adapter's
            state_dict = self.model.state_dict()
        if state_dict is not None:
            state_dict = {name: tensor for name, tensor in state_dict.items() if not is_critics(name)}
        with self.critic.detached():
            super()._save(output_dir, state_dict)
        if self.args.should_save and weights:
            save_critic(folder, self.critic.kind, weights)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        """As in transformers, and the critic after the policy. DeepSpeed reads both from files of its own."""
        with self.critic.detached():
            super()._load_from_checkpoint(resume_from_checkpoint, model)
        load_critic(self.critic, resume_from_checkpoint)
        self.critic.thaw()

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        if self.args.should_save:
            folder = Path(self._get_output_dir(trial=trial)) / f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}"
            write_state(folder, self.critic_state())

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint is not None:
            self.load_critic_state(read_state(checkpoint))
