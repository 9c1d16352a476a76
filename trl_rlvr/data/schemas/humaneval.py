"""HumanEval, HumanEval+ and HumanEval-X: the opening of a function, and `check(candidate)` that calls it."""

import ast
import re

from trl_rlvr.analysis.entry_points import candidate_names
from trl_rlvr.analysis.parsing import top_level_bindings, try_parse
from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.plus_tests import read_plus_tests
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.data.schemas.source_edits import cut_with, names_in
from trl_rlvr.extraction import opens_program
from trl_rlvr.problem import CodeProblem

_LAST_DEF = re.compile(r"^def\s+(\w+)\s*\(", re.MULTILINE)
_OTHERS = (
    *("test_list", "declaration", "class_name", "complete_prompt", "code_prompt", "question", "plus_input"),
    *("test_code", "instructions"),
)
"""Fields of other families that have a `test` as well."""


def _recognise(row: Row) -> str:
    if row.get("test") is None or any(row.get(name) is not None for name in _OTHERS):
        return ""
    if isinstance(row.get("entry_point"), str) and "." in row["entry_point"]:
        return ""  # LeetCodeDataset
    return "it has 'test' with an 'entry_point' that is a name" if "entry_point" in row else "it has 'test'"


def _read(fields: Fields) -> CodeProblem:
    entry_point = fields.name("entry_point")
    if entry_point is None:
        raise fields.wrong("entry_point", "is missing")
    prompt = fields.text("prompt")
    try:
        plus = read_plus_tests(fields.text("test"), entry_point)
    except ValueError as error:
        raise fields.wrong("test", f"cannot be used: {error}") from error
    if plus is None:
        return humaneval_problem(fields, entry_point)
    imports = "import numpy as np" if any("np." in test for test in plus.tests) and not plus.setup_code else ""
    return CodeProblem(
        task_id=fields.task_id(),
        prompt=prompt,
        tests=plus.tests,
        setup_code="\n".join(filter(None, (imports, plus.setup_code))),
        entry_point=entry_point,
        entry_points=(entry_point,),
        reference_solution=_reference(fields, prompt, entry_point),
        visible_limit=0,
    )


def humaneval_problem(fields: Fields, entry_point: str) -> CodeProblem:
    """Make a problem of a prompt and a `check` that takes what the entry point names.

    Raises:
        DataError: the test defines no `check`.
    """
    prompt = fields.text("prompt")
    test, tree = fields.parsed_code("test")
    test = _with_candidate(test, tree, entry_point)
    if "check" not in {name for name, _ in top_level_bindings(tree)}:
        raise fields.wrong("test", "defines no `check`, which is what runs it")
    calls_itself = isinstance(tree.body[-1], ast.Expr) and ast.unparse(tree.body[-1]) == f"check({entry_point})"
    whole_test = test if calls_itself else f"{test}\n\ncheck({entry_point})\n"
    return CodeProblem(
        task_id=fields.task_id(),
        prompt=prompt,
        tests=(whole_test,),
        setup_code=_trusted_company(prompt, whole_test, entry_point),
        entry_point=entry_point,
        reference_solution=_reference(fields, prompt, entry_point),
    )


def _with_candidate(test: str, tree: ast.Module, entry_point: str) -> str:
    """Let `check` call its parameter `candidate` where it calls it as the entry point, which hides that."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name != "check":
            continue
        if [argument.arg for argument in node.args.args] == [entry_point]:
            lines = test.split("\n")
            names: list[ast.Name | ast.arg] = [node.args.args[0], *names_in(node, entry_point)]
            changed = cut_with(lines, node, names, "candidate")
            return "\n".join([*lines[: node.lineno - 1], changed, *lines[node.end_lineno or node.lineno :]])
    return test


def _reference(fields: Fields, prompt: str, entry_point: str) -> str | None:
    reference = fields.optional_text("canonical_solution")
    return prompt + reference if reference is not None and opens_program(prompt, entry_point) else reference


def _trusted_company(prompt: str, test: str, entry_point: str) -> str:
    """Take what a test uses beside the entry point from the prompt, so that no candidate answers for it.

    HumanEval's task 32 checks an answer with the `poly` that its prompt defines; whoever wrote `poly` anew would pass.
    """
    asked = set(candidate_names((test,), "", entry_point, None)) - {entry_point}
    tree = try_parse(prompt)
    if tree is None or not asked & {name for name, _ in top_level_bindings(tree)}:
        return ""
    return "\n\n".join(ast.unparse(node) for node in tree.body if getattr(node, "name", None) != entry_point)


def _read_humaneval_x(fields: Fields) -> CodeProblem:
    declared = _LAST_DEF.findall(fields.text("declaration"))
    if not declared:
        raise fields.wrong("declaration", "declares no function; only the Python part of HumanEval-X is read")
    return humaneval_problem(fields, declared[-1])


def _recognise_humaneval_x(row: Row) -> str:
    return "it has 'test' and 'declaration'" if row.get("test") and row.get("declaration") else ""


HUMANEVAL = Schema("HumanEval or HumanEval+", _recognise, _read, ("openai/openai_humaneval", "evalplus/humanevalplus"))
HUMANEVAL_X = Schema(
    "HumanEval-X", _recognise_humaneval_x, _read_humaneval_x, ("THUDM/humaneval-x", "zai-org/humaneval-x")
)
