"""References as completions: what is learned is what the verifier will read."""

import pytest

from trl_rlvr.data import build_prompt, load_problems, reference_completion
from trl_rlvr.errors import DataError
from trl_rlvr.extraction import extract_code
from trl_rlvr.problem import CodeProblem

CODE = "def add(a, b):\n    return a + b"
ADD = CodeProblem(task_id="1", prompt="Add.", tests=("assert add(1, 2) == 3",), reference_solution=f"\n{CODE}\n")


def test_chat_is_one_message_with_one_block():
    assert reference_completion(ADD) == [{"role": "assistant", "content": f"```python\n{CODE}\n```"}]


def test_the_block_that_the_prompt_opened_is_closed():
    assert reference_completion(ADD, "chat_code") == f"{CODE}\n```"


def test_plain_text_is_gone_on_with():
    assert reference_completion(ADD, "completion") == CODE


def test_an_opening_that_the_prompt_holds_is_not_repeated():
    opening = 'def add(a, b):\n    """Add."""\n'
    problem = CodeProblem(
        task_id="1",
        prompt=opening,
        tests=("assert add(1, 2) == 3",),
        entry_point="add",
        reference_solution=f"{opening}    return a + b\n",
    )

    assert build_prompt(problem, "completion") + reference_completion(problem, "completion") == (
        f"{opening}    return a + b"
    )


@pytest.mark.parametrize("style", ["chat", "chat_code", "completion"])
def test_the_extraction_takes_each_reference_back(style):
    for problem in load_problems("starter", "train")[:20]:
        completion = reference_completion(problem, style)
        text = completion if isinstance(completion, str) else completion[0]["content"]

        assert extract_code(text, problem.entry_point).code.strip() == problem.reference_solution.strip()


def test_a_problem_without_a_reference_is_refused():
    problem = CodeProblem(task_id="7", prompt="Add.", tests=("assert add(1, 2) == 3",))

    with pytest.raises(DataError, match="problem '7' has no reference solution to learn from; leave it out"):
        reference_completion(problem)
