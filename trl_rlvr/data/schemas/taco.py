"""APPS and TACO: `input_output` holds JSON of inputs and outputs, and of a function's name where there is one."""

from collections.abc import Mapping
from typing import Any

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.cases import arguments_of, first_solution, problem_of_cases, unwrapped
from trl_rlvr.data.schemas.schema import Schema, has_fields
from trl_rlvr.problem import CodeProblem


def problem_of_input_output(fields: Fields, field: str, cases: Any, **options: Any) -> CodeProblem:
    """Make a problem of `{inputs, outputs, fn_name}`, as several sets write it.

    Args:
        fields: the row, for messages.
        field: where it was found, for messages.
        cases: the object.
        options: what `problem_of_cases` takes.

    Raises:
        DataError: it is no such object, or holds no cases.
    """
    if not isinstance(cases, Mapping) or not isinstance(cases.get("inputs"), list):
        raise fields.wrong(field, f"is {cases!r:.60}, not an object with 'inputs' and 'outputs'")
    inputs, outputs = cases["inputs"], cases.get("outputs")
    if not isinstance(outputs, list) or len(outputs) != len(inputs):
        raise fields.wrong(field, f"has {len(inputs)} inputs and not as many outputs")
    function = cases.get("fn_name") or None
    if function is not None:
        try:
            inputs = [arguments_of(given) for given in inputs]
        except ValueError as error:
            raise fields.wrong(field, f"holds arguments that are no data: {error}") from error
        outputs = unwrapped(outputs)
        function = str(function)
    return problem_of_cases(fields, field, list(zip(inputs, outputs, strict=True)), function=function, **options)


def _read(fields: Fields) -> CodeProblem:
    return problem_of_input_output(
        fields,
        "input_output",
        fields.data("input_output"),
        task_id=fields.task_id("problem_id", "id", "name"),
        prompt=_with_starter(fields),
        starter_code=fields.optional_text("starter_code"),
        reference=first_solution(fields.row.get("solutions")),
    )


def _with_starter(fields: Fields) -> str:
    starter, question = fields.text("starter_code", "").strip(), fields.text("question")
    return f"{question}\n\nBegin with:\n\n```python\n{starter}\n```" if starter else question


TACO = Schema(
    "APPS or TACO",
    has_fields("question", "input_output"),
    _read,
    ("BAAI/TACO", "codeparrot/apps", "likaixin/TACO-verified"),
)
