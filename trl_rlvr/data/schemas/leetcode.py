"""LeetCodeDataset: `check(candidate)` of asserts, where the candidate is an expression such as `Solution().twoSum`.

Each assert becomes a test of its own that writes the expression in place of `candidate`. `prompt` holds imports and
node classes that solution and tests both need.
"""

import ast
from typing import Any

from trl_rlvr.analysis.parsing import try_parse
from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.data.schemas.source_edits import cut_with, names_in
from trl_rlvr.problem import CodeProblem


def _recognise(row: Row) -> str:
    entry_point = row.get("entry_point")
    if isinstance(entry_point, str) and "." in entry_point and row.get("test") is not None:
        return "it has 'test' with an 'entry_point' that is an expression"
    return ""


def _read(fields: Fields) -> CodeProblem:
    callee = fields.text("entry_point")
    return CodeProblem(
        task_id=fields.task_id(),
        prompt=_task(fields),
        reference_solution=fields.optional_text("completion"),
        prelude=fields.code("prompt"),
        visible_limit=0,
        **tests_of_check(fields, "test", callee),
    )


def _task(fields: Fields) -> str:
    if fields.has("problem_description"):
        starter = fields.text("starter_code", "")
        task = fields.text("problem_description")
        return f"{task}\n\nComplete this Python code:\n\n```python\n{starter.rstrip()}\n```" if starter else task
    return fields.text("query" if fields.has("query") else "prompt")


def tests_of_check(fields: Fields, field: str, callee: str) -> dict[str, Any]:
    """Split `def check(candidate)` into its asserts, with `callee` for the candidate.

    Args:
        fields: the row.
        field: which holds the source.
        callee: a name, or an expression such as `Solution().m`.

    Raises:
        DataError: the source defines no `check`, or the callee is no expression that begins with a name.
    """
    name = _first_name(fields, callee)
    source, tree = fields.parsed_code(field)
    check = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"), None)
    if check is None or len(check.args.args) != 1:
        raise fields.wrong(field, "defines no `check(candidate)`, which is what runs it")
    common = {"entry_point": name, "entry_points": (name,)}
    if len(tree.body) == 1 and all(isinstance(node, ast.Assert) for node in check.body):
        lines = source.split("\n")
        parameter = check.args.args[0].arg
        tests = [cut_with(lines, node, names_in(node, parameter), callee) for node in check.body]
        return {"tests": tuple(dict.fromkeys(tests)), **common}
    return {"tests": (f"{source}\n\ncheck({callee})\n",), **common}


def _first_name(fields: Fields, callee: str) -> str:
    tree = try_parse(callee.strip())
    node: ast.AST | None = tree.body[0] if tree is not None and tree.body else None
    node = node.value if isinstance(node, ast.Expr) else None
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    if not isinstance(node, ast.Name):
        raise fields.wrong("entry_point", f"{callee!r:.60} is no name, and no expression that begins with one")
    return node.id


LEETCODE = Schema("LeetCodeDataset", _recognise, _read, ("newfacade/LeetCodeDataset",))
