"""GRPO without idle work: no row of zero advantage is forwarded, no prompt twice, and no ended row sampled any further.

The gradients are those of `GRPOTrainer`, to rounding. What TRL logs from inside the loss (`entropy`, `clip_ratio/*`,
`cispo_clip_ratio`, `vespo/*`) speaks of the forwarded rows only, and is absent from a step that had none.
"""

import logging
from typing import Any

import torch

from trl_rlvr.training.dynamic_sampling import DynamicSamplingTrainer
from trl_rlvr.training.generation import CompactGenerate
from trl_rlvr.training.known_models import reason_against_cutting, reason_against_packing, reason_against_skipping
from trl_rlvr.training.rows import KNOWN_KEYS, Batch, loss_mask, signal_first, signal_rows, token_cells, trim_padding
from trl_rlvr.training.shared_prompts import PackedRows, work

logger = logging.getLogger(__name__)

_MEANS_OVER_ROWS = frozenset({"grpo", "sapo", "dr_grpo", "luspo"})
"""Divided by the rows of the micro-batch: fewer rows make the loss too large by that share."""
_MEANS_OVER_TOKENS = frozenset({"bnpo"})
"""Divided by the tokens of the micro-batch."""
_MEANS_OVER_GENERATION = frozenset({"dapo", "cispo", "vespo"})
"""Divided by `num_items_in_batch`, counted before any row is dropped: nothing to correct."""

_VISION = "rows of a vision model hold more than tokens"

SUPPORTED_LOSS_TYPES = _MEANS_OVER_ROWS | _MEANS_OVER_TOKENS | _MEANS_OVER_GENERATION


class EfficientGRPOTrainer(DynamicSamplingTrainer):
    """`GRPOTrainer` that forwards only the rows that can move the weights, and each prompt once for all of its rows.

    A completion whose group was rewarded alike, or whose tokens are all masked, adds nothing to the gradient when
    `beta` is 0. Every rank forwards as many rows as the busiest one, at least one place-holder of two tokens, so that
    DDP, FSDP and ZeRO run the same collectives everywhere. Where the terms of such rows do not vanish (`beta`, entropy
    bonus, router loss, `top_entropy_quantile`, images), or the model or adapter is none of those that `known_models`
    lists, the trainer says so once and takes TRL's own path.

    With `torch_compile` every new shape compiles anew; give `pad_to_multiple_of` then.

    Args:
        *args: As for `GRPOTrainer`.
        skip_zero_gradient: False to forward every row, as `GRPOTrainer` does.
        compact_generation: False to generate as `GRPOTrainer` does. With vLLM, continuous batching, FSDP and ZeRO-3 it
            makes no difference; the last two must call the model in step on all ranks.
        share_prompts: False to forward a prompt with each of its completions, as `GRPOTrainer` does. Models and
            attention that `known_models` does not list are forwarded so as well, and completions so long that
            attention over all of them would cost more. Dropout strikes a prompt once for all of its completions.
        **kwargs: As for `GRPOTrainer`, and `curriculum` and `refinement` as for `DynamicSamplingTrainer`.

    Logged beside TRL's metrics, as shares (0..1) of the micro-batch: `forwarded/rows`, the rows with signal on the
    busiest rank, and `forwarded/tokens`, the cells (padding and place-holders included) that this rank forwarded.
    """

    def __init__(
        self,
        *args: Any,
        skip_zero_gradient: bool = True,
        compact_generation: bool = True,
        share_prompts: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if compact_generation and not self._ranks_in_step():
            self.model.generate = CompactGenerate(self.model)
        reasons = self._reasons_to_forward_all()
        self._skips_rows = skip_zero_gradient and not reasons
        self._cells = 0
        """Cells forwarded since the loss began, padding included."""
        self._packing: PackedRows | None = None
        """How the last forward pass held its rows: packed, or None for as they were."""
        to_keep_padding, to_repeat = self._reason_to_keep_padding(), self._reason_to_repeat_prompts()
        self._cuts_prompts = to_keep_padding is None  # kept: FSDP will change the model's class
        self._shares_prompts = share_prompts and to_repeat is None
        said = {
            "every row is forwarded": "; ".join(reasons) if skip_zero_gradient else None,
            "padding stays in front of the prompts": to_keep_padding if self._skips_rows else None,
            "a prompt is forwarded with each of its completions": to_repeat if share_prompts else None,
        }
        if self.accelerator.is_main_process:
            _say_as_in_trl(said)

    def _ranks_in_step(self) -> bool:
        """True where parameters are spread over the ranks, so that each must call the model as often as the others."""
        plugin = self.accelerator.state.deepspeed_plugin
        return self.is_fsdp_enabled or (plugin is not None and plugin.zero_stage == 3)

    def _reasons_to_forward_all(self) -> list[str]:
        """Say what makes rows of zero advantage matter; the same on every rank, since only settings decide."""
        found = {
            f"loss_type {self.loss_type!r} is not one of {sorted(SUPPORTED_LOSS_TYPES)}": (
                self.loss_type not in SUPPORTED_LOSS_TYPES
            ),
            f"beta is {self.beta}, and the KL term acts on every row": self.beta != 0.0,
            "the entropy bonus acts on every row": self._entropy_bonus_enabled,
            "the router's auxiliary loss acts on every row": self.aux_loss_enabled,
            "top_entropy_quantile is below 1, and its threshold is taken over every row": (
                self.top_entropy_quantile < 1.0
            ),
            _VISION: self._is_vlm,
        }
        reasons = [reason for reason, applies in found.items() if applies]
        unknown = None if self._is_vlm else reason_against_skipping(self.model)
        return reasons if unknown is None else [*reasons, unknown]

    def _reason_to_keep_padding(self) -> str | None:
        """Say why columns in front of the prompts cannot be cut; the same on every rank."""
        return _VISION if self._is_vlm else reason_against_cutting(self.model)

    def _positions_are_relative(self) -> bool:
        """True where cutting columns in front of the prompts cannot change a logit."""
        return self._cuts_prompts

    def _reason_to_repeat_prompts(self) -> str | None:
        """Say why completions cannot share their prompt; the same on every rank."""
        return _VISION if self._is_vlm else reason_against_packing(self.model)

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        **given: Any,
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        self._packing = None
        if not self._shares_prompts or any(value is not None and value is not False for value in given.values()):
            self._cells += input_ids.numel()
            found: tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]
            found = super()._get_per_token_logps_and_entropies(
                model, input_ids, attention_mask, logits_to_keep, batch_size, compute_entropy, **given
            )
            return found
        size = batch_size or len(input_ids)
        parts = [
            self._packed_logps(model, ids, mask, logits_to_keep, compute_entropy)
            for ids, mask in zip(input_ids.split(size), attention_mask.split(size), strict=True)
        ]
        logps = torch.cat([logps for logps, _ in parts])
        return logps, torch.cat([entropies for _, entropies in parts]) if compute_entropy else None, None

    def _packed(self, ids: torch.Tensor, mask: torch.Tensor, kept: int) -> PackedRows | None:
        """Return these rows packed, or None where they are better forwarded as they are."""
        if not self._shares_prompts:
            return None
        prompts = ids[:, :-kept], mask[:, :-kept]
        packed = PackedRows.of(*prompts, ids[:, -kept:], mask[:, -kept:], self.pad_to_multiple_of)
        hidden_size = self.model.config.get_text_config().hidden_size
        return packed if work(packed.ids, hidden_size) < work(ids, hidden_size) else None

    def _packed_inputs(self, packed: PackedRows) -> dict[str, torch.Tensor]:
        """Return what the model takes for packed rows."""
        is_eager = self.model.config.get_text_config()._attn_implementation == "eager"
        return {
            "input_ids": packed.ids,
            "attention_mask": packed.mask(self.model.dtype if is_eager else None),
            "position_ids": packed.positions,
        }

    def _packed_logps(
        self, model: Any, ids: torch.Tensor, mask: torch.Tensor, kept: int, compute_entropy: bool
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return log-probabilities and entropies of completion tokens, from one forward pass."""
        packed = self._packing = self._packed(ids, mask, kept)
        self._cells += (ids if packed is None else packed.ids).numel()
        if packed is None:
            logps, entropies, _ = super()._get_per_token_logps_and_entropies(
                model, ids, mask, kept, compute_entropy=compute_entropy
            )
            return logps, entropies
        with self.accelerator.autocast():
            outputs = model(**self._packed_inputs(packed), labels=packed.labels, fused_lm_head=True)
        logps = packed.unpack(outputs.log_probs, mask[:, -kept:])
        return logps, packed.unpack(outputs.entropy, mask[:, -kept:]) if compute_entropy else None

    def _compute_loss(self, model: Any, inputs: Batch) -> torch.Tensor:
        if not self._skips_rows or not self.model.training:
            return super()._compute_loss(model, inputs)
        small, busiest = self._without_idle_rows(inputs)
        metrics = self._metrics["train"]
        logged = {key: len(values) for key, values in metrics.items()}
        self._cells = 0
        loss: torch.Tensor = super()._compute_loss(model, small) * self._normaliser_share(inputs, small)
        if busiest == 0:  # place-holders only: what was just logged describes nothing
            for key, values in metrics.items():
                values[logged.get(key, 0) :] = [float("nan")] * (len(values) - logged.get(key, 0))
        metrics["forwarded/rows"].append(busiest / len(inputs["advantages"]))
        metrics["forwarded/tokens"].append(self._cells / token_cells(inputs))
        return loss

    def _without_idle_rows(self, batch: Batch) -> tuple[Batch, int]:
        """Return the rows to forward here, and how many of them carry signal on the rank that has most.

        The row count is agreed on between the ranks, because TRL gathers per-row metrics from inside the loss.
        """
        total = len(batch["advantages"])
        known = batch.keys() <= KNOWN_KEYS
        signal = signal_rows(batch)
        count = signal.sum() if known else torch.full_like(signal.sum(), total)
        busiest = int(self.accelerator.gather(count.reshape(1)).max())
        if not known:
            return batch, busiest
        small = signal_first(batch, signal, max(1, busiest))
        return trim_padding(small, left=self._positions_are_relative(), multiple=self.pad_to_multiple_of), busiest

    def _normaliser_share(self, full: Batch, small: Batch) -> torch.Tensor | float:
        """What the loss over `small` must be multiplied with to be divided as the loss over `full` is."""
        if self.loss_type in _MEANS_OVER_ROWS:
            return len(small["advantages"]) / len(full["advantages"])
        if self.loss_type in _MEANS_OVER_TOKENS:
            return loss_mask(small).sum().clamp(min=1.0) / loss_mask(full).sum().clamp(min=1.0)
        return 1.0


def _say_as_in_trl(said: dict[str, str | None]) -> None:
    """Log what is done as in TRL's own trainer, in one line for each reason."""
    by_reason: dict[str, list[str]] = {}
    for what, reason in said.items():
        if reason:
            by_reason.setdefault(reason, []).append(what)
    for reason, things in by_reason.items():
        logger.warning("%s, as in GRPOTrainer: %s", ", and ".join(things), reason)
