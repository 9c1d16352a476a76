"""The terms of the loss, by numbers that a reader can check by head."""

import math

import pytest
import torch

from trl_rlvr.training.ppo import losses


def test_the_value_loss_is_half_the_squared_error_of_the_worse_of_two():
    values, old, wanted = torch.tensor([1.0, 0.5, 0.1]), torch.zeros(3), torch.tensor([2.0, 0.3, 2.0])

    clipped = losses.clipped_value_loss(values, old, wanted, 0.2)  # values held to 0.2, 0.2 and 0.1

    assert clipped.tolist() == pytest.approx([1.8**2 / 2, 0.2**2 / 2, 1.9**2 / 2])
    assert losses.clipped_value_loss(values, old, wanted, None).tolist() == pytest.approx([0.5, 0.02, 1.9**2 / 2])


def test_a_value_past_its_clip_on_the_way_to_its_return_has_no_gradient():
    values = torch.tensor([0.3, -0.3], requires_grad=True)  # both held to within 0.2, the return is 1

    losses.clipped_value_loss(values, torch.zeros(2), torch.ones(2), 0.2).sum().backward()

    assert values.grad.tolist() == pytest.approx([0.0, -1.3])  # the other way it still is drawn back


def test_the_estimators_of_the_divergence_by_hand():
    new, old = torch.tensor([math.log(0.5), math.log(0.2)]), torch.tensor([math.log(0.25), math.log(0.2)])

    assert losses.k2(new, old).tolist() == pytest.approx([math.log(2) ** 2 / 2, 0.0])
    assert losses.k3(new, old).tolist() == pytest.approx([2 - 1 - math.log(2), 0.0])


def test_the_gradient_of_k2_on_the_policys_own_samples_is_that_of_the_divergence():
    logits, ref = torch.tensor([0.3, -0.2, 0.9], requires_grad=True), torch.tensor([0.1, 0.5, -0.4]).log_softmax(0)
    logps = logits.log_softmax(0)

    wanted = torch.autograd.grad((logps.exp() * (logps - ref)).sum(), logits, retain_graph=True)[0]
    got = torch.autograd.grad((logps.exp().detach() * losses.k2(logps, ref)).sum(), logits)[0]

    torch.testing.assert_close(got, wanted)


def test_ratios_outside_of_the_clip_are_counted_either_way():
    new = torch.tensor([0.7, 0.85, 1.15, 1.35]).log()

    assert losses.outside(new, torch.zeros(4), 0.2, 0.3).tolist() == [True, False, False, True]


def test_the_weight_of_the_divergence_follows_its_target_by_a_fifth_at_most():
    controller = losses.AdaptiveKL(target=0.1, horizon=100)

    assert controller.next(1.0, 0.1, completions=10) == 1.0
    assert controller.next(1.0, 0.11, completions=10) == pytest.approx(1.01)
    assert controller.next(1.0, 9.0, completions=10) == pytest.approx(1.02)
    assert controller.next(1.0, 0.0, completions=10) == pytest.approx(0.98)
