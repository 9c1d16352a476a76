"""What a linter's findings are counted against: statements that do something, and whether a linter sees all of them.

Lines can be bought: comments, form feeds, docstrings and repeated assignments lift a score per line without mending
anything. So a statement counts by its shape, once, and code that is run out of strings is no code that a linter read.
"""

import ast

from trl_rlvr.analysis.parsing import try_parse

_RUNNERS = {"exec", "eval", "compile", "__import__"}
_RUNNING_MODULES = {"bdb", "builtins", "code", "codeop", "doctest", "marshal", "pdb", "runpy"}
_NAMESPACES = {"globals", "locals", "vars", "getattr", "__builtins__", "attrgetter", "methodcaller"}


def count_statements(code: str) -> int:
    """Count the statements of a program that do something and differ in more than names and constants.

    Docstrings and other expressions that call nothing, `pass`, annotations without a value, and statements of the shape
    of an earlier one do not count.

    Args:
        code: a program.

    Returns:
        0 or more; 0 where it does not parse.
    """
    tree = try_parse(code)
    if tree is None:
        return 0
    shapes = {_shape(node) for node in ast.walk(tree) if isinstance(node, ast.stmt) and _does_something(node)}
    return len(shapes)


def hides_code(code: str) -> bool:
    """Tell whether a program can run the text of its strings: by `exec`, `eval`, `compile` or a module for it."""
    tree = try_parse(code)
    return tree is None or any(_runs_text(node) for node in ast.walk(tree))


def _does_something(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return any(isinstance(node, ast.Call | ast.Await | ast.Yield | ast.YieldFrom) for node in ast.walk(statement))
    if isinstance(statement, ast.AnnAssign):
        return statement.value is not None
    return not isinstance(statement, ast.Pass)


def _shape(statement: ast.stmt) -> tuple[str, ...]:
    """Types of the nodes of a statement, without those of the statements inside it."""
    shape: list[str] = []
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        shape.append(type(node).__name__)
        stack.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt))
    return tuple(shape)


def _runs_text(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _RUNNERS
    if isinstance(node, ast.Attribute):
        return node.attr in _RUNNERS and not (node.attr == "compile" and isinstance(node.value, ast.Name))
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] in _RUNNING_MODULES for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").partition(".")[0] in _RUNNING_MODULES
    if isinstance(node, ast.Call):  # getattr(..., "exec"), globals()["ex" + "ec"]
        return isinstance(node.func, ast.Name) and node.func.id in _NAMESPACES and not _names_are_plain(node)
    return isinstance(node, ast.Subscript) and _is_namespace(node.value)


def _names_are_plain(call: ast.Call) -> bool:
    """Tell whether each attribute that a call names is a constant that runs no text."""
    name = getattr(call.func, "id", "")
    if name in ("globals", "locals", "vars"):
        return True  # only their subscripts reach anything
    named = call.args[1:2] if name == "getattr" else call.args
    return all(isinstance(arg, ast.Constant) and str(arg.value) not in _RUNNERS for arg in named)


def _is_namespace(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("globals", "vars")
    return isinstance(node, ast.Name) and node.id == "__builtins__"
