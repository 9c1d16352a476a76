"""Rows as verl takes them: `prompt` is a conversation, `reward_model.ground_truth` holds the tests as text.

Eurus and its kin hold `{inputs, outputs, fn_name}` there; others a list of asserts, `{functional: asserts}`, or
LeetCode's `{import_prefix, test_code, entry_point}`.
"""

from collections.abc import Mapping
from typing import Any

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.cases import without_fence
from trl_rlvr.data.schemas.leetcode import tests_of_check
from trl_rlvr.data.schemas.primeintellect import problem_of_typed_cases
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.data.schemas.taco import problem_of_input_output
from trl_rlvr.data.schemas.units import units_of
from trl_rlvr.problem import CodeProblem

_FIELD = "reward_model"
_REFERENCES = ("reference", "solution", "answer")


def _recognise(row: Row) -> str:
    model = row.get(_FIELD)
    return "it has 'reward_model' with 'ground_truth'" if isinstance(model, Mapping) and "ground_truth" in model else ""


def _read(fields: Fields) -> CodeProblem:
    inner = Fields(fields.row[_FIELD], f"{fields.where}, field {_FIELD!r}", fields.notes)
    truth = inner.data("ground_truth")
    messages = fields.messages("prompt")
    extra = fields.row.get("extra_info")
    extra = extra if isinstance(extra, Mapping) else {}
    reference = next((extra[name] for name in _REFERENCES if isinstance(extra.get(name), str)), "")
    common: dict[str, Any] = {
        "task_id": fields.task_id("id", "problem_id", "uid"),
        "prompt": messages[-1][1] if messages else fields.text("prompt"),
        "messages": messages,
    }
    reference = without_fence(reference) or None
    if isinstance(truth, Mapping) and "inputs" in truth:
        return problem_of_input_output(inner, "ground_truth", truth, reference=reference, **common)
    if isinstance(truth, list) and truth and all(isinstance(case, Mapping) for case in truth):
        return problem_of_typed_cases(inner, "ground_truth", truth, reference=reference, **common)
    return CodeProblem(reference_solution=reference, visible_limit=0, **common, **_source_tests(inner, truth))


def _source_tests(inner: Fields, truth: Any) -> dict[str, Any]:
    """Read tests that are source."""
    if isinstance(truth, Mapping) and truth.get("test_code") and truth.get("entry_point"):
        asked = Fields(truth, inner.where, inner.notes)
        prelude = asked.code("import_prefix")
        return {"prelude": prelude, **tests_of_check(asked, "test_code", asked.text("entry_point"))}
    if isinstance(truth, Mapping) and truth.get("functional"):
        units = units_of(Fields(truth, inner.where, inner.notes).code("functional"))
        return {"tests": units.tests, "setup_code": units.setup_code}
    if isinstance(truth, str):
        units = units_of(inner.checked_code("ground_truth", truth))
        return {"tests": units.tests, "setup_code": units.setup_code}
    if isinstance(truth, list) and truth and all(isinstance(test, str) for test in truth):
        return {"tests": tuple(inner.checked_code("ground_truth", test) for test in truth)}
    raise inner.wrong("ground_truth", f"is {truth!r:.60}; give inputs and outputs, asserts, or a test function")


VERL = Schema(
    "verl", _recognise, _read, ("PRIME-RL/Eurus-2-RL-Data", "Skywork/Skywork-OR1-RL-Data", "ganler/code-r1-12k")
)
