"""Rows in this package's own schema, which is also what `problems_to_dataset` writes and `data_columns` maps to.

`tests` may be written in any form that sets have: a list of asserts, a module of tests as text, cases of inputs and
outputs, and either of the last two as JSON in text.
"""

from collections.abc import Mapping
from typing import Any

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.cases import without_fence
from trl_rlvr.data.schemas.module_tests import problem_of_module
from trl_rlvr.data.schemas.primeintellect import problem_of_typed_cases
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.data.schemas.solution_module import all_with_solution_module
from trl_rlvr.data.schemas.taco import problem_of_input_output
from trl_rlvr.problem import APART, CodeProblem, IOTest

_OTHERS = ("problem", "instructions", "test_list", "question_content")


def _recognise(row: Row) -> str:
    if any(row.get(name) is not None for name in _OTHERS):
        return ""
    return next((f"it has {name!r}" for name in ("tests", "io_tests", "inputs") if row.get(name)), "")


def _read(fields: Fields) -> CodeProblem:
    given = fields.row.get("tests")
    if given and fields.row.get("io_tests"):
        raise fields.wrong("io_tests", "stands beside 'tests'; a problem has tests of one kind")
    opening = fields.text("code_opening", "")
    messages = () if opening else fields.messages("messages" if fields.has("messages") else "prompt")
    common: dict[str, Any] = {
        "task_id": fields.task_id("task_id"),
        "prompt": opening or (messages[-1][1] if messages else fields.text("prompt")),
        "messages": messages,
    }
    reference = fields.optional_text("reference_solution")
    if fields.has("inputs"):
        cases = {
            "inputs": fields.data("inputs"),
            "outputs": fields.data("outputs"),
            "fn_name": fields.name("entry_point"),
        }
        return problem_of_input_output(fields, "inputs", cases, reference=_code(reference), **common)
    if given and not _are_asserts(given):
        return _other_tests(fields, common, reference)
    tests = all_with_solution_module(fields.codes("tests"), reference, fields.name("entry_point"))
    return CodeProblem(
        **common,
        tests=tests,
        setup_code=fields.code("setup_code"),
        prelude=fields.code("prelude"),
        entry_point=fields.name("entry_point"),
        entry_points=tuple(str(name) for name in fields.items("entry_points")),
        reference_solution=reference,
        reference_cpu_s=fields.seconds("reference_cpu_s"),
        io_tests=tuple(_io_test(fields, index, item) for index, item in enumerate(fields.items("io_tests"))),
        io_numbers=fields.text("io_numbers", "text"),
        io_case=fields.text("io_case", "exact"),
        visible_limit=fields.count("visible_limit"),
        isolation=fields.text("isolation", APART),
    )


def _are_asserts(given: Any) -> bool:
    return isinstance(given, list | tuple) and not any(isinstance(test, Mapping) for test in given)


def _other_tests(fields: Fields, common: dict[str, Any], reference: str | None) -> CodeProblem:
    """Read tests in any of the forms that other sets have."""
    tests = fields.data("tests")
    if isinstance(tests, str):
        return problem_of_module(
            fields,
            "tests",
            task_id=common["task_id"],
            prompt=common["prompt"],
            reference=reference,
            entry_point=fields.name("entry_point"),
            prelude=fields.code("prelude"),
        )
    reference = _code(reference)
    if isinstance(tests, Mapping):
        return problem_of_input_output(fields, "tests", tests, reference=reference, **common)
    if isinstance(tests, list) and tests and all(isinstance(test, str) for test in tests):
        sources = tuple(fields.checked_code("tests", test) for test in tests)
        return CodeProblem(
            **common, tests=sources, entry_point=fields.name("entry_point"), reference_solution=reference
        )
    return problem_of_typed_cases(fields, "tests", tests, reference=reference, **common)


def _code(reference: str | None) -> str | None:
    return without_fence(reference) if reference else None


def _io_test(fields: Fields, index: int, item: Any) -> IOTest:
    name = f"io_tests[{index}]"
    if not isinstance(item, Mapping):
        raise fields.wrong(name, f"is {item!r:.60}, not an object with 'input' and 'output'")
    inner = Fields(item, f"{fields.where}, field {name!r}")
    return IOTest(inner.raw_text("input"), inner.raw_text("output"))


OWN = Schema("this package's own", _recognise, _read)
