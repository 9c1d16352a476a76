"""Reads which names tests import from the solution, as in `from solution import f`."""

import ast
from collections.abc import Iterable, Sequence

from trl_rlvr.analysis.conventions import MODULE


def _is_import(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == MODULE
    return isinstance(node, ast.Import) and any(alias.name == MODULE for alias in node.names)


def names_from_solution(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that imports from the solution bind, or that stand for its module."""
    return {
        alias.asname or alias.name
        for node in filter(_is_import, nodes)
        for alias in node.names  # type: ignore[attr-defined]
        if isinstance(node, ast.ImportFrom) or alias.name == MODULE
    }


def asked_by_import(sources: Sequence[Sequence[ast.AST]]) -> list[str]:
    """Return the names that tests import from the solution or read from its module: first those that they call.

    Args:
        sources: the nodes of each.
    """
    names: dict[str, str] = {}
    modules: set[str] = set()
    for node in filter(_is_import, (node for nodes in sources for node in nodes)):
        for alias in node.names:  # type: ignore[attr-defined]
            if isinstance(node, ast.ImportFrom):
                names[alias.asname or alias.name] = alias.name
            elif alias.name == MODULE:
                modules.add(alias.asname or alias.name)
    if not names and not modules:
        return []
    found: list[tuple[bool, int, int, int, str]] = []
    for index, nodes in enumerate(sources):
        here = modules - {node.id for node in nodes if isinstance(node, ast.Name) and _is_bound(node)}
        for node in nodes:
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
