import pytest

from trl_rlvr.data.schemas import problem_from_row
from trl_rlvr.errors import DataError
from trl_rlvr.problem import IOTest

MBPP = {
    "task_id": 7,
    "text": "Write a function to add two numbers.",
    "code": "def add(a, b):\r\n    return a + b",
    "test_setup_code": "",
    "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
    "challenge_test_list": ["assert add(-1, 1) == 0"],
}
HUMANEVAL = {
    "task_id": "Own/0",
    "prompt": 'import math\n\n\ndef near(a, b):\n    return math.isclose(a, b)\n\n\ndef half(x):\n    """Halve x."""\n',
    "entry_point": "half",
    "canonical_solution": "    return x / 2\n",
    "test": "def check(candidate):\n    assert candidate(4) == 2\n",
}
STDIN = {"task_id": "sum", "prompt": "Add up.", "io_tests": [{"input": "1 2\n", "output": "3\n"}]}


def read(row, **changes):
    return problem_from_row({**row, **changes}, "my.jsonl, line 3")


def test_a_row_of_mbpp_becomes_a_problem():
    problem = read(MBPP)

    assert (problem.task_id, problem.prompt, problem.entry_point) == ("7", MBPP["text"], "add")
    assert problem.tests == ("assert add(1, 2) == 3", "assert add(0, 0) == 0")


@pytest.mark.parametrize("code", ["def add(a, b):\r\n    return a + b\r\n", "def add(a, b):\r    return a + b\r"])
def test_line_ends_of_other_systems_become_plain_ones(code):
    assert read(MBPP, code=code).reference_solution == "def add(a, b):\n    return a + b\n"


def test_line_ends_of_input_and_output_stay():
    assert read(STDIN, io_tests=[{"input": "1\r\n", "output": "\r"}]).io_tests == (IOTest("1\r\n", "\r"),)


def test_a_row_of_sanitized_mbpp_becomes_a_problem():
    row = {key: value for key, value in MBPP.items() if key not in ("text", "test_setup_code")}

    problem = read(row, prompt="Add.", test_imports=["import math", "import re"], source_file="x.ipynb")

    assert (problem.prompt, problem.setup_code) == ("Add.", "import math\nimport re")


def test_the_reference_may_be_absent():
    problem = read({key: value for key, value in MBPP.items() if key != "code"})

    assert (problem.reference_solution, problem.entry_point) == (None, "add")


def test_a_field_that_is_null_is_absent():
    assert read(MBPP, code=None, test_setup_code=None, test=None).reference_solution is None


def test_a_reference_that_does_not_parse_is_kept_for_the_gate():
    assert read(MBPP, code="print 'python 2'").reference_solution == "print 'python 2'"


def test_a_row_of_humaneval_becomes_one_test_that_runs_its_check():
    problem = read(HUMANEVAL)

    assert problem.tests == (HUMANEVAL["test"] + "\n\ncheck(half)\n",)
    assert problem.entry_points == ("half",)
    assert problem.reference_solution == HUMANEVAL["prompt"] + "    return x / 2\n"


def test_what_a_check_uses_from_the_prompt_is_not_left_to_the_candidate():
    problem = read(HUMANEVAL, test="def check(candidate):\n    assert near(candidate(1), 0.5)\n")

    assert problem.entry_points == ("half",)
    assert problem.setup_code == "import math\n\ndef near(a, b):\n    return math.isclose(a, b)"


def test_a_program_that_reads_input_becomes_a_problem():
    problem = read(STDIN, reference_solution="print(sum(map(int, input().split())))")

    assert problem.io_tests == (IOTest("1 2\n", "3\n"),)
    assert (problem.tests, problem.entry_point) == ((), None)


@pytest.mark.parametrize(
    ("row", "changes", "field", "what"),
    [
        (MBPP, {"task_id": None}, "task_id", "is missing"),
        (MBPP, {"task_id": 1.5}, "task_id", "is 1.5, not text"),
        (MBPP, {"text": None}, "prompt", "is missing"),
        (MBPP, {"text": ["Add."]}, "text", r"is \['Add.'\], not text"),
        (MBPP, {"text": "\ud800"}, "text", "holds a lone surrogate at character 0"),
        (MBPP, {"test_list": []}, "test_list", "is empty"),
        (MBPP, {"test_list": "assert add(1, 2) == 3"}, "test_list", "is 'assert .*', not a list"),
        (MBPP, {"test_list": ["assert add(1, 2) == 3", 5]}, "test_list[1]", "is 5, not text"),
        (MBPP, {"test_list": ["assert add(1, 2 == 3"]}, "test_list[0]", "does not parse as Python: line 1: "),
        (MBPP, {"test_list": ["assert 1 == 1"]}, "entry_point", "is missing, and the tests call nothing"),
        (MBPP, {"test_setup_code": "x = ("}, "test_setup_code", "does not parse as Python: line 1: "),
        (MBPP, {"test_imports": ["import"]}, "test_imports[0]", "does not parse as Python"),
        (MBPP, {"entry_point": "a.b"}, "entry_point", "'a.b' is not a name in Python"),
        (HUMANEVAL, {"prompt": None}, "prompt", "is missing"),
        (HUMANEVAL, {"entry_point": None}, "entry_point", "is missing"),
        (HUMANEVAL, {"test": "assert half(4) == 2"}, "test", "defines no `check`"),
        (HUMANEVAL, {"test": "def check("}, "test", "does not parse as Python"),
        (HUMANEVAL, {"canonical_solution": 1}, "canonical_solution", "is 1, not text"),
        (STDIN, {"io_tests": ["1 2"]}, "io_tests[0]", "is '1 2', not an object with 'input' and 'output'"),
        (STDIN, {"io_tests": [{"input": "1"}]}, "output", "is missing"),
        (STDIN, {"tests": ["assert f(1) == 1"]}, "io_tests", "stands beside 'tests'"),
        (STDIN, {"reference_cpu_s": -1}, "reference_cpu_s", "is -1; give seconds, 0 or more"),
        (STDIN, {"reference_cpu_s": "2"}, "reference_cpu_s", "is '2'; give seconds"),
    ],
)
def test_a_broken_row_names_place_field_and_fault(row, changes, field, what):
    with pytest.raises(DataError, match=what) as caught:
        read(row, **changes)

    assert str(caught.value).startswith("my.jsonl, line 3, field ")
    assert f"field {field!r}: " in str(caught.value)


@pytest.mark.parametrize("row", [{}, {"task_id": 1, "text": "Add."}, {"task_id": 1, "prompt": "Add.", "io_tests": []}])
def test_a_row_without_tests_says_what_to_give(row):
    with pytest.raises(DataError, match=r"my.jsonl, line 3: no tests among its fields .*'test_list'.*'io_tests'"):
        read(row)
