"""NeMo Gym's and Nemotron's rows: a conversation, and unit tests of standard input or of a function."""

from collections.abc import Mapping

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.data.schemas.taco import problem_of_input_output
from trl_rlvr.problem import CodeProblem

_FIELD = "verifier_metadata"


def _recognise(row: Row) -> str:
    found = row.get(_FIELD)
    return (
        "it has 'verifier_metadata' with 'unit_tests'" if isinstance(found, Mapping) and "unit_tests" in found else ""
    )


def _read(fields: Fields) -> CodeProblem:
    inner = Fields(fields.row[_FIELD], f"{fields.where}, field {_FIELD!r}", fields.notes)
    asked = fields.row.get("responses_create_params")
    if not isinstance(asked, Mapping):
        raise fields.wrong("responses_create_params", "is missing; its 'input' holds the prompt")
    messages = Fields(asked, f"{fields.where}, field 'responses_create_params'").messages("input")
    if not messages:
        raise fields.wrong("responses_create_params", "holds no 'input', which is the prompt")
    return problem_of_input_output(
        inner,
        "unit_tests",
        inner.data("unit_tests"),
        task_id=fields.task_id("hash_id", "id"),
        prompt=messages[-1][1],
        messages=messages,
    )


NEMOTRON = Schema("NeMo Gym or Nemotron", _recognise, _read, ("nvidia/Nemotron-RL-coding-competitive_coding",))
