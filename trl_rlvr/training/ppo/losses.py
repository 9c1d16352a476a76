"""The terms of the loss that TRL's own does not have, one number a token, and the controller of the KL's weight."""

from dataclasses import dataclass

import torch
from torch import Tensor


def clipped_value_loss(values: Tensor, old_values: Tensor, returns: Tensor, cliprange: float | None) -> Tensor:
    """Return half the squared error, of the value or of the clipped one, whichever is larger.

    `max((V - R)^2, (V_old + clip(V - V_old, -c, c) - R)^2) / 2`, as in the PPO of Schulman et al. 2017,
    arXiv:1707.06347, and in Ouyang et al. 2022. A value gains nothing by moving further than `c` in one batch.

    Args:
        values: Of the critic as it is.
        old_values: Of the critic when the completions were sampled.
        returns: What the values should be.
        cliprange: `c`, in the unit of the reward; None: not clipped.

    Returns:
        Of the same shape.
    """
    errors = (values - returns) ** 2
    if cliprange is not None:
        clipped = old_values + (values - old_values).clamp(-cliprange, cliprange)
        errors = torch.maximum(errors, (clipped - returns) ** 2)
    return errors / 2


def k2(logps: Tensor, ref_logps: Tensor) -> Tensor:
    """Return half the squared log-ratio, whose gradient is that of the KL divergence (Schulman 2020, "k2")."""
    return (logps - ref_logps) ** 2 / 2


def k3(logps: Tensor, old_logps: Tensor) -> Tensor:
    """Return `r - 1 - log r`, `r = p_new / p_old`: KL(old, new), unbiased on samples of old (Schulman 2020, "k3")."""
    log_ratio = logps - old_logps
    return log_ratio.exp() - 1.0 - log_ratio


def outside(logps: Tensor, old_logps: Tensor, low: float, high: float) -> Tensor:
    """Mark the tokens whose probability ratio has left `1 - low .. 1 + high`."""
    ratio = (logps - old_logps).exp()
    return (ratio < 1.0 - low) | (ratio > 1.0 + high)


@dataclass
class AdaptiveKL:
    """Moves the weight of the KL term towards a target divergence (Ziegler et al. 2019, arXiv:1909.08593, section 2.2).

    Args:
        target: Nats a token, above 0.
        horizon: Completions; how slowly the weight follows.
    """

    target: float
    horizon: float

    def next(self, beta: float, kl: float, completions: int) -> float:
        """Return the weight for the next batch, after one of so many completions had this divergence."""
        error = min(max(kl / self.target - 1.0, -0.2), 0.2)
        return beta * (1.0 + error * completions / self.horizon)
