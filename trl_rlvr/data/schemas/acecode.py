"""AceCode: a question and asserts, without a reference."""

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.problem import CodeProblem


def _recognise(row: Row) -> str:
    cases = row.get("test_cases")
    if row.get("question") is None or not isinstance(cases, list | tuple) or not all(isinstance(c, str) for c in cases):
        return ""
    return "it has 'question' and 'test_cases'"


def _read(fields: Fields) -> CodeProblem:
    tests = fields.codes("test_cases")
    if not tests:
        raise fields.wrong("test_cases", "is empty")
    return CodeProblem(
        task_id=fields.task_id("id"),
        prompt=fields.text("question"),
        tests=tuple(dict.fromkeys(tests)),
        visible_limit=0,
    )


ACECODE = Schema("AceCode", _recognise, _read, ("TIGER-Lab/AceCode-87K", "TIGER-Lab/AceCode-V2-122K"))
