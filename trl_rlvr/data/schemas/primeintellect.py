"""PrimeIntellect's verifiable coding problems and SYNTHETIC: `verification_info`, JSON or a Python literal as text."""

from collections.abc import Mapping
from typing import Any

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.cases import arguments_of, first_solution, problem_of_cases, unwrapped
from trl_rlvr.data.schemas.schema import Schema, has_fields
from trl_rlvr.data.schemas.taco import problem_of_input_output
from trl_rlvr.problem import CodeProblem


def problem_of_typed_cases(fields: Fields, field: str, cases: Any, **options: Any) -> CodeProblem:
    """Make a problem of a list of `{input, output, fn_name}`.

    Args:
        fields: the row, for messages.
        field: where it was found, for messages.
        cases: the list.
        options: what `problem_of_cases` takes; `function` is found in the cases.

    Raises:
        DataError: it is no such list, is empty, or asks for two functions.
    """
    if not isinstance(cases, list) or not all(isinstance(case, Mapping) and "output" in case for case in cases):
        raise fields.wrong(field, f"is {cases!r:.60}, not a list of objects with 'input' and 'output'")
    functions = {case["fn_name"] for case in cases if case.get("fn_name")}
    if len(functions) > 1:
        raise fields.wrong(field, f"asks for {len(functions)} functions")
    if not functions:
        pairs = [(case.get("input", ""), case["output"]) for case in cases]
        return problem_of_cases(fields, field, pairs, **options)
    try:
        arguments = [arguments_of(case.get("input", [])) for case in cases]
    except ValueError as error:
        raise fields.wrong(field, f"holds arguments that are no data: {error}") from error
    outputs = unwrapped([case["output"] for case in cases])
    pairs = list(zip(arguments, outputs, strict=True))
    return problem_of_cases(fields, field, pairs, function=str(functions.pop()), **options)


def _read(fields: Fields) -> CodeProblem:
    field = "verification_info"
    info = fields.data(field)
    if not isinstance(info, Mapping):
        raise fields.wrong(field, f"is {info!r:.60}, not an object")
    language = str(info.get("language") or "python")
    if not language.lower().startswith("py"):
        raise fields.wrong(field, f"is for {language!r:.20}, not Python")
    options: dict[str, Any] = {
        "task_id": fields.task_id("problem_id", "id"),
        "prompt": fields.text("prompt"),
        "reference": first_solution([fields.optional_text("gold_standard_solution")]),
    }
    if "inputs" in info:
        return problem_of_input_output(fields, field, info, **options)
    cases = info.get("test_cases")
    return problem_of_typed_cases(fields, field, cases, starter_code=options["prompt"], **options)


PRIME_INTELLECT = Schema(
    "PrimeIntellect or SYNTHETIC",
    has_fields("verification_info", "prompt"),
    _read,
    ("PrimeIntellect/verifiable-coding-problems", "PrimeIntellect/SYNTHETIC-1", "PrimeIntellect/SYNTHETIC-2"),
)
