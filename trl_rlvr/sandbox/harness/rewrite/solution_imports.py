"""Rewrites `from solution import f` in a test.

There is no such module where tests run. The object that stands for it answers only for the names that a problem asks
for.
"""

import ast

from trl_rlvr.analysis.conventions import MODULE, STAND_IN
from trl_rlvr.analysis.solution_imports import _is_import


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
