"""DeepCoder: a problem and its `tests`, JSON as text: a list of cases or `{inputs, outputs, fn_name}`."""

from collections.abc import Mapping

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.cases import first_solution
from trl_rlvr.data.schemas.livecodebench import function_of, problem_of_lcb_cases
from trl_rlvr.data.schemas.primeintellect import problem_of_typed_cases
from trl_rlvr.data.schemas.schema import Schema, has_fields
from trl_rlvr.data.schemas.taco import problem_of_input_output
from trl_rlvr.problem import CodeProblem


def _read(fields: Fields) -> CodeProblem:
    tests = fields.data("tests")
    prompt, starter = fields.text("problem"), fields.text("starter_code", "")
    options = {
        "task_id": fields.task_id("problem_id", "question_id", "id"),
        "prompt": f"{prompt}\n\nBegin with:\n\n```python\n{starter.strip()}\n```" if starter.strip() else prompt,
        "starter_code": starter,
        "reference": first_solution(fields.row.get("solutions")),
    }
    if isinstance(tests, Mapping):
        return problem_of_input_output(fields, "tests", tests, **options)
    if isinstance(tests, list) and any(isinstance(case, Mapping) and "testtype" in case for case in tests):
        function = function_of(fields, tests)
        return problem_of_lcb_cases(fields, "tests", tests, function=function, **options)
    return problem_of_typed_cases(fields, "tests", tests, **options)


DEEPCODER = Schema("DeepCoder", has_fields("problem", "tests"), _read, ("agentica-org/DeepCoder-Preview-Dataset",))
