"""The critic: what it is made of, and how one call of the policy gives values beside log-probabilities.

Its weights are a child of the policy, named `critic`, so that DDP and DeepSpeed wrap, reduce and shard them with the
rest. Whoever saves or exports the policy must do so while the critic is `detached`.
"""

import contextlib
import copy
import functools
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.shared_prompts import PackedRows

NAME = "critic"
"""Of the child module and of the LoRA adapter: the parts of parameter names that are the critic's."""


class ValueHead(nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """One number for a hidden state, float32 whatever the trunk's dtype is, and 0 before any training.

    Args:
        hidden_size: Of the trunk.
    """

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, hidden_size, dtype=torch.float32))
        self.bias = nn.Parameter(torch.zeros(1, dtype=torch.float32))

    def forward(self, hidden: Tensor) -> Tensor:
        """Return values, (B, L), of hidden states, (B, L, H)."""
        # DeepSpeed's bf16 casts these weights with all others: the sum is taken in float32 all the same.
        with torch.autocast(hidden.device.type, enabled=False):
            return nn.functional.linear(hidden.float(), self.weight.float(), self.bias.float()).squeeze(-1)


@dataclass
class Asked:
    """What one or more calls of the policy gave while values were asked for, in the layout of those calls."""

    values_only: bool
    """True to leave the language model's head out."""
    detached: bool
    """True to keep the gradient of the values off a trunk that is the policy's own."""
    log_probs: list[Tensor] = field(default_factory=list)
    """Of each call: (rows, width - 1), of each token but the first."""
    values: list[Tensor] = field(default_factory=list)
    """Of each call: (rows, width), of the state behind each token."""


class Critic:
    """Gives the policy a critic of one kind, and asks it for values.

    Args:
        policy: The language model, with or without an adapter, to which `add_fused_lm_head` of TRL was applied.
        kind: `adapter`, `head`, or the path or id of a model.
        load_trunk: Loads a model of its own, from that path or id; called for such a critic only.
        cast_adapter: False to leave the adapter in the base's dtype, as ZeRO-3 needs it.

    Raises:
        ConfigError: This policy cannot have a critic of this kind.
    """

    def __init__(
        self, policy: Any, kind: str, *, load_trunk: Callable[[str], nn.Module], cast_adapter: bool = True
    ) -> None:
        self.policy = policy
        self.kind = kind if kind in ("adapter", "head") else "model"
        self._base = policy.get_base_model() if hasattr(policy, "peft_config") else policy
        self._asked: Asked | None = None
        self._captured: Any = None
        """The hidden states of the policy's own trunk, from its latest call."""
        self._tuner_layers: list[Any] = []
        config = self._base.config.get_text_config()
        weights = nn.Module()
        if self.kind == "model":
            weights.trunk = load_trunk(kind)
            config = self._checked_config(weights.trunk, config)
        weights.head = ValueHead(config.hidden_size)
        if self.kind == "adapter":
            self._add_adapter(cast_adapter)
        weights.to(policy.get_output_embeddings().weight.device)
        self._base.add_module(NAME, weights)
        self._weights = (weights,)  # in a tuple, as it must be reached while the policy does not have it
        self._base.base_model.register_forward_hook(self._capture)
        self._extend_forward()
        self.thaw()

    def _checked_config(self, trunk: nn.Module, policy_config: Any) -> Any:
        config = trunk.config.get_text_config()
        if config.vocab_size < policy_config.vocab_size:
            raise ConfigError(
                f"the critic's model knows {config.vocab_size} tokens and the policy {policy_config.vocab_size}; give "
                "a critic of the policy's family, with its tokenizer"
            )
        return config

    def _add_adapter(self, cast: bool) -> None:
        from peft import LoraConfig
        from peft.tuners.tuners_utils import BaseTunerLayer

        configs = getattr(self.policy, "peft_config", {})
        own = configs.get(getattr(self.policy, "active_adapter", None))
        if not isinstance(own, LoraConfig):
            raise ConfigError(
                f"critic 'adapter' needs a policy with LoRA, and this one has {type(own).__name__ if own else 'none'}; "
                "give use_peft: true (peft_config), or critic 'head' or a model"
            )
        config = copy.deepcopy(own)
        config.modules_to_save, config.inference_mode, config.init_lora_weights = None, False, True
        self.policy.add_adapter(NAME, config, autocast_adapter_dtype=cast)
        self._tuner_layers = [module for module in self._base.modules() if isinstance(module, BaseTunerLayer)]

    def _capture(self, module: nn.Module, args: Any, output: Any) -> None:
        if self._asked is not None and self.kind == "head":
            self._captured = output.last_hidden_state

    def _extend_forward(self) -> None:
        """Let the model's forward, which every wrapper calls, give values beside log-probabilities when asked to.

        In one call, because DDP that looks for unused parameters can take no second before the backward pass.
        """
        fused = self._base.forward

        @functools.wraps(fused)
        def forward(_: Any, *args: Any, fused_lm_head: bool = False, **kwargs: Any) -> Any:
            asked = self._asked
            if asked is None or not fused_lm_head:
                return fused(*args, **({"fused_lm_head": True} if fused_lm_head else {}), **kwargs)
            outputs: Any = {} if asked.values_only else fused(*args, fused_lm_head=True, **kwargs)
            values = self._values(asked, kwargs)
            asked.values.append(values)
            if not asked.values_only:
                asked.log_probs.append(outputs.log_probs)
                # DDP looks in the outputs for what takes part in the backward pass. TRL's loss does not use this one.
                outputs["loss"] = outputs.loss + 0.0 * values.sum()
            return outputs

        self._base.forward = types.MethodType(forward, self._base)

    def _values(self, asked: Asked, kwargs: dict[str, Any]) -> Tensor:
        labels = {"labels", "shift_labels", "num_items_in_batch", "output_router_logits"}
        inputs = {key: value for key, value in kwargs.items() if key not in labels} | {"use_cache": False}
        weights = self._weights[0]
        if self.kind == "model":
            hidden = weights.trunk(**inputs).last_hidden_state
        elif self.kind == "adapter":
            with self._adapter_active(), self._adapter_in_recomputation():
                hidden = self._base.base_model(**inputs).last_hidden_state
        else:
            if asked.values_only:
                self._base.base_model(**inputs)
            hidden, self._captured = self._captured, None
            hidden = hidden.detach() if asked.detached else hidden
        values: Tensor = weights.head(hidden)
        return values

    @contextlib.contextmanager
    def _adapter_active(self) -> Iterator[None]:
        """Compute with the critic's adapter. PEFT's own `set_adapter` would freeze the policy's."""
        before = [layer._active_adapter for layer in self._tuner_layers]
        for layer in self._tuner_layers:
            layer._active_adapter = [NAME]
        try:
            yield
        finally:
            for layer, active in zip(self._tuner_layers, before, strict=True):
                layer._active_adapter = active

    @contextlib.contextmanager
    def _adapter_in_recomputation(self) -> Iterator[None]:
        """Let gradient checkpointing compute with the critic's adapter again, when the backward pass asks for it."""
        modules = [m for m in self._base.base_model.modules() if "_gradient_checkpointing_func" in vars(m)]
        before = [module._gradient_checkpointing_func for module in modules]

        def checkpoint(original: Callable[..., Any], function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            def within(*inner: Any, **named: Any) -> Any:
                with self._adapter_active():
                    return function(*inner, **named)

            return original(within, *args, **kwargs)

        for module, original in zip(modules, before, strict=True):
            module._gradient_checkpointing_func = functools.partial(checkpoint, original)
        try:
            yield
        finally:
            for module, original in zip(modules, before, strict=True):
                module._gradient_checkpointing_func = original

    @contextlib.contextmanager
    def asked(self, *, values_only: bool = False, detached: bool = False) -> Iterator[Asked]:
        """Have each call of the policy with `fused_lm_head` give values as well; they gather in what is yielded."""
        self._asked = Asked(values_only, detached)
        try:
            yield self._asked
        finally:
            self._asked = None

    def named_parameters(self) -> dict[str, nn.Parameter]:
        """Return the critic's own weights by their names in the policy."""
        return {name: weight for name, weight in self.policy.named_parameters() if is_critics(name)}

    def thaw(self) -> None:
        """Make the critic's weights trainable, which PEFT undoes when it turns adapters off or changes them."""
        for weight in self.named_parameters().values():
            weight.requires_grad_(True)

    @contextlib.contextmanager
    def detached(self) -> Iterator[None]:
        """Leave the policy without its critic for a while: to save it, or to send its weights to an engine."""
        configs = getattr(self.policy, "peft_config", {})
        adapter = configs.pop(NAME, None)
        del self._base._modules[NAME]
        try:
            yield
        finally:
            self._base.add_module(NAME, self._weights[0])
            if adapter is not None:
                configs[NAME] = adapter

    def fits_packed_rows(self) -> bool:
        """Return whether the critic's trunk can read several completions in one sequence, if the policy's can."""
        trunk = getattr(self._weights[0], "trunk", None)
        return trunk is None or type(trunk.config) is type(self._base.config)


def is_critics(name: str) -> bool:
    """Return whether a parameter of the policy, by its full name, is the critic's own."""
    return NAME in name.split(".")


def values_at(
    values: Tensor, packing: PackedRows | None, completion_mask: Tensor, *, behind_the_last: bool = False
) -> Tensor:
    """Return the values of the states before each completion token, (B, T), or (B, T + 1) with that behind the last.

    Args:
        values: (rows, width), of the state behind each token of a forward pass.
        packing: How that pass held its rows.
        completion_mask: (B, T).
        behind_the_last: True for the last column.
    """
    width = completion_mask.shape[1]
    if packing is None:
        return values[:, -width - 1 :] if behind_the_last else values[:, -width - 1 : -1]
    if behind_the_last:
        completion_mask = torch.cat([completion_mask.new_ones(len(completion_mask), 1), completion_mask], dim=1)
    return packing.unpack(values, completion_mask)


def logps_at(log_probs: Tensor, packing: PackedRows | None, completion_mask: Tensor) -> Tensor:
    """Return the log-probabilities of completion tokens, (B, T), from those of all tokens but the first."""
    if packing is None:
        return log_probs[:, -completion_mask.shape[1] :]
    return packing.unpack(log_probs, completion_mask)
