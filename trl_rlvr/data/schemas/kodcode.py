"""KodCode: a question, a solution, and functions of pytest that import it from `solution`, or do not."""

from collections.abc import Mapping

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.module_tests import problem_of_module
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.problem import CodeProblem


def _recognise(row: Row) -> str:
    field = "test_code" if row.get("test_code") is not None else "test"
    if row.get("question") is None or row.get(field) is None or row.get("entry_point") is not None:
        return ""
    return f"it has 'question' and {field!r}"


def _read(fields: Fields) -> CodeProblem:
    declared = [info for info in fields.items("test_info") if isinstance(info, Mapping)]
    names = [info["function_name"] for info in declared if isinstance(info.get("function_name"), str)]
    lines = [info["function_declaration"] for info in declared if isinstance(info.get("function_declaration"), str)]
    prompt = fields.text("question")
    if lines and not all(name in prompt for name in names):
        prompt += "\n\nBegin with:\n\n```python\n" + "\n".join(lines) + "\n```"
    return problem_of_module(
        fields,
        "test_code" if fields.has("test_code") else "test",
        task_id=fields.task_id("question_id"),
        prompt=prompt,
        reference=fields.optional_text("solution"),
        entry_point=names[0] if len(names) == 1 and names[0].isidentifier() else None,
    )


KODCODE = Schema(
    "KodCode", _recognise, _read, ("KodCode/KodCode-V1", "KodCode/KodCode-V1-SFT-R1", "KodCode/KodCode-Light-RL-10K")
)
