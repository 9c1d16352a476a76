"""Takes out of a comparison what the solution has no part in, to be evaluated ahead of it."""

import ast
import builtins
from collections.abc import Sequence

from trl_rlvr.analysis.hazards import Taint, imported_names
from trl_rlvr.analysis.scopes import global_reads
from trl_rlvr.analysis.solution_imports import names_from_solution
from trl_rlvr.analysis.standard_names import STANDARD_MODULES
from trl_rlvr.sandbox.rewrite.injected import KEPT, MOVED

_FRAME_READERS = frozenset({"super", "locals", "vars", "globals", "dir", "eval", "exec"})
"""Functions that look at the frame in which they are called."""
_STAYS = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
_LATER = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.JoinedStr)
"""Expressions whose parts are not evaluated where they stand, or not once."""
_BY_IDENTITY = frozenset({"assertIs", "assertIsNot", "id"})


class Reach:
    """Which expressions of a problem's tests have to do with the solution; where it is not sure, they have.

    Args:
        trees: the setup code and all tests.
        entry_points: the solution's names.
    """

    def __init__(self, trees: Sequence[ast.Module], entry_points: tuple[str, ...]) -> None:
        nodes = [node for tree in trees for node in ast.walk(tree)]
        self._taint = Taint(list(trees), entry_points, by_attribute=True)
        self._functions = {
            node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        modules = {alias.asname or alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import)
                   for alias in node.names}  # fmt: skip
        self._harmless = modules | imported_names(list(trees)).keys() | vars(builtins).keys() | STANDARD_MODULES
        self._harmless -= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        self._harmless -= {node.arg for node in nodes if isinstance(node, ast.arg)}
        self._harmless -= names_from_solution(nodes)
        self._harmless |= set(entry_points) - self._functions
        self._harmless |= self._closed([node for node in nodes if isinstance(node, ast.FunctionDef)])

    def _closed(self, functions: Sequence[ast.FunctionDef]) -> set[str]:
        """Return the names of functions that read nothing but what they are given."""
        free = [(one.name, {name.id for name in global_reads(ast.Module([one], []))}) for one in functions]
        closed, open_ones = set[str](), {one.name for one in functions if one.args.defaults or one.args.kw_defaults}
        while len(closed | open_ones) < len({name for name, _ in free}):
            known = self._harmless | closed
            more = {name for name, read in free if not read <= known | {name}} | open_ones
            now = {name for name, _ in free} - more
            if now == closed:
                break
            closed = now
        return closed

    def reaches(self, node: ast.expr) -> bool:
        """Say whether a value of the solution's may be in an expression."""
        return self._taint.reaches(node)

    def is_asked(self, callee: ast.expr) -> bool:
        """Say whether what is called is surely the solution's: what it is given is between it and the test."""
        if isinstance(callee, ast.Name):
            return self.reaches(callee) and callee.id not in self._functions
        if not isinstance(callee, ast.Attribute):
            return False
        owner = callee.value
        if isinstance(owner, ast.Call):
            return self.is_asked(owner.func)
        if isinstance(owner, ast.Name):
            return self.reaches(owner) and owner.id not in ("self", "cls") and owner.id not in self._functions
        return isinstance(owner, ast.Attribute) and self._taint.has_attribute(owner.attr)

    def reads(self, node: ast.AST) -> bool:
        """Say whether an expression reads what a call could change, other than to give it to the solution."""
        if isinstance(node, ast.Name):
            return node.id not in self._harmless and not node.id.startswith(MOVED)
        parts: Sequence[ast.AST] = [*ast.iter_child_nodes(node)]
        if isinstance(node, ast.Call):
            if self.is_asked(node.func):
                return False
            if isinstance(node.func, ast.Attribute) and node.func.attr.startswith("assert"):
                parts = [*node.args, *node.keywords]
        return any(map(self.reads, parts))

    def may_change(self, node: ast.expr) -> bool:
        """Say whether evaluating an expression can run anything but builtin functions on plain data."""
        if self.reaches(node):
            return True
        called = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
        return any(map(self.reads, called)) or any(isinstance(part, ast.Attribute) for part in ast.walk(node))


def can_be_parted(node: ast.expr) -> bool:
    """Say whether an expression means the same inside of a `lambda`."""
    return not any(
        isinstance(part, _STAYS) or (isinstance(part, ast.Name) and part.id in _FRAME_READERS)
        for part in ast.walk(node)
    )


class Mover(ast.NodeTransformer):
    """Replaces each part of an expression that the solution has no part in by a name, where it is surely evaluated.

    Args:
        reach: of the tests.
    """

    def __init__(self, reach: Reach) -> None:
        self.moved: list[ast.expr] = []
        self._reach = reach
        self._copies = True

    def part(self, node: ast.expr) -> ast.expr:
        """Return what is left of a comparison."""
        left: ast.expr = self.visit(node)  # type: ignore[assignment]
        return left

    def visit(self, node: ast.AST) -> ast.AST:
        """Take a part, or look into it."""
        if isinstance(node, ast.Starred | ast.Slice | ast.keyword) or not isinstance(node, ast.expr):
            return super().visit(node)  # type: ignore[no-any-return]
        if not self._reach.reaches(node):
            return self._taken(node) if self._reach.reads(node) else node
        if isinstance(node, _LATER):
            return node
        return super().visit(node)  # type: ignore[no-any-return]

    def _taken(self, node: ast.expr) -> ast.expr:
        name = f"{MOVED}{len(self.moved)}"
        value = ast.Call(ast.Name(KEPT, ast.Load()), [node], []) if self._copies else node
        self.moved.append(ast.copy_location(value, node))
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Leave what is called, and all that the solution is given, where they are."""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if self._reach.is_asked(node.func) or all(isinstance(one, ast.Name) for one in given):
            return node
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if isinstance(node.func, ast.Attribute) and self._reach.reaches(node.func.value):
            node.func.value = self.part(node.func.value)
        copies, self._copies = self._copies, self._copies and name not in _BY_IDENTITY
        node.args = [self.part(one) for one in node.args]
        node.keywords = [self.visit(one) for one in node.keywords]  # type: ignore[misc]
        self._copies = copies
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Keep the very objects that are compared by identity."""
        copies = self._copies
        self._copies = copies and not all(isinstance(one, ast.Is | ast.IsNot) for one in node.ops)
        self.generic_visit(node)
        self._copies = copies
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """Look into what is surely evaluated only."""
        node.test = self.part(node.test)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Look into what is surely evaluated only."""
        node.values[0] = self.part(node.values[0])
        return node
