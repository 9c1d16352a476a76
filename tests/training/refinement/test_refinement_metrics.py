"""The figures of a batch of trajectories."""

from trl_rlvr.extraction import Extraction, ExtractionOutcome
from trl_rlvr.refinement.turns import Trajectory, Turn
from trl_rlvr.training.refinement.metrics import figures, sums
from trl_rlvr.verdict import ExecutionResult, TestResult, Verdict
from trl_rlvr.verifier import Verification


def trajectory(*turns, fed=3):
    """Make a trajectory from pairs of code and how many of two tests it passes."""
    made = Trajectory([0])
    for number, (code, passed) in enumerate(turns):
        if number:
            made.add([0] * fed, None, sampled=False)
        made.add([1, 1], None, sampled=True)
        tests = [TestResult(Verdict.PASSED if place < passed else Verdict.WRONG_ANSWER) for place in range(2)]
        found = Verification(Extraction(ExtractionOutcome.CODE, code), ExecutionResult(tuple(tests)))
        made.turns.append(Turn([1, 1], code, found))
    return made


ROWS = [
    trajectory(("a", 2)),
    trajectory(("b", 0), ("c", 2)),
    trajectory(("d", 1), ("e", 0), ("d", 1)),
    trajectory(("f", 1), ("f", 1), ("f", 1)),
]


def test_the_figures():
    found = figures(sums(ROWS, 3), 3)

    assert found == {
        "refinement/repaired": 1 / 3,
        "refinement/broken": 1 / 5,
        "refinement/repeated": 3 / 5,
        "refinement/no_room": 0.0,
        "refinement/unknown": 0.0,
        "refinement/turns": 9 / 4,
        "refinement/feedback_tokens": 15 / 4,
        "refinement/pass_rate_1": 1 / 4,
        "refinement/pass_rate_2": 2 / 4,
        "refinement/pass_rate_3": 2 / 4,
        "refinement/tokens_1": 2.0,
        "refinement/tokens_2": 2.0,
        "refinement/tokens_3": 2.0,
    }


def test_sums_of_two_ranks_add_up():
    parts = [sums(part, 3) for part in (ROWS[:1], ROWS[1:])]

    assert [sum(pair) for pair in zip(*parts, strict=True)] == sums(ROWS, 3)


def test_nothing_to_repair_gives_no_figure():
    hidden = Trajectory([0], turns=[Turn([1], "x", None)])

    assert figures(sums([hidden], 2), 2) == {}
