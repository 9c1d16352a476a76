import pytest

from trl_rlvr.data import problems_from_columns
from trl_rlvr.errors import DataError

TESTS = [["assert add(1, 2) == 3"], ["assert sub(2, 1) == 1"]]


def test_columns_of_mbpp_become_problems():
    columns = {"task_id": [1, 2], "text": ["Add.", "Subtract."], "test_list": TESTS, "prompts": ["a", "b"]}

    problems = problems_from_columns(columns, 2)

    assert [(p.task_id, p.prompt, p.entry_point) for p in problems] == [("1", "Add.", "add"), ("2", "Subtract.", "sub")]


def test_columns_of_humaneval_keep_their_opening():
    test = "def check(candidate):\n    assert candidate(1) == 2\n"
    columns = {"prompts": ["def f(x):\n"], "entry_point": ["f"], "test": [test], "canonical_solution": ["    return 2"]}

    (problem,) = problems_from_columns(columns, 1)

    assert problem.reference_solution == "def f(x):\n    return 2"


@pytest.mark.parametrize("name", ["prompt", "prompts"])
def test_a_conversation_counts_as_what_the_user_said_last(name):
    chat = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Add."},
        {"role": "assistant", "content": "How?"},
        {"role": "user", "content": [{"type": "text", "text": "Just "}, {"type": "text", "text": "add."}]},
    ]

    (problem,) = problems_from_columns({name: [chat], "tests": TESTS[:1]}, 1)

    assert problem.prompt == "Just add."


def test_columns_that_are_no_data_are_ignored():
    columns = {"tests": TESTS, "trainer_state": object(), "log_extra": print, "completion_ids": [[1], [2], [3]]}

    assert len(problems_from_columns(columns, 2)) == 2


def test_arrays_are_read_as_lists():
    numpy = pytest.importorskip("numpy")

    (problem,) = problems_from_columns({"tests": numpy.array([TESTS[0]]), "task_id": numpy.array([5])}, 1)

    assert (problem.task_id, problem.tests) == ("5", ("assert add(1, 2) == 3",))


def test_a_row_seen_before_is_the_same_problem():
    columns = {"tests": TESTS}

    assert problems_from_columns(columns, 2)[0] is problems_from_columns(columns, 2)[0]


def test_a_row_that_changed_is_another_problem():
    one = problems_from_columns({"tests": TESTS[:1]}, 1)
    other = problems_from_columns({"tests": TESTS[:1], "setup_code": ["x = 1"]}, 1)

    assert one[0].suite_key != other[0].suite_key


def test_columns_without_tests_are_refused():
    with pytest.raises(DataError, match="no column of tests among 'prompts', 'answer'; give one of test_list, test,"):
        problems_from_columns({"prompts": ["a"], "answer": ["b"]}, 1)


def test_columns_that_a_trainer_removed_are_told_from_those_that_never_were():
    with pytest.raises(DataError, match="set remove_unused_columns to false"):
        problems_from_columns({"prompts": ["a"], "completions": ["b"]}, 1)
    with pytest.raises(DataError) as told:
        problems_from_columns({"prompts": ["a"], "task_id": ["b"]}, 1)
    assert "remove_unused_columns" not in str(told.value)


@pytest.mark.parametrize("name", ["tests", "prompts"])
def test_a_column_of_another_length_is_refused(name):
    columns = {"prompts": ["a"], "tests": TESTS[:1], name: ["a", "b", "c"]}

    with pytest.raises(DataError, match=r"column 'prompts?' has 3 values for 1 rows|column 'tests' has 3 values for 1"):
        problems_from_columns(columns, 1)


def test_a_row_that_cannot_be_used_names_its_task():
    with pytest.raises(DataError, match=r"data set row with task_id 9, field 'tests\[0\]': does not parse"):
        problems_from_columns({"task_id": [9], "tests": [["assert ("]]}, 1)
