"""MBPP+ as the Hub has it: `test_list` holds MBPP's few tests, `test` the many that EvalPlus added. All count."""

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.plus_tests import PlusTests, read_plus_tests
from trl_rlvr.data.schemas.schema import Schema, has_fields
from trl_rlvr.problem import CodeProblem


def _read(fields: Fields) -> CodeProblem:
    base = fields.codes("test_list")
    source = fields.text("test")
    try:
        plus = read_plus_tests(source)
    except ValueError as error:
        if not base:
            raise fields.wrong("test", f"cannot be used: {error}") from error
        fields.note("test", f"{error}; only test_list counts")
        plus = PlusTests("", (), "")
    if plus is None:
        plus = PlusTests("", (fields.code("test"),), "")
    numpy = "import numpy as np" if any("np." in test for test in plus.tests) and not plus.setup_code else ""
    setup = (*fields.codes("test_imports"), numpy, plus.setup_code)
    return CodeProblem(
        task_id=fields.task_id(),
        prompt=fields.text("text" if fields.has("text") else "prompt"),
        tests=tuple(dict.fromkeys((*base, *plus.tests))),
        setup_code="\n".join(source for source in setup if source),
        entry_point=fields.name("entry_point") or plus.name or None,
        entry_points=(plus.name,) if plus.name else (),
        reference_solution=fields.optional_text("code"),
        visible_limit=len(base),
    )


MBPP_PLUS = Schema("MBPP+", has_fields("test_list", "test"), _read, ("evalplus/mbppplus",))
