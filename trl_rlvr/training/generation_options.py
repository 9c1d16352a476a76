"""Which settings of generation mean the same when a batch is generated in several calls, with other rows in each."""

import copy
from typing import Any

from transformers import GenerationConfig

_ROWWISE = frozenset(
    {
        *("bos_token_id", "disable_compile", "do_sample", "eos_token_id", "max_length", "max_new_tokens", "min_p"),
        *("pad_token_id", "repetition_penalty", "suppress_tokens", "temperature", "top_k", "top_p"),
    }
)
"""They look at one row and its tokens so far. `max_length` has no part where `max_new_tokens` is given."""
_NEUTRAL: dict[str, Any] = {
    "assistant_confidence_threshold": 0.4,
    "assistant_lookbehind": 10,
    "diversity_penalty": 0.0,
    "early_stopping": False,
    "encoder_no_repeat_ngram_size": 0,
    "encoder_repetition_penalty": 1.0,
    "epsilon_cutoff": 0.0,
    "eta_cutoff": 0.0,
    "is_assistant": False,
    "length_penalty": 1.0,
    "min_length": 0,
    "no_repeat_ngram_size": 0,
    "num_assistant_tokens": 20,
    "num_assistant_tokens_schedule": "constant",
    "num_beam_groups": 1,
    "num_beams": 1,
    "num_return_sequences": 1,
    "output_attentions": False,
    "output_hidden_states": False,
    "output_logits": False,
    "output_scores": False,
    "remove_invalid_values": False,
    "renormalize_logits": False,
    "return_dict_in_generate": False,
    "target_lookbehind": 10,
    "token_healing": False,
    "typical_p": 1.0,
    "use_cache": True,
    "use_mtp": False,
}
"""Settings with the value at which they do nothing, as transformers fills them in."""
_DESCRIPTIONS = frozenset({"_from_model_config", "transformers_version"})


def merged(given: GenerationConfig, model: Any) -> GenerationConfig:
    """Return the settings that `generate` follows: those given, and the model's own for what these leave open."""
    settings = copy.deepcopy(given)
    settings.update(**model.generation_config.to_dict(), defaults_only=True, allow_custom_entries=True)
    return settings


def reason_against(settings: GenerationConfig) -> str | None:
    """Say which of the merged settings are not known to look at one row only; None if all are."""
    unknown = [
        f"{name}={value!r}"
        for name, value in sorted(settings.to_dict().items())
        if value is not None and name not in _ROWWISE | _DESCRIPTIONS and value != _NEUTRAL.get(name)
    ]
    if unknown:
        return f"the generation settings {', '.join(unknown)} are not known to look at one row only"
    if not isinstance(settings.max_new_tokens, int):
        return "the generation settings have no max_new_tokens"
    if settings.eos_token_id is None or not isinstance(settings.pad_token_id, int):
        return "the generation settings have no eos_token_id or no pad_token_id"
    return None
