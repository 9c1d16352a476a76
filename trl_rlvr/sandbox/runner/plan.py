"""Reads from a test's source what must run, and compiles it before the solution is there.

A runner that asked names for it could be shown other functions, or none.
"""

import ast
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from types import CodeType

KEEP, NOTED = "__trl_keep__", "__trl_noted__"
"""Variables of a test for what the runner adds to it: what is to be run is kept, and calls of helpers are noted."""
TEST_FILE = "tests.py"
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_PREPARATIONS = (*_Function.__args__, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)
_SKIPS = ("skip", "skipIf", "skipUnless", "skipif", "xfail")


@dataclass(slots=True)
class Plan:
    """What one test's source holds."""

    functions: list[str] = field(default_factory=list)
    """Functions for a runner, but for those that the source marks to be skipped."""
    classes: dict[str, list[str]] = field(default_factory=dict)
    """Classes for a runner, each with the names of its own methods."""
    decorated: set[str] = field(default_factory=set)
    """Names of functions and methods of which a decorator may have made something else."""
    helpers: set[str] = field(default_factory=set)
    """Functions with the name of a test and with parameters, which the source calls by itself."""
    inheriting: set[str] = field(default_factory=set)
    """Classes for a runner that have no tests of their own."""
    skipped: set[str] = field(default_factory=set)
    """Functions and methods that the source marks to be skipped."""
    hidden: list[str] = field(default_factory=list)
    """Classes of tests that stand where no runner looks for them."""
    does_something: bool = False
    """Whether it has statements that do more than define."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing would run."""
        return not (self.functions or any(self.classes.values()) or self.inheriting or self.does_something)


def plan_of(tree: ast.Module) -> Plan:
    """Read one test, to whose tree is added what the runner needs; `compile_tree` compiles it."""
    body: list[ast.stmt] = []
    plan = Plan()
    own = {node.name for node in tree.body if isinstance(node, _Function)}
    called = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    for node in tree.body:
        if _is_unittest_main(node, own):
            continue
        body.append(node)
        if isinstance(node, _Function) and node.name.startswith("test"):
            if node.name in called and (node.args.args or node.args.vararg):
                plan.helpers.add(node.name)
                node.decorator_list.insert(0, ast.Name(NOTED, ast.Load()))
            else:
                _note([node], plan.functions, plan)
                body.append(_keeps(node.name))
        elif isinstance(node, ast.ClassDef) and _is_collected(node):
            _note(node.body, plan.classes.setdefault(node.name, []), plan, skipped=_is_skipped(node))
            if not _has_tests(node) and not _is_skipped(node):
                plan.inheriting.add(node.name)
            body.append(_keeps(node.name))
        elif not _only_prepares(node):
            plan.does_something = True
    if plan.is_empty:  # a script, perhaps
        guards = [node for node in body if isinstance(node, ast.If) and _is_main_guard(node)]
        script = [part for guard in guards for part in guard.body if not _is_unittest_main(part, own)]
        body += script
        plan.does_something = not all(map(_only_prepares, script))
    tree.body = body
    inner = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node not in body)
    plan.hidden = [node.name for node in inner if _is_collected(node)]
    return plan


def _note(nodes: Iterable[ast.stmt], names: list[str], plan: Plan, *, skipped: bool = False) -> None:
    for node in nodes:
        if isinstance(node, _Function) and node.name.startswith("test"):
            if skipped or _is_skipped(node):
                plan.skipped.add(node.name)
                continue
            names.append(node.name)
            if node.decorator_list:
                plan.decorated.add(node.name)


def _keeps(name: str) -> ast.stmt:
    return ast.Expr(ast.Call(ast.Name(KEEP, ast.Load()), [ast.Constant(name), ast.Name(name, ast.Load())], []))


def _is_collected(node: ast.ClassDef) -> bool:
    is_case = any(ast.unparse(base).rpartition(".")[2].endswith("TestCase") for base in node.bases)
    is_named = is_case or node.name.startswith("Test")
    has_bases = bool(node.bases)
    return is_named or has_bases if _has_tests(node) else is_named and has_bases


def _has_tests(node: ast.ClassDef) -> bool:
    return any(isinstance(part, _Function) and part.name.startswith("test") for part in node.body)


def _is_skipped(node: _Function | ast.ClassDef) -> bool:
    """Say whether the source itself marks a test to be skipped."""
    decorators = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
    return any(ast.unparse(one).rpartition(".")[2] in _SKIPS for one in decorators)


def _only_prepares(node: ast.stmt) -> bool:
    """Say whether a statement defines or names something, and calls nothing."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return not any(isinstance(part, ast.Call) for part in ast.walk(node))
    return isinstance(node, _PREPARATIONS) or _is_text(node) or _is_main_guard(node)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and not node.orelse and "__name__" in ast.unparse(node.test)


def _is_unittest_main(node: ast.stmt, own: Container[str]) -> bool:
    """Say whether a statement is `unittest.main()`, which would run what it finds by itself, and leave.

    Args:
        node: the statement.
        own: names of functions that the test defines.
    """
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    name = ast.unparse(node.value.func)
    return name in ("unittest.main", "pytest.main") or (name == "main" and name not in own)


def compile_tree(tree: ast.Module, file: str = TEST_FILE) -> CodeType:
    """Compile a tree to which something was added."""
    return compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True)


def inner_codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of all functions and classes within code."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from inner_codes(constant)
