"""A measure as a row of `heldout.jsonl`: read again only where it was taken on the same problems in the same way."""

import json
import math
from types import SimpleNamespace

import pytest

from trl_rlvr.evaluation import Evaluation, ProblemOutcome
from trl_rlvr.training.measure import from_row, heldout_figures, to_row
from trl_rlvr.training.spec import RunConfig
from trl_rlvr.verdict import Verdict

TAKEN = Evaluation(
    (
        ProblemOutcome("a", (Verdict.PASSED, Verdict.TIMEOUT), (1.0, -0.5)),
        ProblemOutcome("b", (Verdict.SANDBOX_ERROR, Verdict.SANDBOX_ERROR), ()),
    )
)
RUN = RunConfig(heldout_samples=2, heldout_k=[1, 2])


def problems(*ids):
    return SimpleNamespace(problems=[SimpleNamespace(task_id=task_id, isolation="apart") for task_id in ids])


def row():
    return json.loads(json.dumps(to_row(TAKEN, RUN, label="baseline", step=0)))


def test_a_measure_is_read_as_it_was_taken():
    assert from_row(row(), problems("a", "b"), RUN) == TAKEN


@pytest.mark.parametrize(
    ("heldout", "run"),
    [
        (problems("a"), RUN),
        (problems("b", "a"), RUN),
        (problems("a", "b"), RunConfig(heldout_samples=3)),
        (problems("a", "b"), RunConfig(heldout_samples=2, heldout_temperature=0.9)),
    ],
    ids=["fewer problems", "another order", "more samples", "another temperature"],
)
def test_a_measure_of_something_else_is_not_used(heldout, run):
    assert from_row(row(), heldout, run) is None


def test_trackers_get_shares_and_nothing_that_does_not_exist():
    figures = heldout_figures(TAKEN, [1, 2, 3])

    assert figures == {"heldout/pass@1": 0.5, "heldout/pass@2": 1.0, "heldout/mean_reward": 0.25}
    assert not any(math.isnan(value) for value in figures.values())
