import pytest

from trl_rlvr.data import build_prompt
from trl_rlvr.errors import ConfigError
from trl_rlvr.problem import CodeProblem, IOTest

ADD = CodeProblem("1", "Add two numbers.", ("assert add(1, 2) == 3", "assert add(0, 0) == 0"))
HALF = CodeProblem("2", 'def half(x):\n    """Halve x."""\n', ("assert half(4) == 2",))
SUM = CodeProblem("3", "Print the sum.", io_tests=(IOTest("1 2", "3"),))


def question(problem, **options):
    (message,) = build_prompt(problem, "chat", **options)
    assert message["role"] == "user"
    return message["content"]


def test_a_completion_prompt_is_a_docstring_with_the_tests():
    expected = '"""\nAdd two numbers.\nassert add(1, 2) == 3\nassert add(0, 0) == 0\n"""\n'

    assert build_prompt(ADD, "completion") == expected


def test_a_completion_prompt_that_hides_all_tests_names_the_function():
    assert build_prompt(ADD, "completion", visible_tests="none") == '"""\nAdd two numbers.\nDefine `add`.\n"""\n'


def test_a_completion_prompt_of_humaneval_is_its_opening():
    assert build_prompt(HALF, "completion") == HALF.prompt


def test_a_chat_prompt_shows_task_and_tests():
    assert question(ADD) == (
        "Add two numbers.\n\nYour code must pass these tests:\n\n"
        "```python\nassert add(1, 2) == 3\nassert add(0, 0) == 0\n```\n\n"
        "Answer with the complete code in one ```python block."
    )


@pytest.mark.parametrize("shown", [1, "1"])
def test_tests_beyond_the_number_stay_hidden(shown):
    text = question(ADD, visible_tests=shown)

    assert "add(1, 2)" in text
    assert "add(0, 0)" not in text


@pytest.mark.parametrize("shown", [0, "0", "none"])
def test_with_all_tests_hidden_the_prompt_names_the_function(shown):
    text = question(ADD, visible_tests=shown)

    assert "assert" not in text
    assert "Define `add`." in text


def test_a_chat_prompt_of_humaneval_shows_its_opening_and_no_test():
    text = question(HALF)

    assert '```python\ndef half(x):\n    """Halve x."""\n```' in text
    assert "assert" not in text


def test_a_program_that_reads_input_is_asked_for_as_one():
    text = question(SUM)

    assert "reads standard input" in text
    assert "1 2" not in text


def test_a_system_prompt_comes_first():
    roles = [message["role"] for message in build_prompt(ADD, "chat", system_prompt="Be brief.")]

    assert roles == ["system", "user"]


@pytest.mark.parametrize("shown", [-1, "-1", "some", "", "1.5"])
def test_an_odd_number_of_visible_tests_is_refused(shown):
    with pytest.raises(ConfigError, match="give all, none, or a number from 0 on"):
        build_prompt(ADD, visible_tests=shown)


def test_an_unknown_style_is_refused():
    with pytest.raises(ConfigError, match="unknown prompt style 'plain'; choose one of chat, chat_code, completion"):
        build_prompt(ADD, "plain")


def test_an_open_answer_needs_a_tokenizer():
    with pytest.raises(ConfigError, match="got no tokenizer for a chat prompt"):
        build_prompt(ADD, "chat_code")
