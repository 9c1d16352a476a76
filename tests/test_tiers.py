"""Visible, hidden and augmented tests: counted in order, summed up, written and read again."""

import pytest

from trl_rlvr.tiers import Tiers, read_tiers, tier_rates
from trl_rlvr.verdict import ExecutionResult, TestResult, Verdict


def result(marks):
    """A test a character: + passed, - failed."""
    return ExecutionResult(tuple(TestResult(Verdict.PASSED if m == "+" else Verdict.WRONG_ANSWER) for m in marks))


def test_each_tier_has_the_share_of_completions_that_pass_all_of_it():
    rates = tier_rates([Tiers(1, 2, 0)] * 4, [result(marks) for marks in ("+++", "++-", "+--", "---")])

    assert rates == {"visible": 0.75, "hidden": 0.25}


@pytest.mark.parametrize(
    ("tiers", "found"),
    [
        (None, result("+++")),
        (Tiers(1, 1, 0), result("+++")),
        (Tiers(1, 2, 0), ExecutionResult.uniform(Verdict.SANDBOX_ERROR, 3)),
    ],
    ids=["unknown", "of another suite", "not judged"],
)
def test_rows_that_say_nothing_are_left_out(tiers, found):
    assert tier_rates([tiers], [found]) == {}


def test_the_words_of_a_table_are_read_again():
    assert read_tiers(Tiers(1, 2, 9).text()) == {"visible": 1, "hidden": 2, "augmented": 9}
    assert read_tiers("") is None
