"""End a completion at the closing code fence, where the prompt has opened one (`data_prompt_style: chat_code`).

Whatever a model writes behind its code is sampled, paid for and thrown away; with a fence that ends it, nothing is.
"""

from collections.abc import Sequence
from typing import Any

from trl import GRPOConfig, GRPOTrainer

from trl_rlvr.errors import ConfigError


def fence_ids(tokenizer: Any) -> list[int]:
    """Return the ids of all tokens that a closing fence can begin with.

    Raises:
        ConfigError: the tokenizer writes a fence in pieces that mean other things as well.
    """
    texts = tokenizer.batch_decode([[token] for token in range(len(tokenizer))])
    ids = [token for token, text in enumerate(texts) if text.lstrip().startswith("```")]
    if not ids:
        raise ConfigError("this tokenizer has no token for a code fence; use data_prompt_style chat or completion")
    return ids


def stop_vllm_at(ids: Sequence[int], grpo: GRPOConfig) -> None:
    """Tell vLLM, which is started with the trainer, to end completions at these tokens."""
    if grpo.use_vllm and ids:
        grpo.generation_kwargs = {**(grpo.generation_kwargs or {}), "stop_token_ids": list(ids)}


def stop_trainer_at(ids: Sequence[int], trainer: GRPOTrainer) -> None:
    """Let these tokens end a completion beside those that the model has for it."""
    trainer.eos_token_ids = [*trainer.eos_token_ids, *ids]
    if not trainer.use_vllm:
        trainer.generation_kwargs["eos_token_id"] = trainer.eos_token_ids
        trainer.generation_config.eos_token_id = trainer.eos_token_ids
