"""Top-level statements of a program as lines of its source."""

import ast
from collections.abc import Callable, Iterator


def first_line(statement: ast.stmt) -> int:
    """Number of a statement's first line, from 1, its decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(node.lineno for node in decorators)])


def without(text: str, tree: ast.Module, is_unwanted: Callable[[ast.stmt], bool]) -> str:
    """Return a program without the unwanted ones of its top-level statements.

    A statement that shares a line with a wanted one stays.
    """
    unwanted = [statement for statement in tree.body if is_unwanted(statement)]
    if not unwanted:
        return text
    kept = {
        line
        for statement in tree.body
        if not is_unwanted(statement)
        for line in (first_line(statement), statement.end_lineno)
    }
    dropped: set[int] = set()
    for statement in unwanted:
        lines = range(first_line(statement), (statement.end_lineno or statement.lineno) + 1)
        if kept.isdisjoint((lines[0], lines[-1])):
            dropped.update(lines)
    return "\n".join(line for number, line in enumerate(text.split("\n"), 1) if number not in dropped)


def module_statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that run in a module's own scope, also inside `if`, `try`, `with`, `match` and loops."""
    stack: list[ast.AST] = list(reversed(tree.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            stack.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr))
