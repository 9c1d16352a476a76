"""Compiles a problem's tests, once for all programs that they judge.

The process that runs them lives for one program, so it would read, rewrite and compile the same tests for each.
"""

import ast
import marshal
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple
from functools import lru_cache
from types import CodeType
from typing import Any

from trl_rlvr.analysis.attributes import mentioned_attributes
from trl_rlvr.analysis.conventions import MODULE
from trl_rlvr.analysis.parsing import bound_name
from trl_rlvr.analysis.standard_values import standard_origins
from trl_rlvr.analysis.star_imports import star_imports
from trl_rlvr.sandbox.protocol.tests import CompiledTest, CompiledTests, TogetherTests
from trl_rlvr.sandbox.rewrite.comparisons import protect_comparisons
from trl_rlvr.sandbox.rewrite.expected_side import Reach
from trl_rlvr.sandbox.rewrite.guarded import guarded
from trl_rlvr.sandbox.runner.plan import compile_tree, plan_of

_MAX_DEPTH = 200
"""Levels of a test's syntax; rewriting takes about four frames for each."""
_SHOWN_CHARS = 150
_PARTS = ("numpy.testing", "pandas.testing", "unittest.mock")
"""Modules that tests reach through the package that they import, as is seen by their last name."""
_REMEMBERED_BYTES = 1 << 16
"""Longer tests are compiled for each program anew, so that a worker's memory stays small."""


def compiled_tests(work: bytes, *, together: bool = False) -> bytes:
    """Return what is to be loaded where the tests run: the fields of `CompiledTests` or of `TogetherTests`.

    Args:
        work: entry points, setup code and tests, as `suite` packs them.
        together: whether they run together with the solution.
    """
    return (_remembered if len(work) <= _REMEMBERED_BYTES else _compiled)(work, together)


def _compiled(work: bytes, together: bool) -> bytes:
    with warnings.catch_warnings(action="ignore"):  # nobody reads what a worker says of a test's `is 1` or `'\\d'`
        return marshal.dumps(tuple((_together if together else _apart)(*marshal.loads(work))))


_remembered = lru_cache(maxsize=256)(_compiled)


def _apart(names: tuple[str, ...], setup_code: str, tests: tuple[str, ...]) -> CompiledTests:
    trees, faults = zip(*map(_parsed, (setup_code, *tests)), strict=True)
    reach, setup = Reach(trees, names), trees[0]

    def rewritten(tree: ast.Module) -> ast.Module:
        return protect_comparisons(tree, reach, frozenset(names))

    shown = [_shown(source, tree) for source, tree in zip(tests, trees[1:], strict=True)]
    stars = any(star_imports(setup.body))
    return CompiledTests(
        names=names,
        not_hidden=frozenset(names).difference(map(bound_name, ast.walk(setup))) if stars else frozenset(),
        origins=standard_origins(trees, names),
        attributes=mentioned_attributes(trees),
        uses_pytest=any("pytest" in source for source in (setup_code, *tests)),
        captures=any(word in source for source in (setup_code, *tests) for word in ("stdout", "capsys")),
        **_all_compiled(trees, faults, shown, rewritten),
    )


def _together(names: tuple[str, ...], setup_code: str, tests: tuple[str, ...]) -> TogetherTests:
    trees, faults = zip(*map(_parsed, (setup_code, *tests)), strict=True)
    nodes = [node for tree in trees for node in ast.walk(tree)]
    wanted = [name for name in _imported_modules(nodes) if name.partition(".")[0] != MODULE]
    mentioned = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    parts = [name.split(".") for name in _PARTS]
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return TogetherTests(
        modules=[*wanted, *(f"{a}.{b}" for a, b in parts if a in wanted and b in mentioned)],
        origins=standard_origins(trees, names),
        read=frozenset(read.difference(map(bound_name, nodes))),
        **_all_compiled(trees, faults, tests, guarded),
    )


def _parsed(source: str) -> tuple[ast.Module, str]:
    """Return the tree of a source; an empty one, and why, where it cannot be used."""
    try:
        tree = ast.parse(source)
    except Exception as error:
        return ast.parse(""), f"does not parse: {type(error).__name__}"
    if _is_too_deep(tree):
        return ast.parse(""), f"is nested more than {_MAX_DEPTH} levels deep"
    return tree, ""


def _all_compiled(
    trees: Sequence[ast.Module],
    faults: Sequence[str],
    shown: Sequence[str],
    rewrite: Callable[[ast.Module], ast.Module],
) -> dict[str, Any]:
    """Return what runs: `setup`, and as `tests` the fields of each `CompiledTest`; the trees are changed.

    Args:
        trees: of the setup code and of each test.
        faults: why each cannot run, as far as that is known.
        shown: source of each test, as its failures tell it.
        rewrite: what is done to each tree.
    """
    setup, of_setup = _code(trees[0], rewrite, faults[0])
    tests = []
    for tree, fault, source in zip(trees[1:], faults[1:], shown, strict=True):
        plan = astuple(plan_of(tree))
        code, fault = _code(tree, rewrite, fault)
        why = f"the setup code {of_setup}" if of_setup else f"the test {fault}" if fault else ""
        tests.append(tuple(CompiledTest(source, None if why else code, plan, why)))
    return {"setup": setup if trees[0].body else None, "tests": tests}


def _code(tree: ast.Module, rewrite: Callable[[ast.Module], ast.Module], fault: str) -> tuple[CodeType | None, str]:
    if fault:
        return None, fault
    try:
        return compile_tree(rewrite(tree)), ""
    except Exception as error:
        return None, f"does not compile: {type(error).__name__}"


def _shown(source: str, tree: ast.Module) -> str:
    """Return the beginning of a source, from its first statement on."""
    first = tree.body[0].lineno if tree.body else 1
    return "\n".join(source.split("\n")[first - 1 :])[:_SHOWN_CHARS]


def _is_too_deep(tree: ast.AST) -> bool:
    """Say whether a source is nested more than it may be, without recursion."""
    level: list[ast.AST] = [tree]
    for _ in range(_MAX_DEPTH):
        level = list(_below(level))
        if not level:
            return False
    return True


def _below(nodes: list[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        yield from ast.iter_child_nodes(node)


def _imported_modules(nodes: Iterable[ast.AST]) -> list[str]:
    """Return the names of the modules that tests import."""
    found: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
    return list(dict.fromkeys(found))
