"""Generation without idle work: each distinct prompt is read once, and a row leaves the batch when it has ended.

Every token is sampled by the model's own `generate`, from the same distribution; only the random numbers fall to other
rows. `generate` alone reads a prompt once for each of its samples, and computes ended rows until the longest has ended.
"""

import copy
import logging
from collections.abc import Callable
from typing import Any

import torch
import transformers
from packaging.version import Version
from transformers import (
    DynamicCache,
    GenerationConfig,
    GenerationMixin,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from trl_rlvr.training.generation_options import merged, reason_against
from trl_rlvr.training.known_models import reason_against_regrouping

logger = logging.getLogger(__name__)

ENDED_SHARE = 0.25
"""Ended rows are taken out when they are this share of the batch: each time costs a copy of the cache."""

_INPUTS = {"input_ids", "attention_mask", "generation_config"}
_CACHE = "cache" if Version(transformers.__version__) >= Version("5.24") else "past_key_values"
"""The argument of `generate` that takes a cache."""


class RowProcessor(LogitsProcessor):  # type: ignore[misc]  # transformers is not type-checked here
    """A processor of scores that looks at each row alone, and is told which rows are left."""

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows of the present ones, in this order."""


class CompactGenerate:
    """Stands in for the `generate` of a model.

    Only known models (`known_models`) with settings known to look at one row (`generation_options`) are generated so;
    everything else is left to the model's own method, which is said once with the reason.

    Args:
        model: the model, with or without an adapter.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        replaced = vars(model).get("generate")
        again = isinstance(replaced, CompactGenerate)  # by an earlier trainer of the same model
        self._generate: Callable[..., torch.Tensor] = replaced._generate if again else model.generate
        self._is_stock = again or (replaced is None and _generates_as_transformers(model))
        self._said: set[str] = set()

    @property
    def plain(self) -> Callable[..., torch.Tensor]:
        """The model's own method."""
        return self._generate

    def __call__(self, **given: Any) -> torch.Tensor:
        """Return prompts with their completions behind them, shape (rows, tokens), as `generate` does."""
        processors = given.pop("logits_processor", LogitsProcessorList())
        reason = self._reason_against(given, processors)
        if reason is None:
            return self._compact(given["input_ids"], given["attention_mask"], given["generation_config"], processors)
        if reason not in self._said:
            self._said.add(reason)
            logger.warning("completions are generated as in GRPOTrainer, ended rows included: %s", reason)
        return self._generate(**given, **({"logits_processor": processors} if processors else {}))

    def _reason_against(self, given: dict[str, Any], processors: LogitsProcessorList) -> str | None:
        if given.keys() != _INPUTS or not all(isinstance(one, RowProcessor) for one in processors):
            names = sorted({*given, *(type(one).__name__ for one in processors)})
            return f"generate was given {names}"
        if not self._is_stock:
            return "the model has a generate of its own"
        return reason_against_regrouping(self._model) or reason_against(merged(given["generation_config"], self._model))

    def _compact(
        self, ids: torch.Tensor, mask: torch.Tensor, config: GenerationConfig, processors: LogitsProcessorList
    ) -> torch.Tensor:
        settings = merged(config, self._model)
        most, ends = settings.max_new_tokens, torch.tensor(settings.eos_token_id, device=ids.device).reshape(-1)
        cache = self._read_prompts(ids, mask, config)
        sampled = ids.new_full((len(ids), most), settings.pad_token_id)
        rows, width, count = torch.arange(len(ids), device=ids.device), ids.shape[1], 0
        prompts = ids
        while True:
            ended = _ManyEnded(ends, ids)
            longer = self._go_on(ids, mask, cache, config, most - count, ended, processors=processors)
            new = longer[:, ids.shape[1] :]
            sampled[rows, count : count + new.shape[1]] = new
            count += new.shape[1]
            alive = ~torch.isin(longer[:, width:], ends).any(dim=1)
            if count == most or not alive.any():
                return torch.cat([prompts, sampled[:, :count]], dim=1)
            kept = alive.nonzero()[:, 0]
            mask = torch.cat([mask, mask.new_ones(new.shape)], dim=1)[kept]
            ids, rows = longer[kept], rows[kept]
            cache.batch_select_indices(kept)
            for processor in processors:
                processor.keep(kept)

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
        processors: LogitsProcessorList | None = None,
    ) -> torch.Tensor:
        config = copy.deepcopy(config)
        config.max_new_tokens = most_tokens
        hook = self._model.get_output_embeddings().register_forward_pre_hook(_contiguous)
        try:
            return self._generate(
                input_ids=ids,
                attention_mask=mask,
                generation_config=config,
                stopping_criteria=StoppingCriteriaList(criteria),
                logits_processor=processors,
                **{_CACHE: cache},
            )
        finally:
            hook.remove()


def _contiguous(head: torch.nn.Module, states: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """Copy the states of the last position together; they are a slice of the prompts' states.

    On a CPU torch multiplies a slice by one copy of a frozen head for each row, which is most of the time and of the
    memory that reading prompts takes with LoRA.
    """
    return tuple(one.contiguous() for one in states)


def _generates_as_transformers(model: Any) -> bool:
    """True where nobody has replaced `generate` of the model itself, beneath an adapter."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    return "generate" not in vars(base) and type(base).generate is GenerationMixin.generate


class _ManyEnded(StoppingCriteria):  # type: ignore[misc]  # transformers is not type-checked here
    """Ends generation, for all rows, once enough of them have ended since it began."""

    def __init__(self, ends: torch.Tensor, ids: torch.Tensor) -> None:
        self.ends, self.begin = ends, ids.shape[1]
        self.enough = max(1, int(ENDED_SHARE * len(ids)))

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        ended = torch.isin(input_ids[:, self.begin :], self.ends).any(dim=1)
        return (ended.sum() >= self.enough).expand(len(input_ids))
