"""How a program binds its entry point: a definition outranks an import or another name for something.

`from solution import f` in a test beside the solution binds `f`, and is no answer where another block defines it.
"""

import ast
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache

from trl_rlvr.analysis.parsing import top_level_bindings, try_parse
from trl_rlvr.extraction.statements import module_statements

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Strength(IntEnum):
    """How far a program is what a person would call the answer; the strongest one is taken."""

    NONE = 0
    """It does not bind the entry point."""
    STUB = 1
    """It defines the entry point without a body: `...`, `pass`, a docstring, `raise NotImplementedError`."""
    ALIAS = 2
    """It imports the entry point, or binds it to something that another program defines."""
    DEFINED = 3
    """It defines the entry point."""


def opens_program(prompt: str, entry_point: str) -> bool:
    """Tell whether a prompt is the opening of a program that defines `entry_point`, as HumanEval's are."""
    return opening_end(prompt, entry_point) is not None


@lru_cache(maxsize=4096)
def opening_end(opening: str, entry_point: str) -> tuple[int, int] | None:
    """Line and column at which the entry point's definition in an opening ends; None if it is no opening."""
    tree = try_parse(opening)
    if tree is not None:
        return max((_end(node) for node in _binders(tree, entry_point)), default=None)
    tree = try_parse(f"{opening}\n    pass\n")  # a bare signature
    return (0, 0) if tree is not None and any(_binders(tree, entry_point)) else None


def entry_point_strength(tree: ast.Module, name: str, after: tuple[int, int] = (0, 0)) -> Strength:
    """Tell how a program binds a name at its top level.

    Args:
        tree: the program.
        name: the entry point.
        after: line and column; what ends before them is not the program's own.
    """
    own = [node for node in _binders(tree, name) if _end(node) > after]
    if not own:
        return Strength.NONE
    if any(isinstance(node, _DEFINITIONS) and not _is_stub(node) for node in own) or _is_assigned_own(tree, name):
        return Strength.DEFINED
    return Strength.STUB if all(isinstance(node, _DEFINITIONS) for node in own) else Strength.ALIAS


def script_strength(own: ast.Module, joined: ast.Module) -> Strength:
    """Tell how far a program without an entry point is one that reads standard input.

    Args:
        own: one block.
        joined: the block and what it needs of others.
    """
    if not does_something(own):
        return Strength.NONE
    runs = any(not isinstance(node, (*_DEFINITIONS, ast.Import, ast.ImportFrom)) for node in own.body if acts(node))
    if not runs or _replaces_input(own):
        return Strength.STUB
    if _reads_input(own):
        return Strength.DEFINED
    return Strength.ALIAS if _reads_input(joined) else Strength.STUB


def does_something(tree: ast.Module) -> bool:
    """Tell code from prose that happens to parse, by a statement that binds, branches or calls."""
    return any(acts(statement) for statement in tree.body)


def acts(statement: ast.stmt) -> bool:
    """Tell whether a statement binds, branches or calls."""
    if isinstance(statement, ast.Expr):
        return any(isinstance(node, ast.Call) for node in ast.walk(statement))
    if isinstance(statement, ast.AnnAssign):
        return statement.value is not None
    return not isinstance(statement, ast.Pass | ast.Break | ast.Continue)


def _binders(tree: ast.Module, name: str) -> Iterator[ast.AST]:
    return (node for bound, node in top_level_bindings(tree) if bound == name)


def _end(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)


def _is_stub(node: ast.AST) -> bool:
    """Tell whether a function's or class's body says nothing."""
    return isinstance(node, _DEFINITIONS) and all(_says_nothing(statement) for statement in node.body)


def _says_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Raise):
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return isinstance(statement, ast.Pass)


def _is_assigned_own(tree: ast.Module, name: str) -> bool:
    """Tell whether the name is assigned a lambda, or something made of what the same program defines."""
    local = {node.name for node in module_statements(tree) if isinstance(node, _DEFINITIONS)} - {name}
    for statement in module_statements(tree):
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if not any(getattr(node, "id", None) == name for target in targets for node in ast.walk(target)):
            continue
        parts = list(ast.walk(statement.value))
        read = {node.id for node in parts if isinstance(node, ast.Name)}
        if name not in read and (read & local or any(isinstance(node, ast.Lambda) for node in parts)):
            return True
    return False


def _reads_input(tree: ast.Module) -> bool:
    return any(_is_input(node) for node in ast.walk(tree))


def _is_input(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "open":
        return bool(node.args) and getattr(node.args[0], "value", None) in (0, "/dev/stdin")
    if isinstance(node, ast.ImportFrom):
        return node.module == "sys" and any(alias.name == "stdin" for alias in node.names)
    if isinstance(node, ast.Attribute):
        return node.attr == "stdin" and isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.Name) and node.id in ("input", "fileinput")


def _replaces_input(tree: ast.Module) -> bool:
    """Tell whether a program is a test of another one: it puts something in the place of standard input."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "stdin" and isinstance(node.ctx, ast.Store)
        for node in ast.walk(tree)
    )
