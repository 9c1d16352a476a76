"""Generation without idle work: each distinct prompt is read once, and a row leaves the batch when it has ended.

Every token is sampled by the model's own `generate`, from the same distribution; only the random numbers fall to other
rows. `generate` alone reads a prompt once for each of its samples, and computes ended rows until the longest has ended.
"""

import copy
import logging
from collections.abc import Callable
from typing import Any

import torch
from transformers import DynamicCache, GenerationConfig, StoppingCriteria, StoppingCriteriaList
from transformers.cache_utils import DynamicLayer

logger = logging.getLogger(__name__)

ENDED_SHARE = 0.25
"""Ended rows are taken out when they are this share of the batch: each time costs a copy of the cache."""

_INPUTS = {"input_ids", "attention_mask", "generation_config"}
_SAFE_OPTIONS = {
    "bos_token_id", "disable_compile", "do_sample", "eos_token_id", "max_new_tokens", "min_p", "pad_token_id",
    "repetition_penalty", "suppress_tokens", "temperature", "top_k", "top_p", "transformers_version",
}  # fmt: skip
"""Options that mean the same when a batch is generated in several calls, with other rows in each."""


class CompactGenerate:
    """Stands in for the `generate` of a model.

    What it cannot do alike - other inputs or options than TRL's plain ones, a cache that cannot be taken apart - it
    leaves to the model's own method, and says so once.

    Args:
        model: the model, with or without an adapter.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._generate: Callable[..., torch.Tensor] = model.generate
        self._said: set[str] = set()

    @property
    def plain(self) -> Callable[..., torch.Tensor]:
        """The model's own method."""
        return self._generate

    def __call__(self, **given: Any) -> torch.Tensor:
        """Return prompts with their completions behind them, shape (rows, tokens), as `generate` does."""
        reason = self._reason_against(given)
        if reason is None:
            return self._compact(given["input_ids"], given["attention_mask"], given["generation_config"])
        if reason not in self._said:
            self._said.add(reason)
            logger.warning("completions are generated as in GRPOTrainer, ended rows included: %s", reason)
        return self._generate(**given)

    def _reason_against(self, given: dict[str, Any]) -> str | None:
        if given.keys() != _INPUTS:
            return f"generate was given {sorted(given)}"
        options = set(given["generation_config"].to_diff_dict()) - _SAFE_OPTIONS
        if options:
            return f"the generation options {sorted(options)} look at the whole batch or its length"
        adapter = getattr(self._model, "active_peft_config", None)
        layers = DynamicCache(config=self._model.config.get_text_config(decoder=True)).layers
        if any(type(layer) is not DynamicLayer for layer in layers) or getattr(adapter, "is_prompt_learning", False):
            return "the cache of this model cannot be taken apart"
        return None

    def _compact(self, ids: torch.Tensor, mask: torch.Tensor, config: GenerationConfig) -> torch.Tensor:
        ends = torch.tensor(config.eos_token_id, device=ids.device).reshape(-1)
        cache = self._read_prompts(ids, mask, config)
        sampled = ids.new_full((len(ids), config.max_new_tokens), config.pad_token_id)
        rows, width, count = torch.arange(len(ids), device=ids.device), ids.shape[1], 0
        prompts = ids
        while True:
            longer = self._go_on(ids, mask, cache, config, config.max_new_tokens - count, _ManyEnded(ends, ids))
            new = longer[:, ids.shape[1] :]
            sampled[rows, count : count + new.shape[1]] = new
            count += new.shape[1]
            alive = ~torch.isin(longer[:, width:], ends).any(dim=1)
            if count == config.max_new_tokens or not alive.any():
                return torch.cat([prompts, sampled[:, :count]], dim=1)
            kept = alive.nonzero()[:, 0]
            mask = torch.cat([mask, mask.new_ones(new.shape)], dim=1)[kept]
            ids, rows = longer[kept], rows[kept]
            cache.batch_select_indices(kept)

    def _read_prompts(self, ids: torch.Tensor, mask: torch.Tensor, config: GenerationConfig) -> DynamicCache:
        """Return a cache that holds all but the last token of each row's prompt; empty where none are alike."""
        cache = DynamicCache(config=self._model.config.get_text_config(decoder=True))
        padded = torch.where(mask.bool(), ids, -1)  # a padding token may be an honest one elsewhere
        _, inverse = torch.unique(padded, dim=0, return_inverse=True)
        distinct = int(inverse.max()) + 1
        if distinct == len(ids) or ids.shape[1] < 2:
            return cache
        first = torch.stack([(inverse == one).nonzero()[0, 0] for one in range(distinct)])
        self._go_on(ids[first], mask[first], cache, config, 1)  # for the cache; its token is not used
        cache.crop(ids.shape[1] - 1 - cache.get_seq_length())
        cache.batch_select_indices(inverse)
        return cache

    def _go_on(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        cache: DynamicCache,
        config: GenerationConfig,
        most_tokens: int,
        *criteria: StoppingCriteria,
    ) -> torch.Tensor:
        config = copy.deepcopy(config)
        config.max_new_tokens = most_tokens
        return self._generate(
            input_ids=ids,
            attention_mask=mask,
            past_key_values=cache,
            generation_config=config,
            stopping_criteria=StoppingCriteriaList(criteria),
        )


class _ManyEnded(StoppingCriteria):  # type: ignore[misc]  # transformers is not type-checked here
    """Ends generation, for all rows, once enough of them have ended since it began."""

    def __init__(self, ends: torch.Tensor, ids: torch.Tensor) -> None:
        self.ends, self.begin = ends, ids.shape[1]
        self.enough = max(1, int(ENDED_SHARE * len(ids)))

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        ended = torch.isin(input_ids[:, self.begin :], self.ends).any(dim=1)
        return (ended.sum() >= self.enough).expand(len(input_ids))
