"""Who answers for a name that a test uses: the candidate, the test's own code, or the standard library.

A name that the candidate answers for lets it write the expected side of a test, so only the names that a problem really
asks for are the candidate's. Every other free name is the setup's, a builtin, or from the fixed table here.
"""

import ast
import builtins
from collections.abc import Iterable

_BY_MODULE = {
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "copy": "copy deepcopy",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "functools": "cmp_to_key partial reduce",
    "itertools": "accumulate chain combinations count cycle groupby islice permutations product zip_longest",
    "math": "ceil comb cos exp factorial floor gcd inf isclose isinf isnan lcm log log10 log2 nan pi prod sin sqrt tan",
    "pathlib": "Path PurePath",
    "typing": "Any Dict List Optional Set Tuple Union",
    "uuid": "UUID",
}

STANDARD_NAMES: dict[str, str] = {name: module for module, names in _BY_MODULE.items() for name in names.split()}
"""Bare names that tests use without importing them, and the module each comes from."""

STANDARD_MODULES: frozenset[str] = frozenset(
    [
        "array",
        "bisect",
        "cmath",
        "collections",
        "copy",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "json",
        "math",
        "numbers",
        "operator",
        "random",
        "re",
        "statistics",
        "string",
        "sys",
        "time",
        "typing",
        "uuid",
    ]
)
"""Modules that tests use without importing them."""

_BUILTINS = frozenset(dir(builtins))


def _parse(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _walk(sources: Iterable[str]) -> Iterable[ast.AST]:
    for source in sources:
        tree = _parse(source)
        if tree is not None:
            yield from ast.walk(tree)


def _alias_name(alias: ast.alias) -> str:
    return (alias.asname or alias.name).partition(".")[0]


def _bound_names(sources: Iterable[str]) -> set[str]:
    """Every name that the sources themselves bind, in any scope."""
    bound: set[str] = set()
    for node in _walk(sources):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.alias):
            bound.add(_alias_name(node))
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return bound


def _loaded_names(sources: Iterable[str]) -> list[str]:
    return [node.id for node in _walk(sources) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]


def _in_source_order(sources: Iterable[str]) -> list[str]:
    """Names that are called, in the order in which a reader meets them."""
    calls = []
    for index, source in enumerate(sources):
        for node in _walk([source]):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                calls.append((index, node.lineno, node.col_offset, node.func.id))
    return [name for *_, name in sorted(calls)]


def infer_entry_point(tests: Iterable[str]) -> str | None:
    """Guess which name the tests ask the solution for.

    The first called name that is neither a builtin nor bound by the tests, else the first that is called at all (a task
    may ask for a function named `sum`); None when the tests call nothing by name.
    """
    tests = tuple(tests)
    bound = _bound_names(tests)
    called = [name for name in _in_source_order(tests) if name not in bound]
    own = [name for name in called if name not in _BUILTINS and name not in STANDARD_NAMES]
    return next(iter(own or [name for name in called if name not in _BUILTINS] or called), None)


def defined_names(source: str) -> set[str]:
    """Names that a program defines at its top level: functions, classes, assignments and imports."""
    tree = _parse(source)
    names: set[str] = set()
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        else:
            names |= {sub.id for sub in ast.walk(node) if isinstance(sub, ast.Name) and isinstance(sub.ctx, ast.Store)}
            names |= {
                (sub.asname or sub.name).partition(".")[0] for sub in ast.walk(node) if isinstance(sub, ast.alias)
            }
    return names


def candidate_names(
    tests: Iterable[str], setup_code: str, entry_point: str | None, reference_solution: str | None
) -> tuple[str, ...]:
    """Every name that the candidate answers for, the entry point first.

    With a reference: what it defines by `def`, `class` or assignment and the tests mention. Without one: what the tests
    mention and nobody else provides.
    """
    sources = (setup_code, *tests)
    free = set(_loaded_names(sources)) - _bound_names(sources)
    if reference_solution is not None:
        tree = _parse(reference_solution)
        imports = {node for node in (tree.body if tree else ()) if isinstance(node, ast.Import | ast.ImportFrom)}
        imported = {_alias_name(alias) for node in imports for alias in node.names}
        extra = free & (defined_names(reference_solution) - imported)
    else:
        extra = free - _BUILTINS - STANDARD_NAMES.keys() - STANDARD_MODULES
    first = (entry_point,) if entry_point else ()
    return (*first, *sorted(extra.difference(first)))
