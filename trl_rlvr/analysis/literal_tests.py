"""Reads test source that does nothing but compare calls of the solution with literals.

Asserts, `check(candidate)` functions, pytest functions and `unittest` cases without fixtures, and loops over tables of
literals all come down to a list of checks: call this, compare the answer so. Nothing is run. Whatever is not known to
mean exactly that is `NotLiteral`, and then the test has to be run by a harness of its own.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trl_rlvr.analysis.conventions import MODULE
from trl_rlvr.analysis.literal_calls import Calls
from trl_rlvr.analysis.literal_checks import Check, comparison_of, unittest_comparison
from trl_rlvr.analysis.literals import Literals, Module, NotLiteral, Unreadable
from trl_rlvr.analysis.parsing import MAX_TEST_CHARS, parse_source

MAX_CHECKS = 20_000
"""Checks of one source; more are left to a harness that runs it."""
_MAX_STEPS = 200_000
_HOOKS = ("setUp", "tearDown", "setUpClass", "tearDownClass", "setup_method", "teardown_method", "setup_class",
          "teardown_class", "setup_module", "teardown_module", "setup_function", "teardown_function", "setUpModule",
          "tearDownModule", "__init__", "runTest", "run", "load_tests", "asyncSetUp", "__new__", "setup")  # fmt: skip
"""Names by which a runner finds what to do before and after tests, or instead of them."""
_INERT_MODULES = ("pytest", "unittest", "typing", "math", "__future__", "collections", "numpy", "random", "string")
"""Modules that a test may import: nothing is called from them here, except what `literal_checks` names."""


@dataclass(frozen=True, slots=True)
class _Function(Unreadable):
    node: ast.FunctionDef


@dataclass(frozen=True, slots=True)
class _Class(Unreadable):
    node: ast.ClassDef
    is_case: bool


@dataclass(frozen=True, slots=True)
class _Instance(Unreadable):
    """The `self` of a test's method."""

    is_case: bool


def literal_checks(source: str, names: tuple[str, ...], given: Mapping[str, Unreadable] | None = None) -> list[Check]:
    """Read one test source.

    Args:
        source: Python source of one test.
        names: the solution's names.
        given: modules and other things that the setup code has bound, by name.

    Raises:
        NotLiteral: it does something else, or checks nothing.
    """
    try:
        tree = parse_source(source.strip(), MAX_TEST_CHARS)
    except SyntaxError as error:
        raise NotLiteral("source that does not parse") from error
    reader = Reader(frozenset(names), given)
    try:
        reader.run_module(tree)
    except RecursionError:
        raise NotLiteral("deeply nested source") from None
    if not reader.checks:
        raise NotLiteral("a source without checks")
    return reader.checks


def is_docstring(node: ast.stmt) -> bool:
    """Tell whether a statement does nothing."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


class Reader:
    """Follows a source statement by statement and collects its checks.

    Args:
        names: the solution's.
        given: what is bound already.
    """

    def __init__(self, names: frozenset[str], given: Mapping[str, Unreadable] | None = None) -> None:
        self._names = names
        self._literals = Literals(names)
        self._calls = Calls(names, self._literals)
        self._globals: dict[str, Any] = dict(given or {})
        self._called: set[int] = set()
        """Nodes of the functions that have run."""
        self._steps = 0

    @property
    def checks(self) -> list[Check]:
        """What was read so far."""
        return self._calls.checks

    def run_module(self, tree: ast.Module) -> None:
        """Follow a module, then run what a test runner would find in it.

        Raises:
            NotLiteral: it does anything else than compare calls with literals.
        """
        self._run(tree.body, self._globals)
        for thing in list(self._globals.values()):
            if isinstance(thing, _Function) and thing.node.name.startswith("test"):
                if id(thing.node) not in self._called:
                    self._call(thing, [])
            elif isinstance(thing, _Class):
                self._run_class(thing)

    def require_free(self, name: str) -> None:
        """Refuse a binding that hides a name of the solution, or that means something to a runner."""
        if name in self._names or name in _HOOKS or name == MODULE:
            raise NotLiteral(f"{name} is bound anew")

    def _run(self, body: Iterable[ast.stmt], scope: dict[str, Any]) -> None:
        for node in body:
            self._steps += 1
            if self._steps > _MAX_STEPS or len(self.checks) > MAX_CHECKS:
                raise NotLiteral("too many steps")
            step = _STEPS.get(type(node))
            if step is None:
                raise NotLiteral(f"{type(node).__name__} is not read")
            step(self, node, scope)

    def _visible(self, scope: dict[str, Any]) -> dict[str, Any]:
        return scope if scope is self._globals else {**self._globals, **scope}

    def _value(self, node: ast.expr, scope: dict[str, Any]) -> Any:
        return self._literals.value(node, self._visible(scope))

    def _pass(self, node: ast.stmt, scope: dict[str, Any]) -> None:
        """Skip a statement that does nothing."""

    def _import(self, node: ast.Import | ast.ImportFrom, scope: dict[str, Any]) -> None:
        module = node.module if isinstance(node, ast.ImportFrom) else None
        if isinstance(node, ast.ImportFrom) and module == MODULE and not node.level:
            if any(alias.name not in self._names or alias.asname for alias in node.names if alias.name != "*"):
                raise NotLiteral("an import of something that is not asked for")
            return
        for alias in node.names:
            if (module or alias.name).partition(".")[0] not in _INERT_MODULES or alias.name == "*":
                raise NotLiteral("an import that is not read")
            bound = alias.asname or alias.name.partition(".")[0]
            self.require_free(bound)
            scope[bound] = Module(f"{module}.{alias.name}" if module else alias.name)

    def assign(self, node: ast.Assign | ast.AnnAssign, scope: dict[str, Any]) -> None:
        """Bind names to a literal, or to something of the solution that is called later.

        Raises:
            NotLiteral: it is neither.
        """
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if node.value is None or len(targets) != 1:
            raise NotLiteral("an assignment that is not read")
        callee = self._calls.callee(node.value, self._visible(scope))
        self._bind(targets[0], self._value(node.value, scope) if callee is None else callee, scope)

    def _bind(self, target: ast.expr, value: Any, scope: dict[str, Any]) -> None:
        if isinstance(target, ast.Name):
            self.require_free(target.id)
            if target.id.startswith(("test", "Test")):
                raise NotLiteral("a test's name is bound to a value")
            scope[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, list | tuple):
            if len(target.elts) != len(value):
                raise NotLiteral("values that cannot be unpacked")
            for part, one in zip(target.elts, value, strict=True):
                self._bind(part, one, scope)
        else:
            raise NotLiteral("an assignment that is not read")

    def _define(self, node: ast.FunctionDef, scope: dict[str, Any]) -> None:
        if node.decorator_list or scope is not self._globals or node.name in scope:
            raise NotLiteral("a decorated, inner or repeated function")
        self.require_free(node.name)
        scope[node.name] = _Function(node)

    def _define_class(self, node: ast.ClassDef, scope: dict[str, Any]) -> None:
        bases = [ast.unparse(base) for base in node.bases]
        is_case = bases in (["unittest.TestCase"], ["TestCase"])
        if (bases and not is_case) or node.decorator_list or node.keywords or scope is not self._globals:
            raise NotLiteral("a class that is not read")
        self.require_free(node.name)
        methods = [part for part in node.body if not is_docstring(part)]
        if not all(isinstance(part, ast.FunctionDef) and not part.decorator_list for part in methods):
            raise NotLiteral("a class with more than methods")
        named = [part.name for part in methods if isinstance(part, ast.FunctionDef)]
        if set(named) & set(_HOOKS) or len(set(named)) < len(named) or node.name in scope:
            raise NotLiteral("a class with fixtures")
        if is_case or node.name.startswith("Test"):
            scope[node.name] = _Class(node, is_case)
        else:
            scope[node.name] = Unreadable()  # a helper class of the test's

    def _run_class(self, thing: _Class) -> None:
        methods = [part for part in thing.node.body if isinstance(part, ast.FunctionDef)]
        tests = [method for method in methods if method.name.startswith("test")]
        for method in sorted(tests, key=lambda one: one.name) if thing.is_case else tests:
            self._call(_Function(method), [_Instance(thing.is_case)])

    def _for(self, node: ast.For, scope: dict[str, Any]) -> None:
        if node.orelse:
            raise NotLiteral("a loop with else")
        for item in self._literals.items(node.iter, self._visible(scope)):
            self._bind(node.target, item, scope)
            self._run(node.body, scope)

    def _if(self, node: ast.If, scope: dict[str, Any]) -> None:
        if scope is not self._globals or ast.unparse(node.test) != "__name__ == '__main__'" or node.orelse:
            raise NotLiteral("a condition")

    def _with(self, node: ast.With, scope: dict[str, Any]) -> None:
        for item in node.items:
            call = item.context_expr
            if (
                item.optional_vars is not None
                or not isinstance(call, ast.Call)
                or self._method(call, scope) != "subTest"
            ):
                raise NotLiteral("a with statement")
        self._run(node.body, scope)

    def _assert(self, node: ast.Assert, scope: dict[str, Any]) -> None:
        self._check(node.test, scope)

    def _check(self, test: ast.expr, scope: dict[str, Any]) -> None:
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            for part in test.values:
                self._check(part, scope)
            return
        visible = self._visible(scope)
        self._calls.add(comparison_of(test, self._calls.is_call(visible), visible), visible)

    def _method(self, call: ast.Call, scope: dict[str, Any]) -> str:
        """Return the name of the method of the test case that a call calls; empty if it is another call."""
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        found = scope.get(owner.id) if isinstance(owner, ast.Name) else None
        return call.func.attr if isinstance(found, _Instance) and found.is_case else ""  # type: ignore[attr-defined]

    def _expression(self, node: ast.Expr, scope: dict[str, Any]) -> None:
        call = node.value
        if isinstance(call, ast.Constant):
            return
        if not isinstance(call, ast.Call):
            raise NotLiteral("an expression that is not read")
        if method := self._method(call, scope):
            visible = self._visible(scope)
            self._calls.add(unittest_comparison(method, call, self._calls.is_call(visible)), visible)
            return
        function = self._globals.get(call.func.id) if isinstance(call.func, ast.Name) else None
        if not isinstance(function, _Function) or call.keywords:
            raise NotLiteral("a call that is not read")
        given = [self._calls.callee(argument, self._visible(scope)) for argument in call.args]
        self._call(
            function,
            [self._value(node, scope) if one is None else one for one, node in zip(given, call.args, strict=True)],
        )

    def _call(self, function: _Function, arguments: list[Any]) -> None:
        node = function.node
        spec = node.args
        parameters = [*spec.posonlyargs, *spec.args]
        others = (spec.vararg, spec.kwarg, *spec.kwonlyargs, *spec.defaults)
        if any(others) or len(parameters) != len(arguments) or node.name in self._names:
            raise NotLiteral("a function with parameters of its own")
        self._called.add(id(node))
        scope: dict[str, Any] = {}
        for parameter, value in zip(parameters, arguments, strict=True):
            self.require_free(parameter.arg)
            scope[parameter.arg] = value
        self._run(node.body, scope)


_STEPS: dict[type[ast.stmt], Callable[[Reader, Any, dict[str, Any]], None]] = {
    ast.Pass: Reader._pass,
    ast.Import: Reader._import,
    ast.ImportFrom: Reader._import,
    ast.Assign: Reader.assign,
    ast.AnnAssign: Reader.assign,
    ast.FunctionDef: Reader._define,
    ast.ClassDef: Reader._define_class,
    ast.For: Reader._for,
    ast.If: Reader._if,
    ast.With: Reader._with,
    ast.Assert: Reader._assert,
    ast.Expr: Reader._expression,
}
