"""Constructs of tests that a harness apart from the solution cannot judge exactly, found in the source by name.

Each is one by which a wrong program could pass. They are refused when a problem is loaded or first judged.
"""

import ast
from collections.abc import Iterator
from functools import lru_cache

from trl_rlvr.analysis.hazards import Taint, dangers, dotted_name, imported_names
from trl_rlvr.analysis.parsing import called_name, try_parse

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_MUTABLE_BASES = frozenset({"list", "dict", "set", "deque", "defaultdict", "Counter", "OrderedDict", "bytearray",
                            "UserList", "UserDict"})  # fmt: skip
_COPIED_ROOTS = frozenset({"numpy", "np", "pandas", "pd", "torch", "array"})
"""Modules whose objects cross as copies."""
_BESIDE = frozenset({"_thread", "concurrent", "multiprocessing", "sched", "signal", "threading"})
"""Modules whose functions run one call of the solution while another runs."""
_TASKS = frozenset({"TaskGroup", "as_completed", "create_task", "ensure_future", "gather", "run_coroutine_threadsafe",
                    "run_in_executor", "shield", "timeout", "timeout_at", "to_thread", "wait", "wait_for"})  # fmt: skip
"""The same of asyncio: apart from its tests a coroutine runs to its end at its `await`."""
_ARRAY_NAMES = frozenset({"array", "zeros", "ones", "arange", "eye", "full", "linspace", "asarray", "empty"})


@lru_cache(maxsize=4096)
def refusal(tests: tuple[str, ...], setup_code: str, entry_points: tuple[str, ...]) -> str | None:
    """Name the first construct for which a problem cannot be judged apart; None: there is none.

    The last few thousand problems are remembered: each batch makes its problems anew from the columns of its rows.

    Args:
        tests: source of each test.
        setup_code: what runs before them, on their side.
        entry_points: the solution's names.
    """
    setup = try_parse(setup_code) or ast.Module(body=[], type_ignores=[])
    for what in _run_side_by_side(setup):
        return f"the setup code: {what}"
    for index, source in enumerate(tests):
        test = try_parse(source)
        if test is not None:
            taint, aliases = Taint([setup, test], entry_points), imported_names([setup, test])
            for place, tree in (("the setup code", setup), (f"test {index}", test)):
                for name in dangers(tree, taint, aliases):
                    return f"{place} hands the candidate's value to {name}"
            for what in (*_run_side_by_side(test), *inexact_constructs(test, taint, aliases)):
                return f"test {index}: {what}"
            if _calls_nothing(test):
                return f"test {index}: it defines functions, and nothing calls them"
    return None


def _calls_nothing(tree: ast.Module) -> bool:
    """Tell whether a test only defines functions that no runner calls: no program could pass it."""
    functions = [node for node in tree.body if isinstance(node, _Function)]
    others = [node for node in tree.body if not isinstance(node, (*_Function.__args__, ast.Import, ast.ImportFrom))]
    is_text = all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in others)
    return bool(functions) and is_text and not any(_has_test_name(node.name) for node in functions)


def _run_side_by_side(tree: ast.Module) -> Iterator[str]:
    """Find what runs several calls of the solution at once, or interrupts one."""
    nodes = list(ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [getattr(node, "module", None) or alias.name for node in imports for alias in node.names]
    yield from (f"{name} runs calls side by side" for name in modules if name.partition(".")[0] in _BESIDE)
    if any(name.partition(".")[0] == "asyncio" for name in modules):
        used = [*(node.attr for node in nodes if isinstance(node, ast.Attribute)), *_imported_from_asyncio(imports)]
        yield from (f"{name} of asyncio runs calls side by side" for name in used if name in _TASKS)


def _imported_from_asyncio(imports: list[ast.Import | ast.ImportFrom]) -> Iterator[str]:
    for node in imports:
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "asyncio":
            yield from (alias.name for alias in node.names)


def inexact_constructs(tree: ast.Module, taint: Taint, aliases: dict[str, str]) -> Iterator[str]:
    """Yield a line for each construct of one test that cannot be judged apart.

    Args:
        tree: the test, or the setup code.
        taint: what may carry a value of the solution's.
        aliases: local name to the dotted name that it was imported as.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _of_class(node, taint, aliases)
        decorators = node.decorator_list if isinstance(node, _Function | ast.ClassDef) and _is_collected(node) else []
        if any(map(taint.reaches, decorators)):
            yield f"{node.name} is decorated by the solution, which could leave it out"  # type: ignore[attr-defined]
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and taint.reaches(node.value.func):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            yield from (f"{name} is made by the solution" for name in names if _has_test_name(name))
    for scope in (tree, *(node for node in ast.walk(tree) if isinstance(node, _Function))):
        yield from _arrays_read_again(scope, taint, aliases)


def _has_test_name(name: str) -> bool:
    return name.startswith(("test", "Test"))


def _is_collected(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Say whether a runner would take a definition for a test."""
    return _has_test_name(node.name) or (isinstance(node, ast.ClassDef) and _is_case(node))


def _is_case(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).rpartition(".")[2].endswith("TestCase") for base in node.bases)


def _of_class(node: ast.ClassDef, taint: Taint, aliases: dict[str, str]) -> Iterator[str]:
    bases = {dotted_name(base, aliases).rpartition(".")[2] for base in node.bases}
    if bases & _MUTABLE_BASES:
        yield f"class {node.name} is a container of the test's own, which crosses as a copy"
    if _is_collected(node) and any(taint.reaches(base) for base in node.bases):
        yield f"class {node.name} of tests derives from the solution"
    methods = [part for part in node.body if isinstance(part, _Function)]
    names = {method.name for method in methods}
    if "__getitem__" in names and not names & {"__iter__", "__contains__"} and not bases & {"Sequence", "Mapping"}:
        yield f"class {node.name} is iterated by __getitem__, whose IndexError a solution could raise"
    for method in methods:
        if any(dotted_name(one, aliases).endswith("cached_property") for one in method.decorator_list):
            yield f"{node.name}.{method.name} is a cached_property, which a solution could overwrite"


def _arrays_read_again(scope: ast.AST, taint: Taint, aliases: dict[str, str]) -> Iterator[str]:
    """Find arrays that a test gives to the solution and then looks at: a copy does not show what was changed."""
    nodes = list(ast.walk(scope))
    arrays = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and _makes_array(node.value, aliases)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    given: dict[str, int] = {}
    for node in nodes:
        if isinstance(node, ast.Call) and taint.reaches(node.func):
            parts = (*node.args, *(keyword.value for keyword in node.keywords))
            for name in (one.id for part in parts for one in ast.walk(part) if isinstance(one, ast.Name)):
                given[name] = given.get(name, 0) + 1
    read = [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    for name in sorted(arrays & given.keys()):
        if read.count(name) > given[name]:
            yield f"{name} is an array that is looked at after it was given to the solution"


def _makes_array(value: ast.expr, aliases: dict[str, str]) -> bool:
    if not isinstance(value, ast.Call):
        return False
    root = dotted_name(value.func, aliases).partition(".")[0]
    return root in _COPIED_ROOTS and called_name(value) in _ARRAY_NAMES
