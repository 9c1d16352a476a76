"""Which attributes tests mention: objects of a candidate answer for no others."""

import ast
from collections.abc import Iterable
from typing import TypeGuard

from trl_rlvr.analysis.parsing import bound_name, called_name
from trl_rlvr.analysis.standard_names import STANDARD_MODULES


def mentioned_attributes(trees: Iterable[ast.AST]) -> frozenset[str]:
    """Return every attribute that is read or set on anything but a module, also by `getattr` and its like."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    modules = STANDARD_MODULES - {bound_name(node) for node in nodes if not isinstance(node, ast.alias)}
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute):
            if not (isinstance(node.value, ast.Name) and node.value.id in modules):
                names.add(node.attr)
        elif _is_told_a_name(node):
            names |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    if any(map(_unpacks_a_mapping, nodes)):
        names.add("keys")  # by which Python knows one
    return frozenset(names)


def _is_told_a_name(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("attr")


def _unpacks_a_mapping(node: ast.AST) -> bool:
    if isinstance(node, ast.Dict):
        return None in node.keys
    if isinstance(node, ast.keyword):
        return node.arg is None
    return called_name(node) in ("dict", "update")
