"""A problem to the prompt that a model sees.

`chat_code` is plain text, rendered here: TRL's trainers always open a new assistant turn, they never go on with one.
"""

from typing import Any, Literal, get_args

from trl_rlvr.errors import ConfigError
from trl_rlvr.extraction import opens_program
from trl_rlvr.problem import CodeProblem

PromptStyle = Literal["chat", "chat_code", "completion"]
PROMPT_STYLES: tuple[str, ...] = get_args(PromptStyle)

CODE_FENCE = "```python\n"
"""What `chat_code` opens the assistant's turn with; the completion is then code up to a closing fence."""

_ANSWER = "Answer with the complete code in one ```python block."


def build_prompt(
    problem: CodeProblem,
    style: str = "chat",
    *,
    visible_tests: int | str = "all",
    system_prompt: str | None = None,
    tokenizer: Any = None,
) -> str | list[dict[str, str]]:
    """Make the prompt of a problem.

    Args:
        problem: the problem.
        style: `chat`: TRL's conversational format, for models with a chat template; `chat_code`: the same as text,
            with the answer's code fence already open; `completion`: a docstring, or HumanEval's opening as it is, for
            models that only go on with a text.
        visible_tests: `all`, `none` or how many of the tests the prompt shows, from the first on; never more than the
            problem's `visible_limit`. Those of HumanEval and of programs that read input are never shown: their prompts
            hold examples of their own. A problem with messages of its own is shown as these say.
        system_prompt: first message of the chat styles; None: none.
        tokenizer: needed by `chat_code`, for its chat template.

    Raises:
        ConfigError: unknown style or count, or a `chat_code` tokenizer without a chat template.
    """
    if style not in PROMPT_STYLES:
        raise ConfigError(f"unknown prompt style {style!r}; choose one of {', '.join(PROMPT_STYLES)}")
    shown = problem.tests[: shown_tests(problem, visible_tests)]
    if style == "completion":
        return _completion_text(problem, shown)
    own = [{"role": role, "content": content} for role, content in problem.messages]
    says_system = own and own[0]["role"] == "system"
    messages = [{"role": "system", "content": system_prompt}] if system_prompt and not says_system else []
    messages += own or [{"role": "user", "content": _question(problem, shown)}]
    return messages if style == "chat" else render_chat(messages, tokenizer) + CODE_FENCE


def count_visible(visible_tests: int | str) -> int | None:
    """Read `all`, `none` or a number of tests; None stands for all.

    Raises:
        ConfigError: it is none of these.
    """
    words: dict[object, int | None] = {"all": None, "none": 0}
    if visible_tests in words:
        return words[visible_tests]
    try:
        count = int(visible_tests)
    except ValueError:
        count = -1
    if count < 0:
        raise ConfigError(f"visible tests are {visible_tests!r}; give all, none, or a number from 0 on")
    return count


def shown_tests(problem: CodeProblem, visible_tests: int | str) -> int:
    """Return how many tests, from the first on, whoever reads the prompt knows.

    Of programs that read input, those that the data set calls visible: their prompts hold examples of their own. A
    prompt that is the opening of a program, as HumanEval's, shows none.

    Args:
        problem: the problem.
        visible_tests: as for `build_prompt`.

    Raises:
        ConfigError: it is no count.
    """
    bounds = [problem.total, count_visible(visible_tests), problem.visible_limit]
    if code_opening(problem) or (problem.io_tests and problem.visible_limit is None):
        bounds.append(0)
    return min(bound for bound in bounds if bound is not None)


def code_opening(problem: CodeProblem) -> str:
    """Return the prompt of a problem where it is the opening of the program, as HumanEval's are, else nothing."""
    return problem.prompt if problem.entry_point and opens_program(problem.prompt, problem.entry_point) else ""


def require_chat_template(tokenizer: Any) -> None:
    """Check that a model can be talked to.

    Raises:
        ConfigError: there is no tokenizer, or it has no chat template.
    """
    if getattr(tokenizer, "chat_template", None) is None:
        what = "no tokenizer" if tokenizer is None else "a tokenizer without a chat template"
        raise ConfigError(f"got {what} for a chat prompt; use prompt style 'completion' with a model that has none")


def render_chat(messages: list[dict[str, str]], tokenizer: Any) -> str:
    """Render a conversation to text that opens the assistant's turn, and that the tokenizer may be given as it is.

    A template's own begin-of-text token is left out where the tokenizer adds one to any text.

    Raises:
        ConfigError: there is no tokenizer, or it has no chat template.
    """
    require_chat_template(tokenizer)
    text: str = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    adds_bos = tokenizer("")["input_ids"][:1] == [tokenizer.bos_token_id]
    return text.removeprefix(tokenizer.bos_token) if adds_bos and tokenizer.bos_token else text


def _names_wanted(problem: CodeProblem) -> str:
    return "Define " + " and ".join(f"`{name}`" for name in problem.entry_points) + "."


def _completion_text(problem: CodeProblem, shown: tuple[str, ...]) -> str:
    if code_opening(problem):
        return problem.prompt
    lines = [problem.prompt, *shown]
    if problem.tests and not shown:
        lines.append(_names_wanted(problem))
    return '"""\n' + "\n".join(lines) + '\n"""\n'


def _question(problem: CodeProblem, shown: tuple[str, ...]) -> str:
    if problem.io_tests:
        task = f"{problem.prompt}\n\nWrite a Python program that reads standard input and writes standard output."
    elif code_opening(problem):
        task = f"Complete this Python code:\n\n{CODE_FENCE}{problem.prompt.rstrip()}\n```"
    elif shown:
        tests = "\n".join(shown)
        task = f"{problem.prompt}\n\nYour code must pass these tests:\n\n{CODE_FENCE}{tests}\n```"
    else:
        task = f"{problem.prompt}\n\n{_names_wanted(problem)}"
    return f"{task}\n\n{_ANSWER}"
