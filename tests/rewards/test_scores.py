"""The pure scores, on facts made by hand."""

import pytest

from trl_rlvr.errors import ConfigError
from trl_rlvr.extraction import Extraction, ExtractionOutcome
from trl_rlvr.rewards import scores
from trl_rlvr.verdict import ExecutionResult, TestResult, Verdict
from trl_rlvr.verifier import Verification


def shown(*verdicts: Verdict, code: str = "x = 1", cpu_s: float = 0.0) -> Verification:
    result = ExecutionResult(tuple(TestResult(verdict) for verdict in verdicts), cpu_s=cpu_s)
    return Verification(Extraction(ExtractionOutcome.CODE, code), result)


PASS, FAIL = Verdict.PASSED, Verdict.WRONG_ANSWER


@pytest.mark.parametrize(
    ("verdicts", "score"),
    [
        ([PASS], 1.0),
        ([PASS, PASS, PASS], 1.0),
        ([PASS, PASS, FAIL, FAIL], 0.25),
        ([FAIL, PASS], 0.25),
        ([PASS, PASS, PASS, FAIL], 0.375),
        ([FAIL], -0.5),
        ([FAIL, Verdict.TIMEOUT, Verdict.CRASHED], -0.5),
        ([Verdict.NO_CODE, Verdict.NO_CODE], -0.5),
    ],
)
def test_graded_is_the_original_designs_reward(verdicts: list[Verdict], score: float) -> None:
    assert scores.graded(shown(*verdicts)) == score


def test_binary_pays_for_all_tests_only() -> None:
    assert [scores.binary(shown(PASS, PASS)), scores.binary(shown(PASS, FAIL))] == [1.0, 0.0]


def test_fraction_is_the_share_of_tests() -> None:
    assert scores.fraction(shown(PASS, FAIL, FAIL, FAIL)) == 0.25


@pytest.mark.parametrize(("verdicts", "score"), [([PASS, PASS], 1.5), ([PASS, FAIL], 0.25), ([FAIL, FAIL], 0.0)])
def test_all_plus_fraction_adds_a_part_for_each_test(verdicts: list[Verdict], score: float) -> None:
    assert scores.AllPlusFraction(0.5)(shown(*verdicts)) == score


@pytest.mark.parametrize(
    ("score", "punished"),
    [
        (scores.syntax_penalty, {Verdict.SYNTAX_ERROR}),
        (scores.no_code_penalty, {Verdict.NO_CODE, Verdict.MISSING_ENTRY_POINT}),
        (scores.timeout_penalty, {Verdict.TIMEOUT}),
    ],
)
def test_a_penalty_strikes_its_own_verdicts_and_no_others(score: scores.Score, punished: set[Verdict]) -> None:
    struck = {verdict: score(shown(verdict, verdict)) for verdict in Verdict}

    assert struck == {verdict: -1.0 if verdict in punished else 0.0 for verdict in Verdict}


def test_a_timeout_in_a_later_test_is_punished_too() -> None:
    assert scores.timeout_penalty(shown(FAIL, Verdict.TIMEOUT)) == -1.0


@pytest.mark.parametrize(
    ("verification", "bonus"),
    [
        (shown(PASS, code="x" * 99), 0.2),
        (shown(PASS, code="\n" + "x" * 99 + "\n"), 0.2),
        (shown(PASS, code="x" * 100), 0.0),
        (shown(FAIL, code="x"), 0.0),
    ],
)
def test_the_concise_bonus_is_for_short_code_that_passes(verification: Verification, bonus: float) -> None:
    assert scores.ConciseBonus()(verification) == bonus


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("```python\nx = 1\n```", 1.0),
        ("Here it is:\n```py\nx = 1\n```\n", 1.0),
        ("```\nx = 1\n```", 1.0),
        ("x = 1", 0.0),
        ("```python\nx = 1", 0.0),
        ("```python\nx = 1\n```\nThis works because", 0.0),
        ("```python\nx = 1\n```\n```python\ny = 2\n```", 0.0),
        ("```json\n{}\n```", 0.0),
        ("", 0.0),
    ],
)
def test_the_format_is_one_closed_block_at_the_end(text: str, score: float) -> None:
    assert scores.code_format(text) == score


def test_brevity_pays_the_share_saved_against_the_longest_passing_sibling() -> None:
    siblings = [shown(PASS, code="x" * 40), shown(PASS, code="x" * 10), shown(PASS, code="x" * 20)]

    assert scores.brevity(siblings) == [0.0, 0.75, 0.5]


def test_a_failing_sibling_neither_earns_brevity_nor_sets_its_scale() -> None:
    siblings = [
        shown(FAIL, code="x"),
        shown(PASS, code="x" * 10),
        shown(PASS, code="x" * 20),
        shown(FAIL, code="x" * 99),
    ]

    assert scores.brevity(siblings) == [0.0, 0.5, 0.0, 0.0]


def test_no_passing_sibling_earns_nobody_anything() -> None:
    assert scores.brevity([shown(FAIL), shown(FAIL)]) == [0.0, 0.0]


def test_a_lone_passing_completion_has_nothing_to_be_shorter_than() -> None:
    assert scores.brevity([shown(PASS), shown(FAIL)]) == [0.0, 0.0]


def test_cpu_efficiency_pays_the_share_of_time_saved() -> None:
    siblings = [shown(PASS, cpu_s=0.4), shown(PASS, cpu_s=0.1), shown(FAIL, cpu_s=0.001)]

    assert scores.cpu_efficiency(siblings) == [0.0, 0.75, 0.0]


def test_programs_below_the_clocks_resolution_are_equally_fast() -> None:
    siblings = [shown(PASS, cpu_s=0.001), shown(PASS, cpu_s=0.019)]

    assert scores.cpu_efficiency(siblings) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("findings", "lines", "cap", "score"),
    [(0, 10, 1.0, 1.0), (5, 10, 1.0, 0.5), (10, 10, 1.0, 0.0), (50, 10, 1.0, 0.0), (1, 10, 0.2, 0.5), (0, 0, 1.0, 1.0)],
)
def test_lint_score_falls_with_findings_per_line(findings: int, lines: int, cap: float, score: float) -> None:
    assert scores.lint_score(findings, lines, cap) == score


def test_a_lint_cap_of_zero_is_refused() -> None:
    with pytest.raises(ConfigError, match="lint cap is 0"):
        scores.lint_score(1, 1, 0)
