"""Rewards to advantages, against plain Python that walks through one completion at a time."""

import math
import random

import pytest
import torch

from trl_rlvr.training.ppo import returns


def walked(rewards, values, mask, gamma, lam, end_value):
    """Return the advantages of one completion: its own tokens alone, in a list, from the last to the first."""
    own = [step for step, written in enumerate(mask) if written]
    advantages = [0.0] * len(mask)
    following, later = end_value, 0.0
    for step in reversed(own):
        later = rewards[step] + gamma * following - values[step] + gamma * lam * later
        advantages[step], following = later, values[step]
    return advantages


def random_batch(seed, rows=7, width=13):
    """Completions with tool output in the middle, padding at the end, and one without any token of the policy's."""
    rng = random.Random(seed)
    mask = []
    for row in range(rows):
        length = rng.randint(1, width)
        mask.append([step < length and rng.random() < 0.7 and row > 0 for step in range(width)])
    values = torch.tensor([[rng.gauss(0, 1) for _ in range(width)] for _ in range(rows)])
    rewards = torch.tensor([rng.gauss(0, 1) for _ in range(rows)])
    ends = torch.tensor([rng.gauss(0, 1) if rng.random() < 0.5 else 0.0 for _ in range(rows)])
    return rewards, values, torch.tensor(mask), ends


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("gamma", "lam"), [(1.0, 1.0), (0.9, 0.8), (1.0, 0.0), (0.0, 1.0)])
def test_advantages_are_those_of_the_walk_through_each_completion(seed, gamma, lam):
    rewards, values, mask, ends = random_batch(seed)
    placed = returns.token_rewards(rewards, mask)

    got = returns.generalized_advantages(placed, values, mask, gamma=gamma, lam=lam, end_values=ends)

    for row in range(len(mask)):
        written = [step for step, own in enumerate(mask[row].tolist()) if own]
        at_last = [float(rewards[row]) if written and step == written[-1] else 0.0 for step in range(mask.shape[1])]
        assert placed[row].tolist() == pytest.approx(at_last)
        wanted = walked(at_last, values[row].tolist(), mask[row].tolist(), gamma, lam, float(ends[row]))
        assert got[row].tolist() == pytest.approx(wanted, abs=1e-5)


def test_a_lambda_for_each_completion_is_followed():
    rewards, values, mask, ends = random_batch(11)
    lams = torch.linspace(0.0, 1.0, len(mask))
    placed = returns.token_rewards(rewards, mask)

    got = returns.generalized_advantages(placed, values, mask, gamma=1.0, lam=lams, end_values=ends)

    for row, lam in enumerate(lams.tolist()):
        wanted = walked(placed[row].tolist(), values[row].tolist(), mask[row].tolist(), 1.0, lam, float(ends[row]))
        assert got[row].tolist() == pytest.approx(wanted, abs=1e-5)


def test_advantages_by_hand():
    """Two tokens, then tool output, then one token: deltas 0.5, 0.5 and 2 - 1.5, each carried at 0.5 * 0.5."""
    values, mask = torch.tensor([[0.5, 1.0, 9.0, 3.0]]), torch.tensor([[True, True, False, True]])

    got = returns.generalized_advantages(
        returns.token_rewards(torch.tensor([3.5]), mask), values, mask, gamma=0.5, lam=0.5, end_values=torch.zeros(1)
    )

    assert got.tolist() == [[0.0 + 0.25 * 0.625, 0.5 + 0.25 * 0.5, 0.0, 0.5]]


def test_what_stands_in_padding_reaches_nothing():
    rewards, values, mask, ends = random_batch(3)
    given = {"gamma": 0.9, "lam": 0.9, "end_values": ends}
    placed = returns.token_rewards(rewards, mask)
    spoilt_values, spoilt_rewards = values.masked_fill(~mask, 1e6), placed.masked_fill(~mask, -1e6)

    clean = returns.generalized_advantages(placed, values, mask, **given)
    spoilt = returns.generalized_advantages(spoilt_rewards, spoilt_values, mask, **given)

    assert torch.equal(clean, spoilt)


def test_the_reward_stands_on_the_last_token_that_the_policy_wrote_and_nowhere_else():
    mask = torch.tensor([[1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]]).bool()

    placed = returns.token_rewards(torch.tensor([2.0, 3.0, float("nan"), 5.0]), mask)

    assert placed.tolist() == [[0, 2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_whitening_is_over_the_tokens_of_all_ranks():
    torch.manual_seed(0)
    values, mask = torch.randn(6, 5) * 3 + 2, torch.rand(6, 5) < 0.6
    halves = [(values[:2], mask[:2]), (values[2:], mask[2:])]

    summed = sum(returns.moments(*half) for half in halves)
    white = torch.cat([returns.whiten(*half, summed) for half in halves])

    kept = values[mask]
    torch.testing.assert_close(white[mask], (kept - kept.mean()) / kept.std(correction=0), rtol=1e-4, atol=1e-5)
    assert white[~mask].abs().max() == 0


def test_explained_variance_is_1_for_a_seer_and_0_for_a_constant():
    targets, mask = torch.tensor([[1.0, 2.0, 6.0]]), torch.ones(1, 3).bool()
    of_targets = returns.moments(targets, mask)

    assert returns.explained_variance(returns.moments(targets - targets, mask), of_targets) == 1.0
    assert returns.explained_variance(returns.moments(targets - 5.0, mask), of_targets) == pytest.approx(0.0)
    assert math.isnan(returns.explained_variance(of_targets, returns.moments(targets * 0, mask)))


def test_the_length_adaptive_lambda_is_vapos_and_never_below_0():
    mask = torch.zeros(4, 100).bool()
    for row, length in enumerate((0, 20, 40, 100)):
        mask[row, :length] = True

    assert returns.length_adaptive_lam(mask, 0.05).tolist() == pytest.approx([0.0, 0.0, 0.5, 0.8])


def test_a_turn_ends_where_the_policy_stops_writing():
    mask = torch.tensor([[1, 1, 0, 1, 0, 0], [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]]).bool()

    assert returns.turn_ends(mask).int().tolist() == [[0, 1, 0, 1, 0, 0], [0, 0, 0, 0, 0, 1], [0] * 6]


def test_each_turns_reward_lands_on_its_last_token():
    mask = torch.tensor([[1, 1, 0, 1, 0, 0], [0, 1, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0]]).bool()
    rewards = torch.tensor([[2.0, 3.0], [5.0, 7.0], [1.0, 1.0]])

    placed = returns.token_rewards(rewards, mask)

    assert placed.tolist() == [[0, 2, 0, 3, 0, 0], [0, 0, 5, 0, 0, 0], [0] * 6]


def test_a_turn_is_worth_its_reward_and_the_discounted_ones_behind_it():
    mask = torch.tensor([[1, 1, 0, 1, 1, 0, 1]]).bool()
    rewards, nothing = torch.tensor([[1.0, 2.0, 4.0]]), torch.zeros(1, 7)
    discounts = returns.turn_discounts(mask, 1.0, 0.5)

    found = returns.generalized_advantages(
        returns.token_rewards(rewards, mask), nothing, mask, gamma=discounts, lam=1.0, end_values=torch.zeros(1)
    )

    assert found.tolist() == [[3.0, 3.0, 0.0, 4.0, 4.0, 0.0, 4.0]]
