"""Pass rates on visible, hidden and augmented tests."""

import math

import pytest

from trl_rlvr.errors import ConfigError
from trl_rlvr.hardening import Gap
from trl_rlvr.tiers import Tiers
from trl_rlvr.verdict import ExecutionResult, TestResult, Verdict


def result(marks):
    """A test a character: + passed, - failed."""
    verdicts = {"+": Verdict.PASSED, "-": Verdict.WRONG_ANSWER}
    return ExecutionResult(tuple(TestResult(verdicts[mark]) for mark in marks))


TIERS = Tiers(visible=1, hidden=2, augmented=1)


def test_each_tier_has_its_own_pass_rate():
    shown = [(TIERS, result(marks)) for marks in ("++++", "+++-", "+-+-", "----")]

    gap = Gap.of(shown)

    assert gap.rates == (0.75, 0.5, 0.25)
    assert gap.fooled == 2 / 3


def test_a_tier_that_no_problem_has_is_not_in_use():
    gap = Gap.of([(Tiers(2, 0, 1), result("++-")), (Tiers(2, 0, 1), result("+-+"))])

    assert (gap.rates[0], math.isnan(gap.rates[1]), gap.rates[2]) == (0.5, True, 0.5)


def test_problems_without_a_tier_that_others_have_are_left_out():
    gap = Gap.of([(TIERS, result("++++")), (Tiers(1, 2, 0), result("---"))])

    assert (gap.completions, gap.left_out, gap.rates) == (1, 1, (1.0, 1.0, 1.0))


def test_what_the_sandbox_could_not_judge_is_left_out():
    gap = Gap.of([(TIERS, result("++++")), (TIERS, ExecutionResult.uniform(Verdict.SANDBOX_ERROR, 4))])

    assert (gap.completions, gap.left_out) == (1, 1)


def test_without_visible_tests_nobody_was_fooled_by_them():
    assert math.isnan(Gap.of([(Tiers(0, 1, 1), result("+-"))]).fooled)


def test_without_completions_there_are_no_rates():
    assert all(map(math.isnan, Gap.of([]).rates))


@pytest.mark.parametrize(
    ("visible", "expected"), [(None, Tiers(3, 0, 2)), (0, Tiers(0, 3, 2)), (1, Tiers(1, 2, 2)), (9, Tiers(3, 0, 2))]
)
def test_tests_are_divided_in_their_order(visible, expected):
    assert Tiers.of(3, 2, visible) == expected


def test_a_result_of_other_tests_is_refused():
    with pytest.raises(ConfigError, match="a result of 1 tests for"):
        Gap.of([(TIERS, result("+"))])


def test_the_table_shows_the_tiers_in_use():
    table = Gap.of([(Tiers(1, 0, 1), result("+-")), (Tiers(1, 0, 1), result("++"))]).table()

    assert table.splitlines() == [
        "tests        pass rate",
        "visible        100.0 %",
        "augmented       50.0 %",
        "50.0 % of those that pass the visible tests fail others",
        "2 completions",
    ]
