"""A problem as a row of this package's own schema, and back. `docs/data.md` lists the fields."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from trl_rlvr.problem import APART, CodeProblem, IOTest

_FIELDS = tuple(one.name for one in fields(CodeProblem))


def problem_row(problem: CodeProblem) -> dict[str, Any]:
    """Return a problem as a row, which loads to an equal problem; fields at their default are left out."""
    row: dict[str, Any] = {
        "task_id": problem.task_id,
        "prompt": problem.prompt,
        "tests": list(problem.tests),
        "io_tests": [{"input": test.input, "output": test.output} for test in problem.io_tests],
        "entry_point": problem.entry_point,
        "entry_points": list(problem.entry_points),
        "setup_code": problem.setup_code,
        "prelude": problem.prelude,
        "reference_solution": problem.reference_solution,
        "reference_cpu_s": problem.reference_cpu_s,
        "visible_limit": problem.visible_limit,
        "io_numbers": problem.io_numbers if problem.io_tests else None,
        "io_case": problem.io_case if problem.io_tests else None,
        "isolation": problem.isolation if problem.isolation != APART else None,
        "augmented_tests": list(problem.tests[problem.total - problem.augmented :]) if problem.augmented else None,
        "messages": [{"role": role, "content": content} for role, content in problem.messages],
    }
    return {name: value for name, value in row.items() if value not in (None, "", []) or name in ("task_id", "prompt")}


def problem_of_row(row: Mapping[str, Any]) -> CodeProblem:
    """Make the problem of a row that `problem_row` wrote; nothing is checked.

    Raises:
        KeyError, TypeError: it is no such row.
    """
    known = {name: value for name, value in row.items() if name in _FIELDS}
    known["io_tests"] = tuple(IOTest(one["input"], one["output"]) for one in row.get("io_tests", ()))
    known["augmented"] = len(row.get("augmented_tests", ()))
    known["messages"] = tuple((one["role"], one["content"]) for one in row.get("messages", ()))
    return CodeProblem(**known)


def problem_line(problem: CodeProblem) -> str:
    """Return a problem as a line of JSON."""
    return json.dumps(problem_row(problem)) + "\n"


def problem_of_line(line: str) -> CodeProblem:
    """Make the problem of a line that `problem_line` wrote; nothing is checked.

    Raises:
        KeyError, TypeError, ValueError: it is no such line.
    """
    return problem_of_row(json.loads(line))
