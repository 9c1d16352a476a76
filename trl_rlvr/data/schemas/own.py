"""Rows in this package's own schema, which is also what `problems_to_dataset` writes."""

from collections.abc import Mapping
from typing import Any

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.data.schemas.units import units_of
from trl_rlvr.problem import CodeProblem, IOTest


def _recognise(row: Row) -> str:
    for name in ("tests", "io_tests"):
        if row.get(name) and row.get("problem") is None and row.get("instructions") is None:
            return f"it has {name!r}"
    return ""


def _read(fields: Fields) -> CodeProblem:
    if fields.row.get("tests") and fields.row.get("io_tests"):
        raise fields.wrong("io_tests", "stands beside 'tests'; a problem has tests of one kind")
    opening = fields.text("code_opening", "")
    messages = fields.messages("prompt")
    prompt = opening or (messages[-1][1] if messages else fields.text("prompt"))
    options = {} if isinstance(fields.row.get("tests"), str) else {"tests": fields.codes("tests")}
    setup_code = fields.code("setup_code")
    if not options:
        units = units_of(fields.code("tests"))
        options = {"tests": units.tests}
        setup_code = "\n\n".join(filter(None, (setup_code, units.setup_code)))
    limit = fields.row.get("visible_limit")
    return CodeProblem(
        task_id=fields.task_id(),
        prompt=prompt,
        messages=() if opening else messages,
        setup_code=setup_code,
        prelude=fields.code("prelude"),
        entry_point=fields.name("entry_point"),
        entry_points=tuple(str(name) for name in fields.items("entry_points")),
        reference_solution=fields.optional_text("reference_solution"),
        reference_cpu_s=fields.seconds("reference_cpu_s"),
        io_tests=tuple(_io_test(fields, index, item) for index, item in enumerate(fields.items("io_tests"))),
        io_numbers=fields.text("io_numbers", "text"),
        io_case=fields.text("io_case", "exact"),
        visible_limit=limit if isinstance(limit, int) else None,
        **options,
    )


def _io_test(fields: Fields, index: int, item: Any) -> IOTest:
    name = f"io_tests[{index}]"
    if not isinstance(item, Mapping):
        raise fields.wrong(name, f"is {item!r:.60}, not an object with 'input' and 'output'")
    inner = Fields(item, f"{fields.where}, field {name!r}")
    return IOTest(inner.raw_text("input"), inner.raw_text("output"))


OWN = Schema("this package's own", _recognise, _read)
