"""Format failures and wrong programs, told apart by real verdicts."""

from collections.abc import Iterator

import pytest

from trl_rlvr.evaluation import mended_verdicts
from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.verdict import Verdict
from trl_rlvr.verifier import CodeVerifier

PROBLEM = CodeProblem("add", "Add two numbers.", entry_point="add", tests=("assert add(2, 3) == 5",))
RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"


@pytest.fixture(scope="module")
def verifier() -> Iterator[CodeVerifier]:
    with CodeVerifier() as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "own", "mended"),
    [
        (RIGHT, Verdict.PASSED, Verdict.PASSED),
        (WRONG, Verdict.WRONG_ANSWER, Verdict.WRONG_ANSWER),
        (RIGHT.replace("add", "plus"), Verdict.MISSING_ENTRY_POINT, Verdict.PASSED),
        (WRONG.replace("add", "plus"), Verdict.MISSING_ENTRY_POINT, Verdict.MISSING_ENTRY_POINT),
        (f"```python\n{RIGHT}\nimport os\nos._exit(add(1, 1))\n```", Verdict.CRASHED, Verdict.PASSED),
        (f"```python\n{WRONG}\nassert_sum(add(1, 1))\n```", Verdict.RUNTIME_ERROR, Verdict.RUNTIME_ERROR),
        (f"```python\n{RIGHT}\nprint(add(1,\n1) +)\n```", Verdict.SYNTAX_ERROR, Verdict.PASSED),
        ("I would add them.", Verdict.NO_CODE, Verdict.NO_CODE),
    ],
)
def test_only_a_right_program_is_mended(verifier: CodeVerifier, text: str, own: Verdict, mended: Verdict) -> None:
    found = verifier.verify([text], [PROBLEM])

    assert found[0].verdict is own
    assert mended_verdicts(verifier, [text], [PROBLEM], found) == [mended]


def test_a_program_that_reads_input_is_cut_but_not_renamed(verifier: CodeVerifier) -> None:
    problem = CodeProblem("echo", "Print the line.", io_tests=(IOTest("a\n", "a\n"),))
    texts = ["```python\nprint(input())\nprint('b' +)\n```", "```python\nprint(input())\nraise ValueError\n```"]

    assert mended_verdicts(verifier, texts, [problem] * 2, verifier.verify(texts, [problem] * 2)) == [
        Verdict.PASSED,
        Verdict.RUNTIME_ERROR,
    ]
