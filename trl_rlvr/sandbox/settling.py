"""Keeps a candidate from writing the expected side of a test.

In `assert f(x) == sorted(x)` the call may change `x` before the right side is evaluated. So a test is rewritten: while
an asserted expression or a comparison is evaluated, what calls change in their arguments is held back. Operands of
`and` and `or` count one by one, and comparisons by `is` look at no contents.
"""

import ast

HOLD, RELEASE, RESET, FETCH_DATA = "__hold__", "__release__", "__reset__", "__fetch_data__"


def _call(name: str) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [], [])


def _held(value: ast.expr) -> ast.expr:
    """Return an expression that holds, evaluates, releases, and has the value."""
    parts = ast.Tuple([_call(HOLD), value, _call(RELEASE)], ast.Load())
    return ast.copy_location(ast.Subscript(parts, ast.Constant(1), ast.Load()), value)


def _is_by_identity(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) and all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops)


class _Transformer(ast.NodeTransformer):
    def __init__(self, data_names: frozenset[str]) -> None:
        self.data_names = data_names

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        node.test = self._asserted(node.test)
        if node.msg is not None:
            node.msg = self.visit(node.msg)
        return node

    def _asserted(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.BoolOp):
            node.values = [self._asserted(operand) for operand in node.values]
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node.operand = self._asserted(node.operand)
        elif isinstance(node, ast.Compare):
            node = self.visit(node)
        else:
            node = _held(self.visit(node))
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        return node if _is_by_identity(node) else _held(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """An exception left the comparison that it came from without a release."""
        self.generic_visit(node)
        node.body.insert(0, ast.copy_location(ast.Expr(_call(RESET)), node.body[0]))
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Read the solution's data anew each time: a call may have bound it anew."""
        if node.id not in self.data_names or not isinstance(node.ctx, ast.Load):
            return node
        return ast.copy_location(ast.Call(ast.Name(FETCH_DATA, ast.Load()), [ast.Constant(node.id)], []), node)


def with_settling(tree: ast.Module, data_names: frozenset[str]) -> ast.Module:
    """Rewrite a test so that it holds changes back where it compares.

    Args:
        tree: the test; it is changed.
        data_names: entry points that hold data, to be fetched at every read unless the test binds them itself.
    """
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    changed: ast.Module = _Transformer(data_names - bound).visit(tree)
    return ast.fix_missing_locations(changed)
