"""Trajectories of several turns: token in, token out."""

from trl_rlvr.extraction import Extraction, ExtractionOutcome
from trl_rlvr.refinement.turns import Limits, Trajectory, Turn, converse
from trl_rlvr.verdict import ExecutionResult, Verdict
from trl_rlvr.verifier import Verification

FED = [90, 91]


def found(verdict):
    return Verification(Extraction(ExtractionOutcome.CODE, "x"), ExecutionResult.uniform(verdict, 1))


def carried_on(script, limits, *, with_logprobs=True):
    """Carry trajectories on in which row r samples and shows what `script[r]` says of each turn."""
    trajectories = [Trajectory([row]) for row in range(len(script))]
    contexts_seen = []
    pending = []

    def sample(contexts, most_tokens, most_rows, number):
        contexts_seen.append([list(context) for context in contexts])
        pending[:] = [context[0] for context in contexts]
        ids = [script[row][number][0] for row in pending]
        return ids, [[-float(token) for token in row] for row in ids] if with_logprobs else None

    def judge(rows, ids, number):
        assert rows == pending
        told = "no" if number + 1 < limits.turns else ""
        return [Turn(one, "", found(script[row][number][1]), told) for row, one in zip(rows, ids, strict=True)]

    converse(
        trajectories,
        limits,
        sample=sample,
        judge=judge,
        framed=lambda row, said, last: FED,
        busiest=lambda count: count,
    )
    return trajectories, contexts_seen


def test_the_completion_is_what_was_sampled_and_fed_back_token_by_token():
    script = [
        [([1, 2, 3], Verdict.WRONG_ANSWER), ([4, 5], Verdict.PASSED)],
        [([6], Verdict.PASSED)],
        [([7, 8], Verdict.NO_CODE), ([9], Verdict.WRONG_ANSWER)],
    ]

    rows, contexts = carried_on(script, Limits(turns=2, turn_tokens=4, whole_tokens=12))

    assert [row.ids for row in rows] == [[1, 2, 3, *FED, 4, 5], [6], [7, 8, *FED, 9]]
    assert [row.mask for row in rows] == [[1, 1, 1, 0, 0, 1, 1], [1], [1, 1, 0, 0, 1]]
    assert rows[0].logprobs == [-1.0, -2.0, -3.0, 0.0, 0.0, -4.0, -5.0]
    assert contexts == [[[0], [1], [2]], [[0, 1, 2, 3, *FED], [2, 7, 8, *FED]]]
    assert [len(row.turns) for row in rows] == [2, 1, 2]


def test_an_engine_without_log_probabilities_leaves_none():
    script = [[([1], Verdict.WRONG_ANSWER), ([2], Verdict.PASSED)]]

    rows, _ = carried_on(script, Limits(2, 4, 12), with_logprobs=False)

    assert rows[0].logprobs == []
    assert rows[0].mask == [1, 0, 0, 1]


def test_no_feedback_stands_where_no_turn_has_room():
    script = [[([1, 2, 3, 4], Verdict.WRONG_ANSWER), ([5], Verdict.PASSED)]]

    rows, contexts = carried_on(script, Limits(turns=2, turn_tokens=4, whole_tokens=7))

    assert rows[0].ids == [1, 2, 3, 4]
    assert rows[0].lacked_room
    assert len(contexts) == 1


def test_a_turn_is_cut_where_the_whole_ends():
    script = [[([1, 2, 3], Verdict.WRONG_ANSWER), ([4, 5, 6, 7], Verdict.PASSED)]]

    rows, _ = carried_on(script, Limits(turns=2, turn_tokens=4, whole_tokens=8))

    assert rows[0].ids == [1, 2, 3, *FED, 4, 5, 6]
    assert len(rows[0].mask) == len(rows[0].logprobs) == 8
    assert rows[0].turns[1].ids == [4, 5, 6]


def test_a_sandbox_fault_ends_the_row():
    script = [[([1], Verdict.SANDBOX_ERROR)], [([2], Verdict.WRONG_ANSWER), ([3], Verdict.SANDBOX_ERROR)]]

    rows, _ = carried_on(script, Limits(turns=3, turn_tokens=4, whole_tokens=20))

    assert [len(row.turns) for row in rows] == [1, 2]
    assert all(row.is_unknown for row in rows)


def test_a_rank_without_rows_goes_along_until_the_last_has_ended():
    calls = []
    pending = [Trajectory([1])]
    busiest = iter([3, 2, 0])

    def sample(contexts, most_tokens, most_rows, number):
        calls.append((len(contexts), most_rows))
        return [[5]], None

    converse(
        pending,
        Limits(4, 4, 20),
        sample=sample,
        judge=lambda rows, ids, number: [Turn(one, "", found(Verdict.PASSED)) for one in ids],
        framed=lambda row, said, last: FED,
        busiest=lambda count: next(busiest),
    )

    assert calls == [(1, 3), (0, 2)]
    assert pending[0].ids == [5]


def test_feedback_that_nobody_answers_is_taken_back():
    script = [[([1, 2], Verdict.WRONG_ANSWER), ([], Verdict.NO_CODE)]]

    rows, _ = carried_on(script, Limits(turns=3, turn_tokens=4, whole_tokens=20))

    assert rows[0].ids == [1, 2]
    assert rows[0].mask == [1, 1]
    assert rows[0].logprobs == [-1.0, -2.0]
    assert len(rows[0].turns) == 1
