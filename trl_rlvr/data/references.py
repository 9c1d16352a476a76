"""A problem's reference solution as the completion that a model would answer its prompt with."""

from trl_rlvr.data.prompts import CODE_FENCE, code_opening
from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem


def reference_completion(problem: CodeProblem, style: str = "chat") -> str | list[dict[str, str]]:
    """Write the reference solution in the form that `build_prompt` asks for in the same style.

    Args:
        problem: a problem with a reference solution.
        style: `chat`: a message with one code block; `chat_code`: the code and the fence that closes its block;
            `completion`: the code, without the opening that the prompt already holds.

    Raises:
        DataError: the problem has no reference solution.
    """
    if not problem.reference_solution:
        raise DataError(f"problem {problem.task_id!r} has no reference solution to learn from; leave it out")
    code = problem.reference_solution.strip("\n")
    if style == "chat":
        return [{"role": "assistant", "content": f"{CODE_FENCE}{code}\n```"}]
    if style == "chat_code":
        return f"{code}\n```"
    return code.removeprefix(code_opening(problem).lstrip("\n"))
