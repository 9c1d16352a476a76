"""From rewards and values to advantages and returns, token by token.

Every mask marks with True the tokens that the policy wrote. Other tokens (padding, tool output, feedback) are carried
over: they have no reward, no value, no discount, and what lies behind them reaches what lies before them unchanged.
"""

import torch
from torch import Tensor


def token_rewards(rewards: Tensor, mask: Tensor) -> Tensor:
    """Put each completion's reward on its last token that the policy wrote, or each turn's on the last of the turn.

    Args:
        rewards: (B,), one a completion, or (B, N), one a turn; NaN, where nobody could score it, counts as 0.
        mask: (B, T).

    Returns:
        (B, T), 0 elsewhere, and for a completion without such a token.
    """
    if rewards.dim() == 2:
        turn = (turn_ends(mask).cumsum(dim=1) - 1).clamp(0, rewards.shape[1] - 1)
        return rewards.nan_to_num(nan=0.0).float().gather(1, turn).masked_fill(~turn_ends(mask), 0.0)
    steps = torch.arange(1, mask.shape[1] + 1, device=mask.device)
    last = (mask * steps).argmax(dim=1, keepdim=True)
    placed = torch.zeros(mask.shape, dtype=torch.float32, device=mask.device)
    return placed.scatter_(1, last, rewards.nan_to_num(nan=0.0).float().unsqueeze(1)).masked_fill(~mask, 0.0)


def truncated(ids: Tensor, lengths: Tensor, ends: list[int]) -> Tensor:
    """Mark the completions that were cut off: those whose last token is no end token, (B,).

    Args:
        ids: (B, T).
        lengths: (B, 1), tokens of each.
        ends: What ends a completion.
    """
    last = ids.gather(1, (lengths - 1).clamp(min=0))
    return (~torch.isin(last, torch.tensor(ends, device=ids.device)) & (lengths > 0)).squeeze(1)


def turn_ends(mask: Tensor) -> Tensor:
    """Mark the last token of each turn: of each run of tokens that the policy wrote.

    Args:
        mask: (B, T), bool.

    Returns:
        (B, T), bool.
    """
    following = torch.cat([mask[:, 1:], torch.zeros_like(mask[:, :1])], dim=1)
    return mask & ~following


def turn_discounts(mask: Tensor, gamma: float, turn_gamma: float) -> Tensor:
    """Return the discount behind each token, (B, T): `gamma`, and times `turn_gamma` behind a turn.

    Args:
        mask: (B, T), bool.
        gamma: A token, 0..1.
        turn_gamma: A turn, 0..1.
    """
    discounts = torch.full(mask.shape, gamma, device=mask.device)
    ends = turn_ends(mask)
    is_last = ends & (ends.cumsum(dim=1) == ends.sum(dim=1, keepdim=True))
    return torch.where(ends & ~is_last, discounts * turn_gamma, discounts)


def generalized_advantages(
    rewards: Tensor, values: Tensor, mask: Tensor, *, gamma: float | Tensor, lam: float | Tensor, end_values: Tensor
) -> Tensor:
    """Estimate advantages: GAE of Schulman et al. 2015, arXiv:1506.02438, eq. 16.

    `delta_t = r_t + gamma * V_{t+1} - V_t` and `A_t = delta_t + gamma * lam * A_{t+1}`, where `t + 1` is the next token
    that the policy wrote. With `gamma = lam = 1` it is the sum of the rewards to come minus `V_t`.

    Args:
        rewards: (B, T).
        values: (B, T), of the state before each token.
        mask: (B, T).
        gamma: Discount a token, 0..1; a tensor (B, T) for one behind each token.
        lam: Weight of later tokens, 0..1; a tensor (B,) for one a completion.
        end_values: (B,), of the state behind the last token: 0 for completions that ended by themselves.

    Returns:
        (B, T), float32, 0 for tokens that the policy did not write.
    """
    rewards, values, following = rewards.float(), values.float(), end_values.float()
    advantages, running = torch.zeros_like(values), torch.zeros_like(following)
    discounts = gamma if isinstance(gamma, Tensor) else torch.full_like(values, gamma)
    for step in reversed(range(mask.shape[1])):
        written = mask[:, step]
        discount = discounts[:, step]
        delta = rewards[:, step] + discount * following - values[:, step]
        running = torch.where(written, delta + discount * lam * running, running)
        following = torch.where(written, values[:, step], following)
        advantages[:, step] = running.masked_fill(~written, 0.0)
    return advantages


def length_adaptive_lam(mask: Tensor, alpha: float) -> Tensor:
    """Return `1 - 1 / (alpha * length)` for each completion, cut off below 0: VAPO, arXiv:2504.05118, eq. 9.

    Args:
        mask: (B, T).
        alpha: Above 0. Completions of at most `1 / alpha` tokens get 0, which looks one token ahead only.

    Returns:
        (B,), 0..1.
    """
    lengths = mask.sum(dim=1).clamp(min=1)
    return (1.0 - 1.0 / (alpha * lengths)).clamp(min=0.0)


def moments(values: Tensor, mask: Tensor) -> Tensor:
    """Return count, sum and sum of squares over the masked tokens, (3,), float64: addable over ranks."""
    kept = values.double()[mask]
    return torch.stack(
        [torch.tensor(float(kept.numel()), dtype=torch.float64, device=kept.device), kept.sum(), (kept**2).sum()]
    )


def mean_and_variance(summed: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance (of the population) from `moments`, or their sum over ranks."""
    count, total, squares = summed
    mean = total / count.clamp(min=1.0)
    return mean, (squares / count.clamp(min=1.0) - mean**2).clamp(min=0.0)


def whiten(values: Tensor, mask: Tensor, summed: Tensor) -> Tensor:
    """Shift and scale to mean 0 and variance 1 over all tokens that the policy wrote.

    Args:
        values: (B, T).
        mask: (B, T).
        summed: `moments` of them, summed over the ranks.

    Returns:
        (B, T), 0 for other tokens.
    """
    mean, variance = mean_and_variance(summed)
    scaled = (values.double() - mean) / (variance + 1e-8).sqrt()
    return scaled.to(values.dtype).masked_fill(~mask, 0.0)


def explained_variance(residuals: Tensor, returns: Tensor) -> float:
    """Return the share of the returns' variance that the critic foresaw: `1 - Var(return - value) / Var(return)`.

    Args:
        residuals: `moments` of return minus value.
        returns: `moments` of the returns.

    Returns:
        At most 1; below 0 for a critic worse than a constant; NaN where all returns are equal.
    """
    variance = mean_and_variance(returns)[1]
    if variance <= 1e-12:
        return float("nan")
    return float(1.0 - mean_and_variance(residuals)[1] / variance)
