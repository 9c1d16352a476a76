"""One row of a data set, in any schema that is read, to a problem.

The schema shows in the row's fields: `test_list` (MBPP), `test` (HumanEval), `tests` or `io_tests` (ours). MBPP's
`challenge_test_list` is not read: published pass rates do not count it.
"""

import ast
from collections.abc import Mapping
from typing import Any

from trl_rlvr.analysis.entry_points import candidate_names
from trl_rlvr.analysis.parsing import top_level_bindings, try_parse
from trl_rlvr.data.fields import Fields
from trl_rlvr.errors import DataError
from trl_rlvr.extraction import opens_program
from trl_rlvr.problem import CodeProblem, IOTest

TEST_FIELDS = ("test_list", "test", "tests", "io_tests")
"""The fields that hold tests; a row fills at least one of them."""

ROW_FIELDS = (
    *("task_id", "text", "prompt", "code", "test_setup_code", "test_list", "test_imports"),  # MBPP, sanitized MBPP
    *("entry_point", "canonical_solution", "test"),  # HumanEval
    *("tests", "setup_code", "entry_points", "io_tests", "reference_solution", "reference_cpu_s", "code_opening"),
)
"""Every field that some schema reads."""


def problem_from_row(row: Mapping[str, Any], where: str) -> CodeProblem:
    """Make the problem that a row describes.

    Args:
        row: field to value; a field that is None counts as missing.
        where: file and line, for error messages.

    Raises:
        DataError: a field is missing, of the wrong type, or test code that does not parse. A reference that does not
            parse is no error here: it fails its own tests later.
    """
    fields = Fields(row, where)
    if fields.has("test_list"):
        problem = _from_mbpp(fields)
    elif fields.has("test"):
        problem = _from_humaneval(fields)
    elif row.get("tests") or row.get("io_tests"):
        problem = _from_ours(fields)
    else:
        found = ", ".join(repr(field) for field in row if fields.has(str(field)))
        raise DataError(
            f"{where}: no tests among its fields ({found}); give MBPP's 'test_list', HumanEval's 'test' with "
            "'entry_point', or 'tests' or 'io_tests' that are not empty"
        )
    if problem.tests and problem.entry_point is None:
        raise fields.wrong("entry_point", "is missing, and the tests call nothing that could be it")
    return problem


def _from_mbpp(fields: Fields) -> CodeProblem:
    tests = fields.codes("test_list")
    if not tests:
        raise fields.wrong("test_list", "is empty")
    setup = (*fields.codes("test_imports"), fields.code("test_setup_code"))
    return CodeProblem(
        task_id=fields.task_id(),
        prompt=fields.text("text" if fields.has("text") else "prompt"),
        tests=tests,
        setup_code="\n".join(source for source in setup if source),
        entry_point=fields.name("entry_point"),
        reference_solution=fields.optional_text("code"),
    )


def _from_humaneval(fields: Fields) -> CodeProblem:
    prompt, entry_point = fields.text("prompt"), fields.name("entry_point")
    if entry_point is None:
        raise fields.wrong("entry_point", "is missing")
    test = fields.code("test")
    tree = try_parse(test)
    if tree is None or "check" not in {name for name, _ in top_level_bindings(tree)}:
        raise fields.wrong("test", "defines no `check`, which is what runs it")
    whole_test = f"{test}\n\ncheck({entry_point})\n"
    reference = fields.optional_text("canonical_solution")
    if reference is not None and opens_program(prompt, entry_point):
        reference = prompt + reference
    return CodeProblem(
        task_id=fields.task_id(),
        prompt=prompt,
        tests=(whole_test,),
        setup_code=_trusted_company(prompt, whole_test, entry_point),
        entry_point=entry_point,
        reference_solution=reference,
    )


def _trusted_company(prompt: str, test: str, entry_point: str) -> str:
    """Take what a test uses beside the entry point from the prompt, so that no candidate answers for it.

    HumanEval's task 32 checks an answer with the `poly` that its prompt defines; whoever wrote `poly` anew would pass.
    """
    asked = set(candidate_names((test,), "", entry_point, None)) - {entry_point}
    tree = try_parse(prompt)
    if tree is None or not asked & {name for name, _ in top_level_bindings(tree)}:
        return ""
    return "\n\n".join(ast.unparse(node) for node in tree.body if getattr(node, "name", None) != entry_point)


def _from_ours(fields: Fields) -> CodeProblem:
    if fields.items("tests") and fields.items("io_tests"):
        raise fields.wrong("io_tests", "stands beside 'tests'; a problem has tests of one kind")
    opening = fields.text("code_opening", "")
    return CodeProblem(
        task_id=fields.task_id(),
        prompt=opening or fields.text("prompt"),
        tests=fields.codes("tests"),
        setup_code=fields.code("setup_code"),
        entry_point=fields.name("entry_point"),
        entry_points=tuple(str(name) for name in fields.items("entry_points")),
        reference_solution=fields.optional_text("reference_solution"),
        reference_cpu_s=fields.seconds("reference_cpu_s"),
        io_tests=tuple(_io_test(fields, index, item) for index, item in enumerate(fields.items("io_tests"))),
    )


def _io_test(fields: Fields, index: int, item: object) -> IOTest:
    name = f"io_tests[{index}]"
    if not isinstance(item, Mapping):
        raise fields.wrong(name, f"is {item!r:.60}, not an object with 'input' and 'output'")
    inner = Fields(item, f"{fields.where}, field {name!r}")
    return IOTest(inner.raw_text("input"), inner.raw_text("output"))
