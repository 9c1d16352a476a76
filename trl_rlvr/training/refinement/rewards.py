"""From what each turn is worth by itself to what is rewarded."""

import torch
from torch import Tensor

from trl_rlvr.refinement.config import RefinementConfig


def turn_rewards(
    rewards: Tensor, last: Tensor, lacks_code: Tensor, weights: Tensor, config: RefinementConfig
) -> Tensor:
    """Return what each turn adds: their sum, discounted by `config.discount` a turn, is the reward of the whole.

    `final` and `best` put one reward on the last turn. `discounted` leaves each turn its own (Kevin, arXiv:2507.11948).
    The penalty for a turn without code (RLEF, arXiv:2410.02089) goes into the first column that has a weight.

    Args:
        rewards: (B, N, F), one a turn and reward function; NaN where a function gave none.
        last: (B,), the number of each row's last turn, from 0 on; later ones are not read.
        lacks_code: (B, N), bool.
        weights: (F,), of the reward functions.
        config: The options.

    Returns:
        (B, N, F), 0 behind the last turn; NaN throughout for a row with a turn that no function could score.
    """
    turns = torch.arange(rewards.shape[1], device=rewards.device)
    is_last, is_read = turns == last.unsqueeze(1), turns <= last.unsqueeze(1)
    unknown = (rewards.isnan().all(dim=2) & is_read).any(dim=1)
    if config.refinement_reward == "discounted":
        own = rewards
    elif config.refinement_reward == "best":
        summed = (rewards * weights).nansum(dim=2).masked_fill(~is_read, -torch.inf)
        best = summed.argmax(dim=1)
        own = rewards[torch.arange(len(rewards)), best].unsqueeze(1).expand_as(rewards)
    else:
        own = rewards
    counts = is_read if config.refinement_reward == "discounted" else is_last
    own = torch.where(counts.unsqueeze(2), own, torch.zeros_like(rewards))
    weighted = int((weights != 0).int().argmax())
    if weights[weighted] != 0:
        penalty = config.refinement_no_code_penalty / weights[weighted]
        own[:, :, weighted] += penalty * (lacks_code & is_read & ~is_last)
    return own.masked_fill(unknown[:, None, None], float("nan"))


def whole_rewards(own: Tensor, discount: float) -> Tensor:
    """Sum up what the turns add, from the first turn on.

    Args:
        own: (B, N, F).
        discount: A turn, 0..1.

    Returns:
        (B, F).
    """
    powers = discount ** torch.arange(own.shape[1], device=own.device, dtype=own.dtype)
    return (own * powers[None, :, None]).sum(dim=1)
