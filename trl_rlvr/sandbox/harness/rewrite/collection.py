"""Has a test source run what it defines and never calls: functions and classes for a runner as pytest or unittest.

Where there are none, and a source does nothing else, what stands under `if __name__ == "__main__"`. Else such sources
would pass any program.
"""

import ast
from collections.abc import Iterable, Sequence
from typing import TypeGuard

from trl_rlvr.analysis.parsing import bound_name
from trl_rlvr.sandbox.harness.injected import COLLECTED, NOTED, NOTHING, RAN, TEST_ENDED
from trl_rlvr.sandbox.harness.runner.execution import CLASSES, METHODS

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Preparation = (
    _Function | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Pass
)


class _Runs(ast.NodeTransformer):
    """Has each `runner.run(suite)` looked at: a test that does not read what comes of it would pass any program."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "run":
            return ast.copy_location(_call(RAN, node), node)
        return node


class _Values(ast.NodeVisitor):
    """Finds the names of tests that a source uses as values, other than to call them, in what is surely run."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and node.id.startswith((METHODS, CLASSES)):
            self.names.add(node.id)

    def visit_Call(self, node: ast.Call) -> None:
        for part in (*node.args, *node.keywords, *([] if isinstance(node.func, ast.Name) else [node.func])):
            self.visit(part)

    def _function(self, node: _Function) -> None:
        if node.name.startswith(METHODS):
            inner = _Values()
            inner.generic_visit(node)
            self.names |= inner.names.difference(map(bound_name, ast.walk(node)))

    visit_FunctionDef = visit_AsyncFunctionDef = _function  # noqa: N815 - names that ast asks for


def add_collected(setup: ast.Module, tests: Sequence[ast.Module]) -> None:
    """Append to each test statements that run what it only defines; the trees are changed."""
    if any(_mentions_unittest(tree) for tree in (setup, *tests)):
        for tree in (setup, *tests):
            ast.fix_missing_locations(_Runs().visit(tree))
    later: set[str] = set()
    for tree in reversed(tests):
        begins = [node for node in tree.body if not _is_unittest_main(node, tree)]
        asked_to, tree.body = len(begins) < len(tree.body), list(begins)
        read = {name for name in _loaded([tree]) if name.startswith((METHODS, CLASSES))}
        values = _Values()
        values.visit(tree)
        _add_notes(tree)
        scripts = [part for node in tree.body if _is_script(node) for part in node.body]
        tree.body.append(ast.Expr(_call(COLLECTED, ast.Constant(asked_to))))
        if scripts and not asked_to and all(map(_does_nothing, begins)):
            tree.body.append(ast.If(ast.Name(NOTHING, ast.Load()), scripts, []))
        tree.body.append(ast.Expr(_call(TEST_ENDED, _names(later), _names(values.names))))
        ast.fix_missing_locations(tree)
        later |= read


def _add_notes(tree: ast.Module) -> None:
    """Have it noted when a function of a test's name has run, be it defined or made by another."""
    for node in ast.walk(tree):
        if isinstance(node, _Function) and node.name.startswith(METHODS):
            node.decorator_list.insert(0, ast.Name(NOTED, ast.Load()))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call | ast.Lambda):
            targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if any(name.startswith(METHODS) for name in targets):
                node.value = _call(NOTED, node.value)


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


def _names(names: Iterable[str]) -> ast.expr:
    return ast.Tuple([ast.Constant(name) for name in sorted(names)], ast.Load())


def _mentions_unittest(tree: ast.Module) -> bool:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [getattr(node, "module", None) or alias.name for node in imports for alias in node.names]
    return any(name.partition(".")[0] == "unittest" for name in modules) or "unittest" in _loaded([tree])


def _does_nothing(node: ast.stmt) -> bool:
    """Say whether a statement only prepares, or stands below a guard that a test does not pass."""
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return isinstance(node, _Preparation) or is_text or _is_script(node)


def _is_unittest_main(node: ast.stmt, tree: ast.Module) -> bool:
    """Say whether a statement is `unittest.main()`, which would end the process."""
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    if isinstance(node.value.func, ast.Name):
        imports = [part for part in tree.body if isinstance(part, ast.ImportFrom) and part.module == "unittest"]
        names = [alias.asname or alias.name for part in imports for alias in part.names if alias.name == "main"]
        return node.value.func.id in names
    return ast.unparse(node.value.func) == "unittest.main"


def _is_script(node: ast.AST) -> TypeGuard[ast.If]:
    """Say whether a statement is `if __name__ == "__main__":`, which a test is not run as, and nothing else."""
    return isinstance(node, ast.If) and not node.orelse and "__name__" in _loaded([node.test])


def _loaded(nodes: Iterable[ast.AST]) -> set[str]:
    parts = (part for node in nodes for part in ast.walk(node))
    return {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
