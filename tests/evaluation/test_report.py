"""Evaluations and the before/after report."""

import json
import math
from pathlib import Path

import pytest

from trl_rlvr.errors import ConfigError
from trl_rlvr.evaluation import Evaluation, EvaluationReport
from trl_rlvr.extraction import Extraction, ExtractionOutcome
from trl_rlvr.problem import CodeProblem
from trl_rlvr.verdict import ExecutionResult, Verdict
from trl_rlvr.verifier import Verification

PASS, FAIL, FAULT = Verdict.PASSED, Verdict.WRONG_ANSWER, Verdict.SANDBOX_ERROR


def sample(verdict: Verdict) -> Verification:
    return Verification(Extraction(ExtractionOutcome.CODE, "x = 1"), ExecutionResult.uniform(verdict, 1))


def score(verification: Verification) -> float:
    return 1.0 if verification.verdict is PASS else -0.5


def evaluated(*rows: list[Verdict]) -> Evaluation:
    problems = [CodeProblem(f"task {row}", "", tests=("assert f() == 1",)) for row in range(len(rows))]
    return Evaluation.of(problems, [[sample(verdict) for verdict in row] for row in rows], score)


def test_pass_at_k_is_the_mean_over_problems() -> None:
    evaluation = evaluated([PASS, FAIL, FAIL, FAIL], [PASS, PASS, FAIL, FAIL])

    assert (evaluation.pass_at(1), evaluation.pass_at(2)) == (0.375, pytest.approx((1 / 2 + 5 / 6) / 2))


def test_pass_hat_k_is_the_mean_over_problems() -> None:
    assert evaluated([PASS, PASS], [PASS, FAIL]).pass_hat(2) == 0.5


def test_mean_reward_is_the_mean_over_problems() -> None:
    assert evaluated([PASS, PASS], [PASS, FAIL]).mean_reward == pytest.approx((1.0 + 0.25) / 2)


def test_samples_that_could_not_be_judged_are_left_out() -> None:
    evaluation = evaluated([PASS, FAULT], [FAULT, FAULT], [FAIL, FAIL])

    assert (evaluation.pass_at(1), evaluation.mean_reward) == (0.5, 0.25)


def test_problems_with_too_few_samples_do_not_count_as_solved() -> None:
    assert math.isnan(evaluated([PASS], [PASS]).pass_at(2))


def test_nothing_judged_gives_nan() -> None:
    evaluation = evaluated([FAULT])

    assert math.isnan(evaluation.pass_at(1))
    assert math.isnan(evaluation.mean_reward)


def test_verdicts_are_counted_over_samples() -> None:
    assert evaluated([PASS, FAIL], [FAIL, FAULT]).verdict_counts == {PASS: 1, FAIL: 2, FAULT: 1}


def test_samples_for_other_problems_are_refused() -> None:
    with pytest.raises(ConfigError, match="samples of 2 problems for 1 problems"):
        Evaluation.of([CodeProblem("a", "", tests=("assert f()",))], [[], []], score)


def test_a_task_given_twice_is_refused() -> None:
    problem = CodeProblem("a", "", tests=("assert f()",))

    with pytest.raises(ConfigError, match="task_id 'a' occurs 2 times"):
        Evaluation.of([problem, problem], [[], []], score)


def report() -> EvaluationReport:
    before = evaluated([PASS], [FAIL], [FAIL], [FAIL])
    after = evaluated([PASS], [PASS], [PASS], [FAIL])
    return EvaluationReport(before, after, details={"seed": 7, "seconds": {"training": 12.5}})


def test_the_table_shows_both_policies_and_what_was_gained() -> None:
    lines = report().table().splitlines()

    assert lines[1] == "FINAL RESULTS"
    assert [line.split() for line in lines[3:7] if not line.startswith("-")] == [
        ["Metric", "Baseline", "RLVR", "Improvement"],
        ["Pass@1", "25.0%", "75.0%", "+50.0pp"],
        ["Mean", "Reward", "-0.125", "0.625", "+0.750"],
    ]


def test_the_table_is_eighty_columns_wide_above_its_notes() -> None:
    lines = report().table().splitlines()

    assert {len(line) for line in lines[:8] if set(line) in ({"="}, {"-"})} == {80}
    assert max(len(line) for line in lines[:8]) == 80


def test_the_table_has_a_row_for_each_k() -> None:
    evaluation = evaluated([PASS, FAIL], [FAIL, FAIL])

    table = EvaluationReport(evaluation, evaluation, ks=(1, 2, 3)).table()

    rows = [line.split() for line in table.splitlines() if line.startswith("Pass@")]
    assert rows == [
        ["Pass@1", "25.0%", "25.0%", "+0.0pp"],
        ["Pass@2", "50.0%", "50.0%", "+0.0pp"],
        ["Pass@3", "n/a", "n/a", "n/a"],
    ]


def test_the_table_says_of_how_many_problems_a_pass_at_k_is() -> None:
    before, after = evaluated([PASS, FAIL], [FAIL, FAULT]), evaluated([PASS, FAIL], [FAIL, FAIL])

    table = EvaluationReport(before, after, ks=(1, 2)).table()

    assert "pass@2 is of the problems with 2 or more judged samples: 1 and 2 of 2" in table.splitlines()
    assert "pass@1 is of" not in table


def test_nothing_judged_is_not_available_in_any_row() -> None:
    assert "nan" not in EvaluationReport(evaluated([FAULT]), evaluated([FAULT])).table()


def test_the_table_says_how_many_samples_could_not_be_judged() -> None:
    table = EvaluationReport(evaluated([PASS]), evaluated([FAULT])).table()

    assert table.splitlines()[-1] == "1 samples could not be judged and are left out"


def test_the_table_says_how_many_problems_were_judged_together() -> None:
    problem = CodeProblem("t", "", tests=("assert f() == 1",), isolation="together")
    evaluation = Evaluation.of([problem], [[sample(PASS)]], score)

    assert EvaluationReport(evaluation, evaluation).table().count("1 problems were judged together") == 1
    assert evaluation.as_dict()["together"] == 1


def test_the_improvements_interval_is_of_paired_differences() -> None:
    before, after = evaluated(*[[FAIL], [PASS]] * 10), evaluated(*[[PASS], [PASS]] * 10)
    always = EvaluationReport(evaluated(*[[FAIL]] * 20), evaluated(*[[PASS]] * 20))

    low, high = EvaluationReport(before, after).improvement_interval()

    assert 0 < low < 0.5 < high < 1
    assert always.improvement_interval() == (1.0, 1.0)


def test_the_record_is_json_with_what_made_it(tmp_path: Path) -> None:
    report().write(tmp_path / "report.json")

    record = json.loads((tmp_path / "report.json").read_text())

    assert (record["seed"], record["seconds"], record["improvement"]["pass_at_1"]) == (7, {"training": 12.5}, 0.5)
    assert record["rlvr"]["verdicts"] == {"passed": 3, "wrong_answer": 1}
    assert record["baseline"]["by_problem"]["task 0"] == {"samples": 1, "passed": 1, "malformed": 0}


def test_what_does_not_exist_is_null_in_the_record(tmp_path: Path) -> None:
    EvaluationReport(evaluated([FAULT]), evaluated([FAULT])).write(tmp_path / "report.json")

    record = json.loads((tmp_path / "report.json").read_text())

    assert record["baseline"]["pass_at"] == {"1": None}
    assert record["improvement"] == {
        "pass_at_1": None,
        "pass_at_1_interval": [None, None],
        "format": None,
        "skill": None,
        "mean_reward": None,
    }


def test_other_sets_have_a_row_each_before_and_after() -> None:
    before, after = evaluated([FAIL], [FAIL]), evaluated([PASS], [FAIL])
    report = EvaluationReport(
        before, after, others={"mbppplus": (before, after), "some/long/folder/of/mine.jsonl": (after, after)}
    )

    table = report.table()

    assert "Pass@1 mbppplus                0.0%            50.0%           +50.0pp" in table
    assert "Pass@1 ...folder/of/mine.jsonl 50.0%           50.0%           +0.0pp" in table
    assert report.as_dict()["heldout_data"]["mbppplus"]["rlvr"] == after.as_dict((1,))


def test_the_improvement_is_split_into_format_and_skill() -> None:
    problems = [CodeProblem(f"task {row}", "", tests=("assert f() == 1",)) for row in range(4)]

    def of(rows: list[Verdict], mended: list[Verdict]) -> Evaluation:
        return Evaluation.of(problems, [[sample(verdict)] for verdict in rows], score, [[v] for v in mended])

    crashed, cut = Verdict.RUNTIME_ERROR, Verdict.SYNTAX_ERROR
    before = of([PASS, FAIL, crashed, cut], [PASS, FAIL, PASS, cut])
    after = of([FAIL, PASS, PASS, PASS], [FAIL, PASS, PASS, PASS])
    report = EvaluationReport(before, after)

    assert (report.improvement, report.skill) == (0.5, 0.0)  # one became right, one became wrong, two became whole
    assert report.as_dict()["improvement"]["format"] == 0.5
    assert "of it +50.0pp are format, +0.0pp are skill" in report.table()
    assert "Pass@1, format mended          50.0%           75.0%           +25.0pp" in report.table()


def test_samples_of_a_problem_are_paired_at_random() -> None:
    before = evaluated([PASS, FAIL, Verdict.NO_CODE, Verdict.NO_CODE])
    after = evaluated([PASS, PASS, FAIL, Verdict.NO_CODE])
    report = EvaluationReport(before, after)

    assert report.skill == pytest.approx(1 / 4 * 2 / 4 - 1 / 4 * 1 / 4)
    assert report.as_dict()["improvement"]["format"] == pytest.approx(2 / 4 * 2 / 4 - 1 / 4 * 1 / 4)


def test_a_format_that_nobody_mended_has_no_row() -> None:
    assert "mended" not in EvaluationReport(evaluated([PASS]), evaluated([FAIL])).table()
