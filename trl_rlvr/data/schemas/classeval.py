"""ClassEval: a class to complete, and classes of unittest that use its name without importing it."""

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.module_tests import problem_of_module
from trl_rlvr.data.schemas.schema import Schema, has_fields
from trl_rlvr.problem import CodeProblem


def _read(fields: Fields) -> CodeProblem:
    imports = "\n".join(fields.codes("import_statement"))
    skeleton = fields.text("skeleton", "")
    task = f"Complete the class `{fields.text('class_name')}`:\n\n```python\n{skeleton.rstrip()}\n```"
    return problem_of_module(
        fields,
        "test",
        task_id=fields.task_id(),
        prompt=task if skeleton else fields.text("class_description"),
        reference=fields.optional_text("solution_code"),
        entry_point=fields.name("class_name"),
        prelude=imports,
    )


CLASSEVAL = Schema("ClassEval", has_fields("test", "class_name"), _read, ("FudanSELab/ClassEval",))
