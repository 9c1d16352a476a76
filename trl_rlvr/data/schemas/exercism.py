"""Exercism's tracks: instructions, an example solution, and tests that import a module of the exercise's name."""

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.module_tests import problem_of_module
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.problem import CodeProblem

_TESTS = ("test", "tests", "test_code", "test_file")
_SOLUTIONS = ("solution", "example", "reference_solution", "canonical_solution")


def _first(row: Row, names: tuple[str, ...]) -> str:
    return next((name for name in names if row.get(name) is not None), "")


def _recognise(row: Row) -> str:
    tests = _first(row, _TESTS)
    return f"it has 'instructions' and {tests!r}" if row.get("instructions") is not None and tests else ""


def _read(fields: Fields) -> CodeProblem:
    solution = _first(fields.row, _SOLUTIONS)
    starter = fields.text("stub", "")
    prompt = fields.text("instructions")
    return problem_of_module(
        fields,
        _first(fields.row, _TESTS),
        task_id=fields.task_id("name", "slug", "exercise"),
        prompt=f"{prompt}\n\nBegin with:\n\n```python\n{starter.rstrip()}\n```" if starter else prompt,
        reference=fields.optional_text(solution) if solution else None,
        entry_point=fields.name("entry_point"),
        module=fields.name("module"),
    )


EXERCISM = Schema("exercism", _recognise, _read)
