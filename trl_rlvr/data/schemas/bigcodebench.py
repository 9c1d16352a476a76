"""BigCodeBench: one function that uses libraries, and a class of unittest.

Tests use modules that only the opening of the solution imports, so both sides get those imports.
"""

import ast

from trl_rlvr.analysis.parsing import try_parse
from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.module_tests import problem_of_module
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.problem import CodeProblem


def _recognise(row: Row) -> str:
    if row.get("test") is None or row.get("entry_point") is None:
        return ""
    found = [name for name in ("complete_prompt", "code_prompt") if row.get(name) is not None]
    return f"it has 'test', 'entry_point' and {found[0]!r}" if found else ""


def _read(fields: Fields) -> CodeProblem:
    opening = fields.text("code_prompt" if fields.has("code_prompt") else "complete_prompt")
    solution = fields.optional_text("canonical_solution")
    asked = "instruct_prompt" if fields.has("instruct_prompt") else "complete_prompt"
    return problem_of_module(
        fields,
        "test",
        task_id=fields.task_id(),
        prompt=fields.text(asked),
        reference=None if solution is None else opening + solution,
        entry_point=fields.name("entry_point"),
        prelude=_imports(opening),
    )


def _imports(opening: str) -> str:
    tree = try_parse(opening) or try_parse(f"{opening}\n    pass\n")
    nodes = [] if tree is None else [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(map(ast.unparse, nodes))


BIGCODEBENCH = Schema("BigCodeBench", _recognise, _read, ("bigcode/bigcodebench", "bigcode/bigcodebench-hard"))
