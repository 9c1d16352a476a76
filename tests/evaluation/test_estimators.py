"""Estimators, with numbers that can be checked by head."""

import itertools
import math

import pytest

from trl_rlvr.errors import ConfigError
from trl_rlvr.evaluation import bootstrap_interval, crossed_interval, pass_at_k, pass_hat_k


@pytest.mark.parametrize(
    ("n", "c", "k", "share"),
    [(10, 3, 1, 0.3), (4, 1, 2, 0.5), (4, 0, 2, 0.0), (4, 4, 4, 1.0), (4, 1, 4, 1.0), (5, 4, 2, 1.0), (3, 1, 2, 2 / 3)],
)
def test_pass_at_k_is_the_chance_of_one_success_in_k(n: int, c: int, k: int, share: float) -> None:
    assert pass_at_k(n, c, k) == pytest.approx(share)


@pytest.mark.parametrize(("n", "c", "k", "share"), [(4, 2, 2, 1 / 6), (4, 2, 1, 0.5), (4, 4, 4, 1.0), (4, 1, 2, 0.0)])
def test_pass_hat_k_is_the_chance_of_k_successes_in_k(n: int, c: int, k: int, share: float) -> None:
    assert pass_hat_k(n, c, k) == pytest.approx(share)


@pytest.mark.parametrize("c", range(6))
@pytest.mark.parametrize("k", range(1, 6))
def test_both_agree_with_counting_all_draws(c: int, k: int) -> None:
    draws = list(itertools.combinations([True] * c + [False] * (5 - c), k))

    assert pass_at_k(5, c, k) == pytest.approx(sum(map(any, draws)) / len(draws))
    assert pass_hat_k(5, c, k) == pytest.approx(sum(map(all, draws)) / len(draws))


@pytest.mark.parametrize("estimate", [pass_at_k, pass_hat_k])
def test_fewer_samples_than_k_give_nan_and_never_one(estimate) -> None:
    assert math.isnan(estimate(3, 3, 4))


def test_many_samples_do_not_overflow() -> None:
    assert pass_at_k(10_000, 1, 5_000) == pytest.approx(0.5)


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_impossible_counts_are_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ConfigError, match=r"cannot have passed|k is 0"):
        pass_at_k(n, c, k)


def test_equal_values_leave_no_doubt() -> None:
    assert bootstrap_interval([0.5] * 20) == (0.5, 0.5)


def test_the_interval_holds_the_mean_and_narrows_with_more_problems() -> None:
    few_low, few_high = bootstrap_interval([0.0, 1.0] * 10)
    many_low, many_high = bootstrap_interval([0.0, 1.0] * 1000)

    assert few_low < many_low < 0.5 < many_high < few_high


def test_the_interval_is_near_the_normal_one() -> None:
    low, high = bootstrap_interval([0.0, 1.0] * 200)  # standard error 0.5 / sqrt(400) = 0.025

    assert (low, high) == (pytest.approx(0.451, abs=0.01), pytest.approx(0.549, abs=0.01))


def test_the_same_seed_gives_the_same_interval() -> None:
    values = [0.0, 0.2, 0.9, 1.0, 0.4]

    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)


def test_no_problems_give_no_interval() -> None:
    assert all(math.isnan(end) for end in bootstrap_interval([]))


@pytest.mark.parametrize("options", [{"level": 0.0}, {"level": 1.0}, {"resamples": 0}])
def test_an_impossible_interval_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="give a level inside"):
        bootstrap_interval([1.0], **options)


def test_runs_that_disagree_widen_the_interval_of_their_mean():
    values = [0.0, 1.0] * 20
    alike = crossed_interval([values, values, values])
    apart = crossed_interval([[0.0] * 40, values, [1.0] * 40])

    assert alike == pytest.approx((0.35, 0.65), abs=0.03)
    assert apart[0] < 0.15
    assert apart[1] > 0.85


def test_problems_widen_it_where_runs_are_alike():
    low, high = crossed_interval([[0.0, 1.0], [0.0, 1.0]])

    assert (low, high) == (0.0, 1.0)


def test_runs_of_other_problems_are_refused():
    with pytest.raises(ConfigError, match=r"the runs have \[1, 2\] problems"):
        crossed_interval([[0.0], [0.0, 1.0]])


def test_no_runs_have_no_interval():
    assert all(math.isnan(end) for end in crossed_interval([]))
