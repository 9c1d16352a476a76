"""Runs what a test source defines and never calls: functions and classes for a runner such as pytest or unittest.

Where there are none, and a source does nothing else, what stands under `if __name__ == "__main__"`. Else such sources
would pass any program. What is skipped while it runs has failed: it may be the solution that skips.
"""

import ast
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeGuard

COLLECTED, RAN = "__collected__", "__ran__"
"""Names of `run_collected` and `require_success` in a test."""
_METHODS = "test"
_CLASSES = "Test"
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Preparation = _Definition | ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Pass


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
        called = {name for number, names in enumerate(reads) if number != index for name in names}
        called |= _names_called(tree)
        names = dict.fromkeys(name for name in map(_name_of_test, tree.body) if name and name not in called)
        if names or asked_to:
            args = [ast.Constant(asked_to), *(ast.Name(name, ast.Load()) for name in names)]
            tree.body.append(ast.Expr(ast.Call(ast.Name(COLLECTED, ast.Load()), args, [])))
            ast.fix_missing_locations(tree)
        elif all(isinstance(node, _Preparation) or _is_text(node) or _is_script(node) for node in tree.body):
            tree.body = [part for node in tree.body for part in (node.body if _is_script(node) else [node])]


def _mentions_unittest(tree: ast.Module) -> bool:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [getattr(node, "module", None) or alias.name for node in imports for alias in node.names]
    return any(name.partition(".")[0] == "unittest" for name in modules) or "unittest" in _loaded([tree])


def _name_of_test(node: ast.stmt) -> str | None:
    """Return the name of a definition that may be of a test; the class of one may have any name."""
    if isinstance(node, ast.ClassDef):
        return node.name if node.bases or node.name.startswith(_CLASSES) else None
    return node.name if isinstance(node, _Definition) and node.name.startswith(_METHODS) else None


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


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _loaded(nodes: Iterable[ast.AST]) -> set[str]:
    parts = (part for node in nodes for part in ast.walk(node))
    return {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}


def _names_read(tree: ast.Module) -> set[str]:
    """Return the names that a source reads and does not define."""
    return _loaded([tree]) - {node.name for node in tree.body if isinstance(node, _Definition)}


def _names_called(tree: ast.Module) -> set[str]:
    """Return the names that a source itself may call: those that it reads elsewhere than in what defines them."""
    called: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            called |= _loaded((*node.body, *node.decorator_list)) - {node.name}  # a base is not run by that
        elif isinstance(node, _Definition):
            called |= _loaded([node]) - {node.name}
        elif not _is_script(node):
            called |= _loaded([node])
    return called


def run_collected(asked_to: bool, *found: Any) -> None:
    """Run functions and classes of a test's.

    Args:
        asked_to: whether the source asks for a run, which then must not be one of nothing.
        found: what it defines; a class may be none of tests.

    Raises:
        BaseException: the first that any of them raises; AssertionError where none of them checks anything.
    """
    runs = list(filter(None, map(_run_of, found)))
    ran = sum(run() for run in runs)
    if not ran and (runs or asked_to):
        raise AssertionError("no test was run")


def _run_of(thing: Any) -> Callable[[], int] | None:
    """Return what runs a function or a class and says how many tests it ran; None for a class without tests."""
    if not isinstance(thing, type):
        return lambda: _call(thing)
    unittest = sys.modules.get("unittest")
    if unittest is not None and issubclass(thing, unittest.TestCase):
        return lambda: _run_case(thing)
    methods = list(_test_methods(thing)) if thing.__name__.startswith(_CLASSES) else []
    return (lambda: _run_class(thing, methods)) if methods else None


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
    _call_hook(kind, "setup_class", kind)
    try:
        for name in methods:
            one = kind()
            _call_hook(one, "setup_method", getattr(one, name))
            try:
                _call(getattr(one, name))
            finally:
                _call_hook(one, "teardown_method", getattr(one, name))
    finally:
        _call_hook(kind, "teardown_class", kind)
    return len(methods)


def _call_hook(owner: Any, name: str, about: Any) -> None:
    """Call what prepares or ends tests, if there is one, with what it is about if it takes that."""
    hook = getattr(owner, name, None)
    if hook is not None:
        import inspect  # here for the same reason

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
