"""Runs what a test source defines and never calls: functions and classes for a runner such as pytest or unittest.

Where there are none, and a source does nothing else, what stands under `if __name__ == "__main__"`. Else such sources
would pass any program. What is skipped while it runs has failed: it may be the solution that skips.
"""

import ast
import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeGuard

from trl_rlvr.sandbox.handed import TEST_MODULE

COLLECTED, RAN, NOTED = "__collected__", "__ran__", "__noted__"
"""Names of `Collector.run`, `require_success` and `Collector.note` in a test."""
_METHODS = "test"
_CLASSES = "Test"
_HOOKS = (
    ("setup_function", "teardown_function"),
    ("setup_module", "teardown_module"),
    ("setUpModule", "tearDownModule"),
)
"""What a module may define for a runner to call before and after: each of its functions, or all."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Preparation = (
    _Function | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Pass
)


class _Runs(ast.NodeTransformer):
    """Has each `runner.run(suite)` looked at: a test that does not read what comes of it would pass any program."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "run":
            return ast.copy_location(ast.Call(ast.Name(RAN, ast.Load()), [node], []), node)
        return node


def add_collected(setup: ast.Module, tests: Sequence[ast.Module]) -> None:
    """Append to each test a statement that runs what it only defines; the trees are changed."""
    if any(_mentions_unittest(tree) for tree in (setup, *tests)):
        for tree in (setup, *tests):
            ast.fix_missing_locations(_Runs().visit(tree))
    reads = [_names_read(tree) for tree in (setup, *tests)]
    for index, tree in enumerate(tests, 1):
        begins = [node for node in tree.body if not _is_unittest_main(node, tree)]
        asked_to, tree.body = len(begins) < len(tree.body), begins
        others = {name for number, names in enumerate(reads) if number != index for name in names}
        found = [node for node in ast.walk(tree) if _is_noted(node)]
        for node in found:
            node.decorator_list.insert(0, ast.Name(NOTED, ast.Load()))
        if not found and not asked_to and all(map(_does_nothing, tree.body)):
            tree.body = [part for node in tree.body for part in (node.body if _is_script(node) else [node])]
        helpers = ast.Tuple([ast.Constant(name) for name in sorted(others)], ast.Load())
        tree.body.append(ast.Expr(ast.Call(ast.Name(COLLECTED, ast.Load()), [ast.Constant(asked_to), helpers], [])))
        ast.fix_missing_locations(tree)


def _mentions_unittest(tree: ast.Module) -> bool:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [getattr(node, "module", None) or alias.name for node in imports for alias in node.names]
    return any(name.partition(".")[0] == "unittest" for name in modules) or "unittest" in _loaded([tree])


def _is_noted(node: ast.AST) -> TypeGuard[_Function]:
    return isinstance(node, _Function) and node.name.startswith(_METHODS)


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


def _names_read(tree: ast.Module) -> set[str]:
    """Return the names that a source reads and does not define."""
    return _loaded([tree]) - {node.name for node in tree.body if isinstance(node, _Function | ast.ClassDef)}


class Collector:
    """What one test defines for a runner, and which of it the test has run by itself.

    Args:
        namespace: the test's, which it will fill.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._before = dict(namespace)
        self._passed: set[Any] = set()
        """Functions that ran to their end."""

    def note(self, function: Any) -> Any:
        """Return what does the same as a test's function and notes that it has passed."""
        if type(function) is not types.FunctionType or inspect.isgeneratorfunction(function):
            return function

        @functools.wraps(function)
        def noted(*args: Any, **kwargs: Any) -> Any:
            outcome = function(*args, **kwargs)
            self._passed.add(noted)
            return outcome

        @functools.wraps(function)
        async def noted_later(*args: Any, **kwargs: Any) -> Any:
            outcome = await function(*args, **kwargs)
            self._passed.add(noted_later)
            return outcome

        return noted_later if inspect.iscoroutinefunction(function) else noted

    def run(self, asked_to: bool, others: Sequence[str]) -> None:
        """Run what the test defines and has not run to its end.

        Args:
            asked_to: whether the source asks for a run, which then must not be one of nothing.
            others: names that other sources of the problem use: they are helpers.

        Raises:
            BaseException: the first that any of them raises; AssertionError where none of them checks anything.
        """
        own = [
            value
            for name, value in self._namespace.items()
            if name not in others and value is not self._before.get(name) and _is_of_a_test(name, value)
        ]
        left = [thing for thing in own if not self._has_passed(thing)]
        runs = list(filter(None, map(self._run_of, left)))
        ran = self._run_all(runs) if runs else 0
        if not ran and (runs or (asked_to and len(left) == len(own))):
            raise AssertionError("no test was run")

    def _has_passed(self, thing: Any) -> bool:
        if not isinstance(thing, type):
            return thing in self._passed
        names = list(_test_methods(thing))
        return bool(names) and {getattr(thing, name) for name in names} <= self._passed

    def _run_of(self, thing: Any) -> Callable[[], int] | None:
        """Return what runs a function or a class and says how many tests it ran; None for a class without tests."""
        if isinstance(thing, type):
            return _run_of_class(thing)
        return lambda: _between(self._hooks(), *_HOOKS[0], thing, lambda: _call(thing))

    def _run_all(self, runs: Sequence[Callable[[], int]]) -> int:
        hooks, (_, pytests, unittests) = self._hooks(), _HOOKS
        return _between(
            hooks, *unittests, None, lambda: _between(hooks, *pytests, None, lambda: sum(one() for one in runs))
        )

    def _hooks(self) -> types.SimpleNamespace:
        """Return what a module's own functions prepare and end, by name."""
        found = {name: self._namespace.get(name) for pair in _HOOKS for name in pair}
        return types.SimpleNamespace(**{name: one for name, one in found.items() if type(one) is types.FunctionType})


def _is_of_a_test(name: str, value: Any) -> bool:
    """Say whether a runner would look at what a test binds to a name; the class of a case may have any."""
    if getattr(value, "__module__", None) != TEST_MODULE:
        return False
    if type(value) is types.FunctionType:
        return name.startswith(_METHODS)
    return isinstance(value, type) and (name.startswith(_CLASSES) or _is_case(value))


def _is_case(kind: type) -> bool:
    unittest = sys.modules.get("unittest")
    return unittest is not None and issubclass(kind, unittest.TestCase)


def _run_of_class(kind: type) -> Callable[[], int] | None:
    if _is_case(kind):
        return lambda: _run_case(kind)
    methods = list(_test_methods(kind))
    classes = [inner for name, inner in vars(kind).items() if isinstance(inner, type) and name.startswith(_CLASSES)]
    nested = list(filter(None, map(_run_of_class, classes)))
    return (lambda: _run_class(kind, methods) + sum(run() for run in nested)) if methods or nested else None


def _call(function: Callable[..., Any], *args: Any) -> int:
    outcome = function(*args)
    if type(outcome) is types.CoroutineType:
        import asyncio  # here: few tests need it, and the fork server would hold it for all

        asyncio.run(outcome)
    elif type(outcome) in (types.GeneratorType, types.AsyncGeneratorType):
        raise AssertionError("a test that yields has run nothing")
    return 1


def _test_methods(kind: type) -> Iterator[str]:
    """Yield the names of a class's tests in the order in which they are defined."""
    names = dict.fromkeys(name for base in reversed(kind.__mro__) for name in vars(base))
    return (name for name in names if name.startswith(_METHODS) and callable(getattr(kind, name)))


def _run_class(kind: type, methods: list[str]) -> int:
    def run(name: str) -> int:
        one = kind()
        method = getattr(one, name)
        return _between(one, "setup_method", "teardown_method", method, lambda: _call(method))

    return _between(kind, "setup_class", "teardown_class", kind, lambda: sum(map(run, methods)))


def _between(owner: Any, before: str, after: str, about: Any, run: Callable[[], int]) -> int:
    """Run something between what prepares and what ends it."""
    _call_hook(owner, before, about)
    try:
        return run()
    finally:
        _call_hook(owner, after, about)


def _call_hook(owner: Any, name: str, about: Any) -> None:
    """Call what prepares or ends tests, if there is one, with what it is about if it takes that."""
    hook = getattr(owner, name, None)
    if hook is not None:
        _call(hook, *([about] if inspect.signature(hook).parameters else []))


def _run_case(kind: Any) -> int:
    import unittest  # here for the same reason

    class Result(unittest.TestResult):
        """Keeps what was raised in the place of its text."""

        def _exc_info_to_string(self, error: Any, test: Any) -> Any:
            del test
            return error[1]

    result = Result()
    result.failfast = True
    cases = [case for case in unittest.defaultTestLoader.loadTestsFromTestCase(kind) if not _is_marked(case)]
    unittest.TestSuite(cases).run(result)
    raised: list[Any] = [error for _, error in (*result.failures, *result.errors)]
    for error in raised:
        raise error
    _require_success(result)
    return result.testsRun


def require_success(outcome: Any) -> Any:
    """Return what a call returned.

    Raises:
        AssertionError: it is what came of a run of unittest, which ran no test, or one that failed.
    """
    unittest = sys.modules.get("unittest")
    if unittest is not None and issubclass(type(outcome), unittest.TestResult):
        _require_success(outcome)
        if outcome.testsRun <= len(outcome.skipped):
            raise AssertionError("no test was run")
    return outcome


def _require_success(result: Any) -> None:
    if not (result.wasSuccessful() and all(_is_marked(case) for case, _ in result.skipped)):
        raise AssertionError("a test failed, was skipped while it ran, or passed where it should not")


def _is_marked(case: Any) -> bool:
    """Say whether a test is marked as one to skip, by whoever wrote it."""
    method = getattr(case, getattr(case, "_testMethodName", ""), None)
    return any(getattr(one, "__unittest_skip__", False) for one in (type(case), method))
