"""Rewrites comparisons so that a candidate cannot change their expected side.

`assert f(x) == sorted(x)`: `f` could change `x` before `sorted(x)` is evaluated. So mutations made by calls inside a
comparison are staged, and applied when it ends. Exceptions: (1) operands of `and` and `or`, and items of `all` and
`any`, are staged each on its own; (2) comparisons by `is` are not staged; (3) the statements of the test's own
functions apply at once.
"""

import ast
import builtins
from typing import TypeGuard

from trl_rlvr.analysis.parsing import bound_name, called_name
from trl_rlvr.sandbox.harness.injected import (
    BEGIN_COMPARISON,
    BEGIN_STATEMENT,
    CATCHABLE,
    END,
    END_COMPARISON,
    FETCH_DATA,
    FUNCTION,
    GENERATOR,
)

_CATCHERS = {"suppress": None, "raises": 1, "assertRaises": 1, "assertRaisesRegex": 1}
"""Calls that catch as `except` does, and how many of their arguments say what; None: all."""
_CATCHING_KEYWORDS = frozenset({"expected_exception", "exception"})
"""Keywords by which they take it."""
_ABOUT_IDENTITY = frozenset({"assertIs", "assertIsNot"})
_ABOUT_TRUTH = frozenset({"assertTrue", "assertFalse"})


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


def _staged(value: ast.expr) -> ast.expr:
    """Return an expression that holds, evaluates, restores, and has the value."""
    return ast.copy_location(_call(END_COMPARISON, _call(BEGIN_COMPARISON), value), value)


def _looks_at_contents(node: ast.AST) -> bool:
    """Say whether an expression computes something of what containers hold, as far as a look at it tells."""
    return any(
        isinstance(part, ast.Compare | ast.BoolOp | ast.Not)
        or (isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and hasattr(builtins, part.func.id))
        for part in ast.walk(node)
    )


def _is_by_identity(node: ast.AST) -> bool:
    if not isinstance(node, ast.Compare):
        return False
    parts = [part.args if _is_id(part) else [part] for part in (node.left, *node.comparators)]
    if any(_looks_at_contents(part) for operands in parts for part in operands):
        return False
    if sum(any(isinstance(inner, ast.Call) for part in operands for inner in ast.walk(part)) for operands in parts) > 1:
        return False  # one of them may be the setup's, which looks at contents
    return all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops) or all(
        map(_is_id, (node.left, *node.comparators))
    )


def _is_id(node: ast.expr) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "id"


def _is_with_constant(node: ast.Compare) -> bool:
    """Say whether a comparison is of a name with a constant: nothing is read that could change meanwhile."""
    return {type(part) for part in (node.left, *node.comparators)} == {ast.Name, ast.Constant} and len(node.ops) == 1


def _is_the_tests_own(node: ast.expr) -> bool:
    """Say whether what is caught is written out in the test: builtin classes."""
    if isinstance(node, ast.Tuple):
        return all(map(_is_the_tests_own, node.elts))
    return isinstance(node, ast.Name) and hasattr(builtins, node.id)


def _catchable(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Starred):
        return ast.copy_location(ast.Starred(_catchable(node.value), node.ctx), node)
    return node if _is_the_tests_own(node) else ast.copy_location(_call(CATCHABLE, node), node)


def _items_in_turn(node: ast.expr) -> ast.GeneratorExp | ast.ListComp | ast.List | ast.Tuple | None:
    """Return what `all(... for ...)`, `all([...])` or `any` looks at, one item after the other."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("all", "any")):
        return None
    items = node.args[0] if len(node.args) == 1 else None
    return items if isinstance(items, ast.GeneratorExp | ast.ListComp | ast.List | ast.Tuple) else None


def _is_generator(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Say whether a function's own body yields."""
    inner: list[ast.AST] = list(node.body)
    while inner:
        part = inner.pop()
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return True
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inner += [*getattr(part, "decorator_list", ()), *part.args.defaults, *filter(None, part.args.kw_defaults)]
        else:
            inner += ast.iter_child_nodes(part)
    return False


class _Transformer(ast.NodeTransformer):
    def __init__(self, data_names: frozenset[str]) -> None:
        self.data_names = data_names
        self._may_end: list[bool] = []
        """For each function that is being looked at, the innermost last: whether `return` ends it."""

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        node.test = self._asserted(node.test)
        if node.msg is not None:
            node.msg = self.visit(node.msg)
        return node

    def _condition(self, node: ast.If | ast.While) -> ast.AST:
        """Take what a statement asks for an assertion: the test may be about to raise what it found."""
        asked, node.test = node.test, ast.Constant(True)
        self.generic_visit(node)  # all but what it asks, which is visited once, here
        calls = any(isinstance(part, ast.Call) for part in ast.walk(asked))
        node.test = self._asserted(asked) if calls else self.visit(asked)
        return node

    visit_If = visit_While = _condition  # noqa: N815

    def _asserted(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.BoolOp):
            node.values = [self._asserted(operand) for operand in node.values]
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node.operand = self._asserted(node.operand)
        elif isinstance(node, ast.Compare):
            node = self.visit(node)
        elif isinstance(items := _items_in_turn(node), ast.List | ast.Tuple):
            items.elts = [
                self.visit(one) if isinstance(one, ast.Starred) else self._asserted(one) for one in items.elts
            ]
        elif items is not None:
            for part in items.generators:
                part.target, part.iter = self.visit(part.target), self._asserted(part.iter)
                part.ifs = [self._asserted(condition) for condition in part.ifs]
            items.elt = self._asserted(items.elt)
        else:
            node = _staged(self.visit(node))
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        return node if _is_by_identity(node) or _is_with_constant(node) else _staged(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Look at what a call that catches is given, and take a method such as `assertEqual` for an assertion."""
        name = called_name(node)
        if name in _ABOUT_TRUTH and len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
            node.func, node.args = self.visit(node.func), [self._asserted(node.args[0])]
            node.keywords = [self.visit(keyword) for keyword in node.keywords]
            return node
        self.generic_visit(node)
        if name in _CATCHERS:
            says_what = slice(_CATCHERS[name])
            node.args[says_what] = map(_catchable, node.args[says_what])
            for keyword in node.keywords:
                if keyword.arg in _CATCHING_KEYWORDS:
                    keyword.value = _catchable(keyword.value)
        by_identity = name in _ABOUT_IDENTITY and not any(map(_looks_at_contents, node.args))
        return _staged(node) if name.startswith("assert") and not by_identity else node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """Look at what is caught, which may be an attribute of the solution's."""
        self.generic_visit(node)
        if node.type is not None:
            node.type = _catchable(node.type)
        return node

    def _resetting(self, node: ast.stmt) -> ast.AST | list[ast.stmt]:
        """Go on as at the start of a statement where an exception may have been swallowed."""
        self._may_end.append(False)  # an exception from what is returned would meet a function that has ended
        self.generic_visit(node)
        self._may_end.pop()
        if isinstance(node, ast.Try | ast.TryStar):
            for handler in node.handlers:
                handler.body.insert(0, ast.Expr(_call(BEGIN_STATEMENT)))
            return node
        return [node, ast.Expr(_call(BEGIN_STATEMENT))]

    visit_Try = visit_TryStar = visit_With = visit_AsyncWith = _resetting  # noqa: N815 - names that ast asks for

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        is_async, is_generator = isinstance(node, ast.AsyncFunctionDef), _is_generator(node)
        self._may_end.append(not is_async and not is_generator)
        self.generic_visit(node)
        self._may_end.pop()
        if is_generator:
            if not is_async:
                node.decorator_list.append(ast.Name(GENERATOR, ast.Load()))
            return node
        has_doc = ast.get_docstring(node, clean=False) is not None
        head, rest = node.body[:has_doc], node.body[has_doc:]
        node.body = [*head, ast.With([ast.withitem(_call(FUNCTION))], rest or [ast.Pass()])]
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function  # noqa: N815

    def visit_Return(self, node: ast.Return) -> ast.AST:
        """Let what a function returns be part of the expression that calls it."""
        self.generic_visit(node)
        if node.value is not None and self._may_end[-1] and any(isinstance(part, ast.Call) for part in ast.walk(node)):
            both = ast.Tuple([_call(END), node.value], ast.Load())
            node.value = ast.copy_location(ast.Subscript(both, ast.Constant(1), ast.Load()), node.value)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Read the solution's data anew each time: a call may have bound it anew."""
        if node.id not in self.data_names or not isinstance(node.ctx, ast.Load):
            return node
        return ast.copy_location(_call(FETCH_DATA, ast.Constant(node.id)), node)


def stage_comparisons(tree: ast.Module, data_names: frozenset[str]) -> ast.Module:
    """Rewrite a test so that it holds changes back where it compares.

    Args:
        tree: the test; it is changed.
        data_names: entry points that hold data, to be fetched at every read unless the test binds them itself.
    """
    free = data_names.difference(map(bound_name, ast.walk(tree)))
    changed: ast.Module = _Transformer(free).visit(tree)
    return ast.fix_missing_locations(changed)
