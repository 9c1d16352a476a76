"""Which PEFT adapters change weights alone, so that each token's output depends on the tokens that it had seen before.

Others put virtual tokens in front of the padding (prompt, prefix and p-tuning), or begin at a token of the prompt
(activated LoRA): rows and columns cannot be left out, packed or read apart.
"""

import dataclasses
from typing import Any

_WEIGHT_ADAPTERS = frozenset({"IA3", "LOHA", "LOKR", "OFT", "VERA"})
"""Kinds of adapter, all of whose options are about weights."""
_LORA_OPTIONS = frozenset(
    {
        *("peft_type", "peft_version", "auto_mapping", "base_model_name_or_path", "revision", "task_type"),
        *("inference_mode", "r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules", "fan_in_fan_out"),
        *("bias", "lora_bias", "use_rslora", "use_dora", "modules_to_save", "init_lora_weights", "target_parameters"),
        *("layers_to_transform", "layers_pattern", "rank_pattern", "alpha_pattern", "trainable_token_indices"),
        *("ensure_weight_tying", "loftq_config", "eva_config", "corda_config", "runtime_config"),
    }
)
"""Options of LoRA that are about weights; each other one must be as by default."""


def reason_against_adapters(model: Any) -> str | None:
    """Say which adapter of a model, active or not, is not known to change weights alone; None if there is none."""
    adapters = getattr(model, "peft_config", None) or {}
    for config in adapters.values():
        kind = str(getattr(config.peft_type, "value", config.peft_type))
        if kind == "LORA":
            unknown = _changed_options(config) - _LORA_OPTIONS
            if unknown:
                return f"the adapter is LoRA with {sorted(unknown)}"
        elif kind not in _WEIGHT_ADAPTERS:
            return f"the adapter is of kind {kind}, and known are LORA, {', '.join(sorted(_WEIGHT_ADAPTERS))}"
    return None


def _changed_options(config: Any) -> set[str]:
    """Return the options that differ from the defaults of their class."""
    default = type(config)()
    return {
        option.name
        for option in dataclasses.fields(config)
        if getattr(config, option.name) != getattr(default, option.name, None)
    }
