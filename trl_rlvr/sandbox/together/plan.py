"""Reads from a test's source what must run, and compiles it before the solution is there.

A runner that asked names for it could be shown other functions, or none.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import CodeType

from trl_rlvr.analysis.parsing import bound_name

KEEP, EQUAL, UNEQUAL, WITHIN = "__trl_keep__", "__trl_equal__", "__trl_unequal__", "__trl_within__"
"""Variables of a test for what the runner adds to it: what is to be run is kept, and comparisons are looked at."""
TEST_FILE = "tests.py"
_HOOKS = {ast.Eq: EQUAL, ast.NotEq: UNEQUAL, ast.In: WITHIN, ast.NotIn: WITHIN}
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_PREPARATIONS = (*_Function.__args__, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)
_SKIPS = ("skip", "skipIf", "skipUnless", "skipif", "xfail")


@dataclass(slots=True)
class Plan:
    """What one test's source holds."""

    code: CodeType
    functions: list[str] = field(default_factory=list)
    """Functions for a runner, but for those that the source marks to be skipped."""
    classes: dict[str, list[str]] = field(default_factory=dict)
    """Classes for a runner, each with the names of its own methods."""
    decorated: set[str] = field(default_factory=set)
    """Names of functions and methods of which a decorator may have made something else."""
    does_something: bool = False
    """Whether it has statements that do more than define."""
    codes: set[int] = field(default_factory=set)
    """Identities of the code of all functions in it."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing would run."""
        return not (self.functions or any(self.classes.values()) or self.does_something)


def plan_of(source: str) -> Plan:
    """Read and compile one test.

    Raises:
        SyntaxError: it does not compile.
    """
    tree = ast.parse(source, TEST_FILE)
    body: list[ast.stmt] = []
    plan = Plan(compile("", TEST_FILE, "exec"))
    called = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    for node in tree.body:
        if _is_unittest_main(node):
            continue
        body.append(node)
        if isinstance(node, _Function) and node.name.startswith("test") and node.name not in called:
            _note([node], plan.functions, plan)
            body.append(_keeps(node.name))
        elif isinstance(node, ast.ClassDef) and _is_collected(node):
            _note(node.body, plan.classes.setdefault(node.name, []), plan, skipped=_is_skipped(node))
            body.append(_keeps(node.name))
        elif not _only_prepares(node):
            plan.does_something = True
    tree.body = body
    plan.code = compile_guarded(tree)
    plan.codes = {id(code) for code in _inner(plan.code)}
    return plan


def compile_guarded(tree: ast.Module) -> CodeType:
    """Compile a tree with its comparisons led through the runner's own."""
    return compile(ast.fix_missing_locations(_Comparisons().visit(tree)), TEST_FILE, "exec", dont_inherit=True)


def free_names(trees: Sequence[ast.Module]) -> set[str]:
    """Return the names that tests read and never bind."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return read.difference(map(bound_name, nodes))


def imported_modules(trees: Iterable[ast.Module]) -> list[str]:
    """Return the names of the modules that tests import."""
    found: list[str] = []
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
    return list(dict.fromkeys(found))


class _Comparisons(ast.NodeTransformer):
    """Leads each `a == b`, `a != b` and `a in b` through a function of the runner's."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        hook = _HOOKS.get(type(node.ops[0])) if len(node.ops) == 1 else None
        if hook is None:
            return node
        call: ast.expr = ast.Call(ast.Name(hook, ast.Load()), [node.left, node.comparators[0]], [])
        if isinstance(node.ops[0], ast.NotIn):
            call = ast.UnaryOp(ast.Not(), call)
        return ast.copy_location(call, node)


def _note(nodes: Iterable[ast.stmt], names: list[str], plan: Plan, *, skipped: bool = False) -> None:
    for node in nodes:
        if isinstance(node, _Function) and node.name.startswith("test") and not skipped and not _is_skipped(node):
            names.append(node.name)
            if node.decorator_list:
                plan.decorated.add(node.name)


def _keeps(name: str) -> ast.stmt:
    return ast.Expr(ast.Call(ast.Name(KEEP, ast.Load()), [ast.Constant(name), ast.Name(name, ast.Load())], []))


def _is_collected(node: ast.ClassDef) -> bool:
    is_case = any(ast.unparse(base).rpartition(".")[2].endswith("TestCase") for base in node.bases)
    has_tests = any(isinstance(part, _Function) and part.name.startswith("test") for part in node.body)
    return has_tests and (is_case or node.name.startswith("Test") or bool(node.bases))


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


def _is_unittest_main(node: ast.stmt) -> bool:
    """Say whether a statement is `unittest.main()`, which would run what it finds by itself, and leave."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and (ast.unparse(node.value.func) in ("unittest.main", "main", "pytest.main"))
    )


def _inner(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _inner(constant)
