"""Leads the comparisons of a test that runs together with the solution through functions of the runner's."""

import ast

from trl_rlvr.sandbox.rewrite.injected import EQUAL, UNEQUAL, WITHIN

_OPERATORS = {ast.Eq: EQUAL, ast.NotEq: UNEQUAL, ast.In: WITHIN, ast.NotIn: WITHIN}


def guarded(tree: ast.Module) -> ast.Module:
    """Rewrite a test so that `a == b`, `a != b` and `a in b` are calls; the tree is changed."""
    changed: ast.Module = _Comparisons().visit(tree)
    return changed


class _Comparisons(ast.NodeTransformer):
    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Replace a comparison with one operator."""
        self.generic_visit(node)
        hook = _OPERATORS.get(type(node.ops[0])) if len(node.ops) == 1 else None
        if hook is None:
            return node
        call: ast.expr = ast.Call(ast.Name(hook, ast.Load()), [node.left, node.comparators[0]], [])
        if isinstance(node.ops[0], ast.NotIn):
            call = ast.UnaryOp(ast.Not(), call)
        return ast.copy_location(call, node)
