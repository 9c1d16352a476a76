"""Rewrites comparisons so that a candidate cannot change their expected side.

`assert f(x) == sorted(x)`: `f` could empty `x` before `sorted(x)` is evaluated. So what the solution has no part in is
evaluated first, and copied: `(lambda m: f(x) == m)(kept(sorted(x)))`. Where something that a call could change must
stay, in a comprehension say, no call may change any container meanwhile, or the test is refused. Operands of `and` and
`or`, and items of `all` and `any`, are such comparisons each on its own; what is compared by `is` is not copied.
"""

import ast
import builtins

from trl_rlvr.analysis.parsing import bound_name, called_name
from trl_rlvr.sandbox.rewrite.expected_side import Mover, Reach, can_be_parted
from trl_rlvr.sandbox.rewrite.injected import CATCHABLE, CHANGES, FETCH, MOVED, UNCHANGED

_CATCHERS = {"suppress": None, "raises": 1, "assertRaises": 1, "assertRaisesRegex": 1}
"""Calls that catch as `except` does, and how many of their arguments say what; None: all."""
_CATCHING_KEYWORDS = frozenset({"expected_exception", "exception"})
"""Keywords by which they take it."""
_ABOUT_TRUTH = frozenset({"assertTrue", "assertFalse"})
_ABOUT_EXCEPTIONS = frozenset({"assertRaises", "assertRaisesRegex", "assertWarns", "assertWarnsRegex", "assertLogs"})


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


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


class _Transformer(ast.NodeTransformer):
    def __init__(self, reach: Reach, names: frozenset[str]) -> None:
        self._reach = reach
        self._names = names
        self._in_class = False
        """Whether what is looked at stands in a class's own body, whose names no function sees."""

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
            node = self._protected(node)
        return node

    def _protected(self, node: ast.expr) -> ast.expr:
        """Let no call change what is expected while a comparison is evaluated."""
        place = node
        moved: list[ast.expr] = []
        if self._reach.reaches(node) and not self._in_class and can_be_parted(node):
            mover = Mover(self._reach)
            node, moved = mover.part(node), mover.moved
        is_watched = self._reach.reads(node) and self._reach.may_change(node)
        node = self._inside(node)
        if moved:
            names = [ast.arg(f"{MOVED}{number}") for number in range(len(moved))]
            parameters = ast.arguments(posonlyargs=[], args=names, kwonlyargs=[], kw_defaults=[], defaults=[])
            node = ast.Call(ast.Lambda(parameters, node), [self.visit(part) for part in moved], [])
        if is_watched:
            node = _call(UNCHANGED, _call(CHANGES), node)
        return ast.copy_location(node, place)

    def _inside(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name):
            return self.visit_Name(node)
        self.generic_visit(node)
        if isinstance(node, ast.Call) and (name := called_name(node)) in _CATCHERS:
            says_what = slice(_CATCHERS[name])
            node.args[says_what] = map(_catchable, node.args[says_what])
            for keyword in node.keywords:
                if keyword.arg in _CATCHING_KEYWORDS:
                    keyword.value = _catchable(keyword.value)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        return self._inside(node) if _is_with_constant(node) else self._protected(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Look at what a call that catches is given, and take a method such as `assertEqual` for an assertion."""
        name = called_name(node)
        if name in _ABOUT_TRUTH and len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
            node.func, node.args = self.visit(node.func), [self._asserted(node.args[0])]
            node.keywords = [self.visit(keyword) for keyword in node.keywords]
            return node
        if name.startswith("assert") and name not in _ABOUT_EXCEPTIONS:
            return self._protected(node)
        return self._inside(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """Look at what is caught, which may be an attribute of the solution's."""
        self.generic_visit(node)
        if node.type is not None:
            node.type = _catchable(node.type)
        return node

    def _scope(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> ast.AST:
        before, self._in_class = self._in_class, isinstance(node, ast.ClassDef)
        self.generic_visit(node)
        self._in_class = before
        return node

    visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _scope  # noqa: N815 - names of ast's

    def visit_MatchValue(self, node: ast.MatchValue) -> ast.AST:
        """Leave a pattern as it is: Python takes no call there."""
        return node

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.AST:
        """Leave the class of a pattern as it is."""
        node.patterns = [self.visit(pattern) for pattern in node.patterns]
        node.kwd_patterns = [self.visit(pattern) for pattern in node.kwd_patterns]
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Ask for what the solution binds: a call may have bound data anew."""
        if node.id not in self._names or not isinstance(node.ctx, ast.Load):
            return node
        return ast.copy_location(_call(FETCH, ast.Constant(node.id)), node)


def protect_comparisons(tree: ast.Module, reach: Reach, names: frozenset[str]) -> ast.Module:
    """Rewrite a test so that no call changes what a comparison expects.

    Args:
        tree: the test; it is changed.
        reach: which expressions have to do with the solution.
        names: entry points, which the harness is asked for at every read unless the test binds them itself.
    """
    free = names.difference(map(bound_name, ast.walk(tree)))
    changed: ast.Module = _Transformer(reach, free).visit(tree)
    return ast.fix_missing_locations(changed)
