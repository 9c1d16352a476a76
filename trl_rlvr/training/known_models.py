"""Which models our faster paths are known to be right for; every other one is trained and sampled as TRL does it.

A model is known if it is transformers' own class of a family that the tests build and compare with `GRPOTrainer` and
`generate`, with rotary positions, attention and an adapter that they compare too. Each function says what is not known
about a model, or returns None where it is known.
"""

from typing import Any

from trl_rlvr.training.known_adapters import reason_against_adapters

_RELATIVE = frozenset(
    {
        *("arcee", "apertus", "cohere", "cohere2", "deepseek_v2", "deepseek_v3", "dots1", "ernie4_5", "ernie4_5_moe"),
        *("exaone4", "flex_olmo", "gemma", "gemma2", "gemma3_text", "glm", "glm4", "glm4_moe", "gpt_neox", "gpt_oss"),
        *("granite", "granitemoe", "granitemoeshared", "helium", "llama", "minimax_m2", "ministral", "mistral"),
        *("mixtral", "nemotron", "olmo", "olmo2", "olmo3", "olmoe", "persimmon", "phi", "phi3", "phimoe", "qwen2"),
        *("qwen2_moe", "qwen3", "qwen3_moe", "seed_oss", "smollm3", "stablelm", "starcoder2", "vaultgemma"),
    }
)
"""Rotary positions and attention alone: a logit depends on distances between tokens only."""
_FROM_FIRST_COLUMN = frozenset(
    {
        *("bamba", "bloom", "codegen", "falcon", "falcon_h1", "falcon_mamba", "gpt2", "gpt_bigcode", "gpt_neo", "gptj"),
        *("granitemoehybrid", "jamba", "lfm2", "lfm2_moe", "mamba", "mamba2", "nemotron_h", "olmo_hybrid"),
        *("qwen3_5_moe_text", "qwen3_5_text", "qwen3_next", "recurrent_gemma"),
    }
)
"""Positions count from the first column, or a recurrence runs through the padding: it must stay in front."""
KNOWN_FAMILIES = _RELATIVE | _FROM_FIRST_COLUMN
"""Model types in which rows do not see each other, and a token does not see the ones behind it."""
PACKED_FAMILIES = frozenset({"llama", "mistral", "olmo2", "phi3", "qwen2", "qwen3", "smollm3"})
"""Those that take a mask of four dimensions and positions beside it."""

_ROPE_TYPES = frozenset({"default", "linear", "llama3", "yarn"})
"""Those whose frequencies do not depend on the length of the batch, as those of `dynamic` and `longrope` do."""
_ROPE_PARAMETERS = frozenset(
    {
        *("attention_factor", "beta_fast", "beta_slow", "factor", "high_freq_factor", "low_freq_factor", "mscale"),
        *("mscale_all_dim", "original_max_position_embeddings", "partial_rotary_factor", "rope_theta", "rope_type"),
        "truncate",
    }
)
"""Those that keep positions relative; `llama_4_scaling_beta`, for one, scales by the position itself."""
_ATTENTION = frozenset({"eager", "sdpa", "flash_attention_2", "flash_attention_3"})
_MASKED_ATTENTION = frozenset({"eager", "sdpa"})
"""Implementations that take any mask."""
_POSITION_FREE_LAYERS = frozenset({"full_attention", "sliding_attention"})


def reason_against_skipping(model: Any) -> str | None:
    """Say why rows, and columns that are padding behind all completions, cannot be left out of a forward pass."""
    return _reason_against_model(model) or reason_against_adapters(model)


def reason_against_cutting(model: Any) -> str | None:
    """Say why columns that are padding in front of all prompts cannot be cut."""
    reason = reason_against_skipping(model)
    if reason is not None:
        return reason
    config = _config(model)
    kinds = set(getattr(config, "layer_types", None) or ()) - _POSITION_FREE_LAYERS
    if config.model_type not in _RELATIVE or not getattr(config, "rope_parameters", None):
        return "positions of this model count from the first column"
    if kinds:
        return f"layers of kind {sorted(kinds)} are not known to count positions from the first token"
    return None


def reason_against_packing(model: Any) -> str | None:
    """Say why the completions of a prompt cannot be packed into one sequence behind it."""
    reason = reason_against_cutting(model)
    if reason is not None:
        return reason
    config = _config(model)
    if config.model_type not in PACKED_FAMILIES:
        return f"model type {config.model_type!r} is not one of {sorted(PACKED_FAMILIES)}"
    if config._attn_implementation not in _MASKED_ATTENTION:
        return f"the attention {config._attn_implementation!r} is not one of {sorted(_MASKED_ATTENTION)}"
    kinds = set(getattr(config, "layer_types", None) or ()) - {"full_attention"}
    if kinds or (getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True)):
        return "layers with a sliding window need a mask of their own"
    return None


def reason_against_regrouping(model: Any) -> str | None:
    """Say why rows cannot leave a batch while it is generated, and prompts cannot be read apart from it."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    reason = reason_against_skipping(model)
    if reason is None and any(type(one) is not DynamicLayer for one in DynamicCache(config=_config(model)).layers):
        return "the cache of this model cannot be taken apart"
    return reason


def _base(model: Any) -> Any:
    """Return the model without PEFT's wrapper."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _config(model: Any) -> Any:
    return _base(model).config


def _reason_against_model(model: Any) -> str | None:
    base, config = _base(model), _config(model)
    family = getattr(config, "model_type", None)
    if not type(base).__module__.startswith("transformers.models."):
        return f"{type(base).__name__} is not a class of transformers"
    if config.get_text_config(decoder=True) is not config:
        return f"{type(base).__name__} is more than a decoder of text"
    if family not in KNOWN_FAMILIES:
        return f"model type {family!r} is not among the {len(KNOWN_FAMILIES)} that were compared with GRPOTrainer"
    if getattr(config, "use_bidirectional_attention", None) or not getattr(config, "is_causal", True):
        return "tokens of this model attend to later ones"
    if config._attn_implementation not in _ATTENTION:
        return f"the attention {config._attn_implementation!r} is not one of {sorted(_ATTENTION)}"
    return _reason_against_rope(getattr(config, "rope_parameters", None) or {})


def _reason_against_rope(rope: dict[str, Any]) -> str | None:
    """Say what is not known about rotary positions, given once or for each kind of layer."""
    parts = [part for part in rope.values() if isinstance(part, dict)] or [rope]
    for part in parts:
        kind = part.get("rope_type", "default")
        if kind not in _ROPE_TYPES:
            return f"rotary positions of type {kind!r} may depend on the length of the batch"
        unknown = {name for name, value in part.items() if value is not None} - _ROPE_PARAMETERS
        if unknown:
            return f"rotary positions with {sorted(unknown)} may depend on the position itself"
    return None
