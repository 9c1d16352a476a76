"""No feedback holds a hidden test, an expected value of one, or a path of this machine."""

import ast
import dataclasses
import os
import tempfile
from pathlib import Path

import pytest

from trl_rlvr.data import DataConfig
from trl_rlvr.extraction import Extraction, ExtractionOutcome
from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.refinement.feedback import cut_middle, visible_feedback, visible_problem, without_host_paths
from trl_rlvr.verdict import ExecutionResult, TestResult, Verdict
from trl_rlvr.verifier import CodeVerifier, Verification

SHARED = Path(os.environ.get("TRL_RLVR_SHARED", Path(__file__).parents[2] / "../shared/data"))
ADD = CodeProblem("add", "Add.", tests=("assert add(1, 2) == 3", "assert add(40, 2) == 42"))
RETURNS, RAISES = "return 'silly-answer'", "raise ValueError('silly-answer')"


@pytest.fixture(scope="module")
def verifier():
    with CodeVerifier() as opened:
        yield opened


def feedback(verifier, problem, code, visible_tests="1", characters=500):
    shown = visible_problem(problem, visible_tests)
    return visible_feedback(shown, verifier.verify([code], [shown])[0], characters)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def add(a, b): return a - b", "A test fails:\nassert add(1, 2) == 3\nwrong answer: got -1, expected 3"),
        (
            "def add(a, b): return a + c",
            "A test fails:\nassert add(1, 2) == 3\nruntime error: NameError: name 'c' is not defined",
        ),
        ("```python\ndef add(a, b)\n    return a\n```", "The code does not compile: line 1: expected ':'"),
        ("def sub(a, b): return a", "The code cannot be tested: the code does not define 'add'"),
        ("I do not know.", "There is no code in the answer"),
    ],
)
def test_what_is_said(verifier, code, said):
    assert feedback(verifier, ADD, code) == said


def test_the_first_test_that_fails_is_shown(verifier):
    said = feedback(verifier, ADD, "def add(a, b): return 3", visible_tests="all")

    assert said == "A test fails:\nassert add(40, 2) == 42\nwrong answer: got 3, expected 42"


def test_a_program_that_reads_input(verifier):
    problem = CodeProblem("io", "Add.", io_tests=(IOTest("1 2\n", "3\n"), IOTest("40 2\n", "42\n")), visible_limit=1)

    said = feedback(verifier, problem, "a, b = map(int, input().split())\nprint(a - b)")

    assert said.startswith("A test fails:\ninput:\n1 2\nexpected output:\n3\nwrong answer: ")
    assert "42" not in said


def test_visible_is_what_the_prompt_shows():
    opening = CodeProblem("he", "def add(a, b):\n    '''Add.'''\n", tests=ADD.tests, entry_point="add")
    limited = CodeProblem("add", "Add.", tests=ADD.tests, visible_limit=1)
    reading = CodeProblem("io", "Add.", io_tests=(IOTest("1 2\n", "3\n"),))

    assert visible_problem(ADD, "1").tests == ADD.tests[:1]
    assert visible_problem(ADD, "all").tests == ADD.tests
    assert visible_problem(limited, "all").tests == ADD.tests[:1]
    assert [visible_problem(one, "all") for one in (opening, reading)] == [None, None]
    assert visible_problem(ADD, "none") is None


def test_no_text_is_longer_than_asked():
    long = CodeProblem("long", "x", tests=(f"assert f({'9' * 5000}) == 1",))
    for error in ("got " + "7" * 196, ""):
        found = Verification(
            Extraction(ExtractionOutcome.CODE, "x"), ExecutionResult((TestResult(Verdict.WRONG_ANSWER, error),))
        )
        for characters in (40, 100, 500):
            assert len(visible_feedback(long, found, characters)) <= characters


def test_the_middle_is_cut():
    assert cut_middle("abcdefghijklmnop", 11) == "abc ... nop"
    assert cut_middle("abc", 3) == "abc"


def test_no_path_of_the_host_is_told():
    here = f"{tempfile.gettempdir()}/job-1/solution.py"

    assert without_host_paths(f"OSError: '{here}' and {os.__file__}") == "OSError: '<path>' and <path>"
    assert without_host_paths("got '/a/b', expected '/a'") == "got '/a/b', expected '/a'"


def expected_values(test):
    """Return the literals that a test compares with, as they would be printed."""
    compared = [node for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Compare)]
    return [ast.unparse(right) for node in compared for right in node.comparators]


def assert_tells_nothing_hidden(verifier, problems, bodies):
    """Fail every problem's first test, and compare what is said with what the other tests hold."""
    codes, shown = [], []
    for problem in problems:
        for body in bodies:
            codes.append("\n".join(f"def {name}(*given, **named): {body}" for name in problem.entry_points))
            shown.append(visible_problem(problem, "1"))
    found = verifier.verify(codes, shown)
    told = 0
    for place, (problem, verification) in enumerate(zip(shown, found, strict=True)):
        if verification.verdict is Verdict.PASSED:
            continue
        said = visible_feedback(problem, verification, 500)
        own = said.replace(problem.tests[0].strip(), "")
        visible = " ".join(expected_values(problem.tests[0]))
        whole = problems[place // len(bodies)]
        assert all(test.strip() not in said for test in whole.tests[1:] if test not in problem.tests)
        for test in whole.tests[1:]:
            assert all(value not in own for value in expected_values(test) if len(value) > 3 and value not in visible)
        told += 1
    assert told > 0.9 * len(problems) > 0


def test_the_starter_set_tells_nothing_hidden(verifier):
    assert_tells_nothing_hidden(verifier, DataConfig().load_train()[:60], [RETURNS, RAISES])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "most"), [("mbpp.jsonl", 1000), ("sets/leetcode-v0.2.0-train-part.jsonl.gz", 200)])
def test_public_sets_tell_nothing_hidden(verifier, name, most):
    file = SHARED / name
    if not file.is_file():
        pytest.skip(f"{file} is not here; it is no part of the repository")
    problems = DataConfig(data_name=str(file), data_train_split="all").load_train()[:most]
    shown = [dataclasses.replace(problem, visible_limit=1) for problem in problems]  # LeetCode's rows show no test

    assert_tells_nothing_hidden(verifier, [one for one in shown if visible_problem(one, "1")], [RETURNS])
