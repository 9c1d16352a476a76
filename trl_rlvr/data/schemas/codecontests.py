"""CodeContests: public, private and generated cases of programs, and solutions in several languages."""

from collections.abc import Mapping

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.cases import first_solution, problem_of_cases
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.problem import CodeProblem

_CASES = ("public_tests", "private_tests", "generated_tests")
_PYTHON_3 = 3
"""The number that the set gives the language."""


def _recognise(row: Row) -> str:
    found = [name for name in _CASES if row.get(name) is not None]
    return f"it has 'description' and {found[0]!r}" if found and row.get("description") is not None else ""


def _read(fields: Fields) -> CodeProblem:
    pairs: list[tuple[str, str]] = []
    for field in _CASES:
        cases = fields.row.get(field) or {}
        if not isinstance(cases, Mapping):
            raise fields.wrong(field, f"is {cases!r:.60}, not an object with 'input' and 'output'")
        pairs += zip(cases.get("input") or (), cases.get("output") or (), strict=True)
    if fields.text("input_file", ""):
        raise fields.wrong("input_file", "is set: the program would read a file, and only standard input is given")
    return problem_of_cases(
        fields,
        "public_tests",
        list(dict.fromkeys(pairs)),
        task_id=fields.task_id("name"),
        prompt=fields.text("description"),
        reference=_reference(fields),
    )


def _reference(fields: Fields) -> str | None:
    solutions = fields.row.get("solutions")
    if not isinstance(solutions, Mapping):
        return None
    languages, sources = solutions.get("language") or [], solutions.get("solution") or []
    names = (_PYTHON_3, "PYTHON3")
    return first_solution([source for kind, source in zip(languages, sources, strict=False) if kind in names])


CODECONTESTS = Schema("CodeContests", _recognise, _read, ("deepmind/code_contests",))
