"""CRUXEval: a function, its input and its output. The problem is to write a function that gives this output."""

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.schema import Schema, has_fields
from trl_rlvr.problem import CodeProblem

_NAME = "f"


def _read(fields: Fields) -> CodeProblem:
    test = f"assert {_NAME}({fields.text('input')}) == {fields.text('output')}"
    return CodeProblem(
        task_id=fields.task_id("id"),
        prompt=f"Write a Python function `{_NAME}`.",
        tests=(fields.checked_code("output", test),),
        entry_point=_NAME,
        entry_points=(_NAME,),
        reference_solution=fields.optional_text("code"),
    )


CRUXEVAL = Schema(
    "CRUXEval",
    has_fields("code", "input", "output", without=("test", "tests", "io_tests", "test_list")),
    _read,
    ("cruxeval-org/cruxeval",),
)
