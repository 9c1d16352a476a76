"""The rows and columns of one batch in GRPOTrainer's layout, and which of them can carry a gradient.

Prompts are padded on the left and completions on the right, so the two halves are cut at opposite ends.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

Batch = dict[str, Any]
"""What `GRPOTrainer._prepare_inputs` hands to the loss."""

_PROMPT_KEYS = frozenset({"prompt_ids", "prompt_mask"})
_COMPLETION_KEYS = frozenset(
    {
        "completion_ids",
        "completion_mask",
        "tool_mask",
        "advantages",
        "old_per_token_logps",
        "sampling_per_token_logps",
        "importance_sampling_ratio",
        "ref_per_token_logps",
        "rewards",
    }
)
"""One value a row, or one a token; `advantages` and `importance_sampling_ratio` come in both shapes."""
_WHOLE_KEYS = frozenset({"num_items_in_batch"})

KNOWN_KEYS = _PROMPT_KEYS | _COMPLETION_KEYS | _WHOLE_KEYS
"""A batch with any other key is beyond this module: its rows cannot be told apart safely."""


def loss_mask(batch: Batch) -> "Tensor":
    """Mark with 1 the tokens that count in the loss, shape (B, T)."""
    mask = batch["completion_mask"]
    return mask * batch["tool_mask"] if batch.get("tool_mask") is not None else mask


def signal_rows(batch: Batch) -> "Tensor":
    """Mark the rows whose policy-gradient term can differ from zero, shape (B,), bool.

    NaN counts as signal, so that a broken reward stays as visible as it was.
    """
    advantages = batch["advantages"]
    if advantages.dim() == 1:
        advantages = advantages.unsqueeze(1)
    return ((advantages * loss_mask(batch)) != 0).any(dim=1)


def flat_groups(rewards: "Tensor", weights: "Tensor", group_size: int, *, summed: bool) -> "Tensor":
    """Mark the groups whose scorable rows were all rewarded alike, so that no advantage is due.

    Decided on the rewards, because `reward - mean` of equal rewards is rounding noise and not always exactly 0.

    Args:
        rewards: One row a completion, one column a reward function; NaN where a function gave none.
        weights: One weight a reward function.
        group_size: How many successive rows are completions of one prompt.
        summed: True to compare the weighted sums, False to ask that each function alone be flat.

    Returns:
        Shape (groups,), bool; True also for a group without any scorable row.
    """
    columns = rewards
    if summed:
        unscorable = rewards.isnan().all(dim=1)
        columns = (rewards * weights.to(rewards.device)).nansum(dim=1).masked_fill(unscorable, float("nan"))
    grouped = columns.reshape(-1, group_size, columns.shape[1] if columns.dim() == 2 else 1)
    highest = grouped.nan_to_num(nan=-float("inf")).amax(dim=1)
    lowest = grouped.nan_to_num(nan=float("inf")).amin(dim=1)
    return (highest <= lowest).all(dim=1)


def take_rows(batch: Batch, index: "Tensor") -> Batch:
    """Copy the rows named by `index`, in that order."""
    return {
        key: value if value is None or key in _WHOLE_KEYS else value[index.to(value.device)]
        for key, value in batch.items()
    }


def signal_first(batch: Batch, signal: "Tensor", count: int) -> Batch:
    """Copy `count` rows: those with signal, then idle ones that keep no more than one prompt token.

    An idle row stays in the batch as a place-holder only: every mask over its completion is 0, so it has no part in the
    loss, its normaliser or a token-weighted metric.
    """
    kept = take_rows(batch, signal.logical_not().int().argsort(stable=True)[:count])
    idle = int(signal.sum())
    kept["completion_mask"][idle:] = 0
    kept["prompt_mask"][idle:, :-1] = 0
    return kept


def trim_padding(batch: Batch, *, left: bool, multiple: int | None = None) -> Batch:
    """Cut the columns that are padding in every row, at least one column of each half staying.

    Args:
        batch: Prompts padded on the left, completions on the right.
        left: False to leave the prompts as they are, for models whose positions count from the first column.
        multiple: Keep both widths at multiples of this, unless the batch was narrower; None: any width.
    """
    prompt_width, completion_width = batch["prompt_mask"].shape[1], batch["completion_mask"].shape[1]
    prompt_kept = _used_width(batch["prompt_mask"].flip(1), multiple) if left else prompt_width
    completion_kept = _used_width(batch["completion_mask"], multiple)
    trimmed = dict(batch)
    for key, value in batch.items():
        if value is None or value.dim() < 2:
            continue
        if key in _PROMPT_KEYS:
            trimmed[key] = value[:, prompt_width - prompt_kept :]
        elif key in _COMPLETION_KEYS and value.shape[1] == completion_width:
            trimmed[key] = value[:, :completion_kept]
    return trimmed


def _used_width(mask: "Tensor", multiple: int | None) -> int:
    used = mask.any(dim=0).nonzero()
    width = int(used[-1]) + 1 if len(used) else 1
    if multiple:
        width = -(-width // multiple) * multiple
    return min(width, int(mask.shape[1]))


def refill_plan(flat: "Tensor", extra_flat: "Tensor") -> dict[int, int]:
    """Assign to each flat group of a batch, in order, a lively group of another one, as far as there are any.

    Returns:
        Group of the batch -> group of the other that takes its place.
    """
    places = flat.nonzero().flatten().tolist()
    lively = extra_flat.logical_not().nonzero().flatten().tolist()
    return dict(zip(places, lively, strict=False))


def replace_rows(batch: Batch, extra: Batch, sources: dict[int, int], *, pad_token_id: int) -> Batch:
    """Copy `batch` with rows of `extra` in the place of some of its own.

    `num_items_in_batch` stays as it was: only the caller can count the tokens of all ranks.

    Args:
        batch: what GRPOTrainer made of a generation batch.
        extra: the same of another one, of any widths.
        sources: row of `batch` -> row of `extra` that takes its place.
        pad_token_id: fills the columns that the wider of the two has more.
    """
    width = {key: max(batch[key].shape[1], extra[key].shape[1]) for key in ("prompt_mask", "completion_mask")}
    fill = {"prompt_ids": pad_token_id, "completion_ids": pad_token_id, "tool_mask": 1, "importance_sampling_ratio": 1}
    merged = dict(batch)
    for key in batch.keys() & (_PROMPT_KEYS | _COMPLETION_KEYS):
        rows, others = batch[key], extra[key]
        if rows is None:
            continue
        half = "prompt_mask" if key in _PROMPT_KEYS else "completion_mask"
        if all(part.dim() == 2 and part.shape[1] == of[half].shape[1] for part, of in ((rows, batch), (others, extra))):
            left = half == "prompt_mask"
            rows, others = (_widened(part, width[half], left, fill.get(key, 0)) for part in (rows, others))
        merged[key] = rows.clone()
        merged[key][list(sources)] = others[list(sources.values())]
    return merged


def _widened(values: "Tensor", width: int, left: bool, fill: float) -> "Tensor":
    from torch.nn.functional import pad

    missing = width - values.shape[1]
    return pad(values, (missing, 0) if left else (0, missing), value=fill)


def token_cells(batch: Batch) -> int:
    """How many cells, padding included, a forward pass over the batch computes."""
    rows, prompt_width = batch["prompt_ids"].shape
    return int(rows * (prompt_width + batch["completion_ids"].shape[1]))
