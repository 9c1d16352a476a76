"""From each turn's reward to that of the whole."""

import pytest
import torch

from trl_rlvr.training.refinement import RefinementConfig
from trl_rlvr.training.refinement.rewards import turn_rewards, whole_rewards

NAN = float("nan")
REWARDS = torch.tensor([[0.5, 0.2, 1.0], [0.8, 0.6, 0.6], [0.3, 0.3, 0.3]]).unsqueeze(2)
LAST = torch.tensor([2, 1, 0])


def rewarded(kind, rewards=REWARDS, last=LAST, lacks_code=None, weights=(1.0,), **options):
    config = RefinementConfig(refinement_turns=3, refinement_reward=kind, **options)
    lacks_code = torch.zeros(rewards.shape[:2], dtype=torch.bool) if lacks_code is None else torch.tensor(lacks_code)
    own = turn_rewards(rewards, last, lacks_code, torch.tensor(weights), config)
    return own, whole_rewards(own, config.discount)


def test_final_is_the_last_turns():
    own, whole = rewarded("final")

    assert own[:, :, 0].tolist() == [pytest.approx(row) for row in ([0, 0, 1.0], [0, 0.6, 0], [0.3, 0, 0])]
    assert whole[:, 0].tolist() == pytest.approx([1.0, 0.6, 0.3])


def test_best_reads_no_turn_that_was_not_had():
    assert rewarded("best")[1][:, 0].tolist() == pytest.approx([1.0, 0.8, 0.3])


def test_discounted_is_the_sum_of_what_comes():
    own, whole = rewarded("discounted", refinement_gamma=0.4)

    assert own[1, :, 0].tolist() == pytest.approx([0.8, 0.6, 0.0])
    assert whole[:, 0].tolist() == pytest.approx([0.5 + 0.4 * 0.2 + 0.16 * 1.0, 0.8 + 0.4 * 0.6, 0.3])


def test_a_turn_without_code_costs_unless_it_is_the_last():
    lacks = [[True, True, True], [False, True, True], [True, True, True]]

    whole = rewarded("final", lacks_code=lacks, weights=(0.5,), refinement_no_code_penalty=-0.2)[1]

    assert (0.5 * whole[:, 0]).tolist() == pytest.approx([0.5 - 0.4, 0.3, 0.15])


def test_the_best_turn_is_that_of_the_weighted_sum():
    rewards = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])

    whole = rewarded("best", rewards, torch.tensor([1]), weights=(1.0, 3.0))[1]

    assert whole.tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("kind", ["final", "best", "discounted"])
def test_a_row_with_a_turn_that_nobody_could_score_is_unknown(kind):
    rewards = torch.tensor([[[NAN], [1.0]], [[1.0], [NAN]]])

    whole = rewarded(kind, rewards, torch.tensor([1, 0]))[1]

    assert whole[0].isnan().all()
    assert whole[1].tolist() == [1.0]
