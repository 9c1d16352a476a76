"""Completions of one prompt in one sequence, so that a forward pass reads the prompt once for all of them.

`GRPOTrainer` forwards a prompt again with each completion. Here a sequence is a prompt and the completions behind it,
each of which attends to the prompt and to itself alone, at the positions that it would have had: the same
log-probabilities and gradients, to rounding, as of Prefix Grouper (arXiv:2506.05433).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

_IGNORED_LABEL = -100


def work(ids: Tensor, hidden_size: int) -> int:
    """Estimate the work of forwarding token ids, in a unit that serves to compare two ways of it.

    A layer multiplies some `12 * hidden_size**2` numbers for a token, and `2 * hidden_size` for each token that it may
    attend to: many long completions are better off apart.
    """
    rows, width = map(int, ids.shape)
    return rows * width * (6 * hidden_size + width)


@dataclass(frozen=True)
class PackedRows:
    """One sequence a distinct prompt: its tokens but the last, then for each row that last one and the completion.

    So every completion's first token follows a copy of the prompt's last one, as the head expects it.
    """

    ids: Tensor
    """(sequences, width), padded on the right."""
    segments: Tensor
    """Of each token: 0 for the prompt, the row's number from 1 on, -1 for padding."""
    positions: Tensor
    labels: Tensor
    """The tokens of completions; -100 elsewhere."""
    sequence: Tensor
    """Of each row: the sequence that it is in."""
    start: Tensor
    """Of each row: the column of its copy of the prompt's last token."""

    @classmethod
    def of(
        cls,
        prompts: Tensor,
        prompt_mask: Tensor,
        completions: Tensor,
        completion_mask: Tensor,
        multiple: int | None = None,
    ) -> "PackedRows":
        """Pack rows.

        Args:
            prompts: (B, P), padded on the left, at least one token each.
            prompt_mask: 1 for their tokens.
            completions: (B, T), padded on the right.
            completion_mask: 1 for their tokens, which begin at the first column.
            multiple: Make the sequences a multiple of this wide; None: any width.
        """
        prompt_mask, completion_mask = prompt_mask.bool(), completion_mask.bool()
        _, sequence = torch.unique(prompts.masked_fill(~prompt_mask, -1), dim=0, return_inverse=True)
        count, device = int(sequence.max()) + 1, prompts.device
        rows = torch.arange(len(prompts), device=device)
        first = torch.full((count,), len(prompts), device=device).scatter_reduce(0, sequence, rows, "amin")
        shared = prompt_mask[first].sum(dim=1) - 1
        start, filled = _places(sequence, completion_mask.sum(dim=1) + 1, shared)
        width = max(2, int(filled.max()))  # the head looks at one token and the next
        width = -(-width // (multiple or 1)) * (multiple or 1)
        ids, positions = prompts.new_zeros(count, width), prompts.new_zeros(count, width)
        segments, labels = ids.new_full(ids.shape, -1), ids.new_full(ids.shape, _IGNORED_LABEL)

        line, column = prompt_mask[first, :-1].nonzero(as_tuple=True)
        place = column - (prompts.shape[1] - 1 - shared[line])
        ids[line, place], positions[line, place], segments[line, place] = prompts[first[line], column], place, 0

        own = torch.cat([prompts[:, -1:], completions], dim=1)
        row, step = torch.cat([completion_mask.new_ones(len(own), 1), completion_mask], dim=1).nonzero(as_tuple=True)
        line, place = sequence[row], start[row] + step
        ids[line, place], segments[line, place] = own[row, step], row + 1
        positions[line, place] = shared[line] + step
        labels[line, place] = own[row, step].masked_fill(step == 0, _IGNORED_LABEL)
        return cls(ids, segments, positions, labels, sequence, start)

    def mask(self, dtype: torch.dtype | None = None) -> Tensor:
        """Return which tokens each may attend to, (sequences, 1, width, width): bool, or a bias of a floating dtype."""
        asking, asked = self.segments.unsqueeze(2), self.segments.unsqueeze(1)
        width = self.ids.shape[1]
        before = torch.ones(width, width, dtype=torch.bool, device=self.ids.device).tril()
        # Padding sees padding: attention over nothing would be NaN.
        seen = (before & ((asked == 0) | (asked == asking))).unsqueeze(1)
        if dtype is None:
            return seen
        return torch.zeros(seen.shape, dtype=dtype, device=seen.device).masked_fill(~seen, torch.finfo(dtype).min)

    def unpack(self, values: Tensor, completion_mask: Tensor) -> Tensor:
        """Return values of completion tokens as (B, T), 0 for padding.

        Args:
            values: (sequences, width - 1), those of each token but the first.
            completion_mask: Of the rows, as they were packed.
        """
        steps = torch.arange(completion_mask.shape[1], device=values.device)
        columns = (self.start.unsqueeze(1) + steps).clamp(max=values.shape[1] - 1)
        return values[self.sequence.unsqueeze(1), columns].masked_fill(~completion_mask.bool(), 0)


def _places(sequence: Tensor, sizes: Tensor, shared: Tensor) -> tuple[Tensor, Tensor]:
    """Return where each row starts in its sequence, and how many columns each sequence fills."""
    order = sequence.argsort(stable=True)
    ends = sizes[order].cumsum(0)
    totals = torch.zeros_like(shared).scatter_add(0, sequence, sizes)
    before = totals.cumsum(0) - totals
    start = torch.empty_like(sizes)
    start[order] = ends - sizes[order] - before[sequence[order]]
    return start + shared[sequence], shared + totals
