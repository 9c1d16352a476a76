"""The measure by turn: what it counts, and where a run says it."""

import json

import pytest
from small_run import small_spec

from trl_rlvr.evaluation import Evaluation, ProblemOutcome
from trl_rlvr.training.refinement.heldout import TurnsMeasure, turns_of_run, turns_table
from trl_rlvr.training.run import open_run, train
from trl_rlvr.verdict import Verdict

AMBIGUOUS = {
    "data_name": "ambiguous",
    "data_visible_tests": "none",
    "refinement_visible_tests": "1",
    "refinement_turns": 2,
    "refinement_turn_tokens": 48,
    "max_completion_length": 240,
    "heldout_samples": 2,
    "heldout_temperature": 1.0,
    "max_steps": 1,
    "save_strategy": "no",
}


def taken(*solved):
    """A measure of one problem from what each sample came to."""
    verdicts = tuple(Verdict.PASSED if one else Verdict.WRONG_ANSWER for one in solved)
    return Evaluation((ProblemOutcome("a", verdicts, (0.0,) * len(solved)),))


def test_rates_by_turn_beside_the_best_of_as_many_single_turns():
    found = TurnsMeasure((taken(True, False), taken(True, True)))

    assert found.as_dict() == {"pass_rate_by_turn": [0.5, 1.0], "best_of_single_turns": 1.0, "samples": 2}


def test_the_table():
    before, after = TurnsMeasure((taken(0, 0), taken(0, 1))), TurnsMeasure((taken(0, 1), taken(1, 1)))

    assert turns_table(before, after).splitlines() == [
        "| held-out, % solved | after turn 1 | after turn 2 | best of 2 single turns |",
        "| --- | --- | --- | --- |",
        "| before | 0.0 | 50.0 | 0.0 |",
        "| trained | 50.0 | 100.0 | 100.0 |",
    ]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A run on the ambiguous set whose policy was measured twice, with the conversations."""
    with open_run(small_spec(tmp_path_factory.mktemp("turns"), **AMBIGUOUS, data_test_limit=8)) as run:
        yield run, turns_of_run(run, "once"), turns_of_run(run, "again")


def test_the_same_policy_measures_the_same(measured):
    _, once, again = measured

    assert once == again
    assert [len(outcome.verdicts) for outcome in once.by_turn[0].outcomes] == [2] * 8


@pytest.mark.slow
def test_a_run_prints_and_keeps_them(tmp_path, capsys):
    train(small_spec(tmp_path / "out", **AMBIGUOUS))

    kept = json.loads((tmp_path / "out" / "rlvr_report.json").read_text())["turns"]
    assert len(kept["baseline"]["pass_rate_by_turn"]) == len(kept["rlvr"]["pass_rate_by_turn"]) == 2
    assert "| best of 2 single turns |" in capsys.readouterr().out
