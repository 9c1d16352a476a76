import pickle
import threading
from fractions import Fraction
from math import comb

import pytest

from trl_rlvr.errors import DataError
from trl_rlvr.extraction import Extraction, ExtractionOutcome
from trl_rlvr.problem import CodeProblem
from trl_rlvr.training.pass_rates import PassRateMemory, PassRecord
from trl_rlvr.verdict import ExecutionResult, Verdict
from trl_rlvr.verifier import Verification


def after_visits(*visits, iteration=0):
    memory = PassRateMemory()
    for passed, failed in visits:
        memory.record([("p", True)] * passed + [("p", False)] * failed, iteration)
    return memory.of("p")


def verification(verdict):
    return Verification(Extraction(ExtractionOutcome.CODE, "code"), ExecutionResult.uniform(verdict, 1))


def test_a_problem_never_seen_has_the_rate_of_a_coin():
    assert PassRateMemory().of("new").pass_rate == 0.5


def test_older_visits_weigh_half_as_much_with_each_new_one():
    record = after_visits((4, 0), (0, 4))

    assert (record.passes, record.fails) == (2.0, 4.0)
    assert record.pass_rate == 2.5 / 7


def test_the_chance_of_signal_is_that_of_a_mixed_group():
    """With no visits the rate is spread as Beta(1/2, 1/2): every count of passes is weighted by (2k)!(2n-2k)! terms."""
    share = [Fraction(comb(2 * k, k) * comb(8 - 2 * k, 4 - k), 4**4) for k in range(5)]
    assert sum(share) == 1

    assert PassRecord().signal_probability(4) == pytest.approx(float(1 - share[0] - share[4]))


def test_mixed_problems_promise_more_than_new_ones_and_new_ones_more_than_settled_ones():
    mixed, new, solved, unsolved = (
        record.signal_probability(4)
        for record in (after_visits((2, 2)), PassRecord(), after_visits((4, 0)), after_visits((0, 4)))
    )

    assert mixed > new > solved
    assert solved == unsolved


def test_streaks_count_visits_of_one_kind_in_a_row():
    assert after_visits((4, 0), (4, 0)).streak == 2
    assert after_visits((0, 4), (0, 4), (0, 4)).streak == -3
    assert after_visits((4, 0), (0, 4)).streak == -1
    assert after_visits((4, 0), (3, 1)).streak == 0


def test_a_verified_batch_is_heard_but_for_what_the_sandbox_could_not_judge():
    memory = PassRateMemory()
    problems = [CodeProblem(task_id, "do it", tests=("assert f()",)) for task_id in "abc"]
    verdicts = [Verdict.PASSED, Verdict.SANDBOX_ERROR, Verdict.TIMEOUT]

    memory(problems, [verification(verdict) for verdict in verdicts])

    assert memory.drain() == [("a", True), ("c", False)]
    assert memory.drain() == []


def test_what_was_heard_counts_only_once_recorded():
    memory = PassRateMemory()

    memory.observe(["a"], [True])

    assert memory.was_told
    assert memory.records == {}


def test_the_rows_of_one_problem_make_one_visit():
    memory = PassRateMemory()

    memory.record([("a", True), ("b", False), ("a", False)], 7)

    assert memory.of("a") == PassRecord(1.0, 1.0, 0, 7)
    assert memory.of("b") == PassRecord(0.0, 1.0, -1, 7)


def test_its_state_survives_json_shaped_data():
    memory = PassRateMemory()
    memory.record([("a", True), ("b", False)], 3)
    other = PassRateMemory()

    other.load_state_dict(memory.state_dict())

    assert memory.state_dict() == {"a": [1.0, 0.0, 1, 3], "b": [0.0, 1.0, -1, 3]}
    assert other.records == memory.records


@pytest.mark.parametrize("state", [{"a": 3}, {"a": [1, 2, 3, 4, 5]}, ["a"]])
def test_a_foreign_state_is_refused(state):
    with pytest.raises(DataError, match="saved pass rates"):
        PassRateMemory().load_state_dict(state)


def test_it_hears_from_several_threads_at_once():
    memory = PassRateMemory()
    threads = [threading.Thread(target=memory.observe, args=([str(n)] * 1000, [True] * 1000)) for n in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(memory.drain()) == 8000


def test_it_pickles_with_what_it_knows():
    memory = PassRateMemory()
    memory.record([("a", True)], 0)

    assert pickle.loads(pickle.dumps(memory)).records == memory.records
