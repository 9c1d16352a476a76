"""What tests ask of a solution by importing it, as in `from solution import f`.

There is no such module where tests run. What stands for it answers only for the names that a problem asks for.
"""

import ast
from collections.abc import Sequence

MODULE = "solution"
"""What tests call the module that they take the solution for."""
STAND_IN = "__solution__"
"""What stands for that module where a test runs."""


def _is_import(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == MODULE
    return isinstance(node, ast.Import) and any(alias.name == MODULE for alias in node.names)


def asked_by_import(trees: Sequence[ast.AST]) -> list[str]:
    """Return the names that tests import from the solution or read from its module: first those that they call."""
    names: dict[str, str] = {}
    modules: set[str] = set()
    for node in filter(_is_import, (node for tree in trees for node in ast.walk(tree))):
        for alias in node.names:  # type: ignore[attr-defined]
            if isinstance(node, ast.ImportFrom):
                names[alias.asname or alias.name] = alias.name
            elif alias.name == MODULE:
                modules.add(alias.asname or alias.name)
    if not names and not modules:
        return []
    found: list[tuple[bool, int, int, int, str]] = []
    for index, tree in enumerate(trees):
        here = modules - {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and _is_bound(node)}
        for node in ast.walk(tree):
            asked = node.func if isinstance(node, ast.Call) else node
            name = _asked(asked, names, here)
            if name is not None and isinstance(asked, ast.expr):
                found.append((asked is node, index, asked.lineno, asked.col_offset, name))
    in_order = [name for *_, name in sorted(found)]
    return [name for name in dict.fromkeys((*in_order, *names.values())) if name != "*"]


def _is_bound(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _asked(node: ast.AST, names: dict[str, str], modules: set[str]) -> str | None:
    if isinstance(node, ast.Name):
        return None if _is_bound(node) else names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
        return node.attr
    return None


class _Transformer(ast.NodeTransformer):
    def visit_Import(self, node: ast.Import) -> ast.AST | list[ast.stmt]:
        """Let the module's name stand for what answers in its place."""
        if not _is_import(node):
            return node
        ours = [alias.asname or alias.name for alias in node.names if alias.name == MODULE]
        node.names = [alias for alias in node.names if alias.name != MODULE]
        bound = [_assignment(name, _stand_in(), node) for name in ours]
        return [node, *bound] if node.names else bound

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.stmt]:
        """Take each name from what answers; `*` brings no name that is not there anyway."""
        if not _is_import(node):
            return node
        bound: list[ast.stmt] = [
            _assignment(alias.asname or alias.name, ast.Attribute(_stand_in(), alias.name, ast.Load()), node)
            for alias in node.names
            if alias.name != "*"
        ]
        return bound or ast.copy_location(ast.Pass(), node)


def _stand_in() -> ast.expr:
    return ast.Name(STAND_IN, ast.Load())


def _assignment(name: str, value: ast.expr, where: ast.stmt) -> ast.stmt:
    return ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], value), where)


def without_module(tree: ast.Module) -> ast.Module:
    """Rewrite a test so that it needs no module to import the solution from; the tree is changed."""
    changed: ast.Module = _Transformer().visit(tree)
    return ast.fix_missing_locations(changed)
