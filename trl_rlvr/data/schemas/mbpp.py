"""MBPP, whole or sanitized.

`challenge_test_list` is not read: published pass rates do not count it.
"""

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.schema import Schema, has_fields
from trl_rlvr.problem import CodeProblem


def read_mbpp(fields: Fields) -> CodeProblem:
    """Make a problem of a row of MBPP."""
    tests = fields.codes("test_list")
    if not tests:
        raise fields.wrong("test_list", "is empty")
    setup = (*fields.codes("test_imports"), fields.code("test_setup_code"))
    return CodeProblem(
        task_id=fields.task_id(),
        prompt=fields.text("text" if fields.has("text") else "prompt"),
        tests=tests,
        setup_code="\n".join(source for source in setup if source),
        entry_point=fields.name("entry_point"),
        reference_solution=fields.optional_text("code"),
    )


MBPP = Schema(
    "MBPP",
    has_fields("test_list", without=("test", "plus_input")),
    read_mbpp,
    ("google-research-datasets/mbpp", "Muennighoff/mbpp"),
)
