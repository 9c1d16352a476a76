from trl_rlvr.data.sameness import find_overlap
from trl_rlvr.problem import CodeProblem, IOTest

TASK = "Write a function that adds up two numbers."


def problem(task_id, prompt=TASK, tests=("assert add(1, 2) == 3",)):
    return CodeProblem(task_id, prompt, tests)


def test_equal_tests_are_an_overlap_whatever_their_layout_and_order():
    one = problem("a", tests=("assert add(1, 2) == 3", "assert add(0, 0) == 0"))
    other = problem("b", "Sum of two.", tests=("assert  add(0,0)==0", "assert add(1,2) == 3"))

    (found,) = find_overlap([one], [other])

    assert (found.train_id, found.heldout_id, found.by) == ("a", "b", "tests")


def test_equal_text_is_an_overlap_whatever_its_spelling():
    other = problem("b", TASK.upper() + "\n", tests=("assert add(5, 5) == 10",))

    assert [found.by for found in find_overlap([problem("a")], [other])] == ["text"]


def test_text_that_many_problems_share_is_none():
    train = [problem("a"), problem("b", tests=("assert add(2, 2) == 4",))]

    assert find_overlap(train, [problem("c", tests=("assert add(5, 5) == 10",))]) == []


def test_short_text_is_none():
    assert find_overlap([problem("a", "Add.")], [problem("b", "Add.", tests=("assert add(5, 5) == 10",))]) == []


def test_programs_overlap_by_their_cases():
    one = CodeProblem("a", TASK, io_tests=(IOTest("1 2\n", "3\n"),))
    other = CodeProblem("b", "Sum.", io_tests=(IOTest("1 2", "3"),))

    (found,) = find_overlap([one], [other])

    assert (found.train_id, found.heldout_id, found.by) == ("a", "b", "tests")
