"""Compiles a problem's tests, once for all programs that they judge.

A harness lives for one program, so it would read, rewrite and compile the same tests for each.
"""

import ast
import marshal
from collections.abc import Iterator
from dataclasses import astuple
from functools import lru_cache

from trl_rlvr.analysis.attributes import mentioned_attributes
from trl_rlvr.analysis.parsing import bound_name
from trl_rlvr.analysis.standard_values import standard_origins
from trl_rlvr.analysis.star_imports import star_imports
from trl_rlvr.sandbox.protocol.tests import CompiledTest, CompiledTests
from trl_rlvr.sandbox.rewrite.comparisons import protect_comparisons
from trl_rlvr.sandbox.rewrite.expected_side import Reach
from trl_rlvr.sandbox.runner.plan import compile_tree, plan_of

_MAX_DEPTH = 200
"""Levels of a test's syntax; rewriting takes about four frames for each."""
_SHOWN_CHARS = 150
_REMEMBERED_BYTES = 1 << 16
"""Longer tests are compiled for each program anew, so that a worker's memory stays small."""


def compiled_tests(work: bytes) -> bytes:
    """Return what the harness is to load: the fields of `CompiledTests`, or a line that says why there are none.

    Args:
        work: entry points, setup code and tests, as `suite` packs them.
    """
    return (_remembered if len(work) <= _REMEMBERED_BYTES else _compiled)(work)


def _compiled(work: bytes) -> bytes:
    try:
        return marshal.dumps(tuple(_compile(*marshal.loads(work))))
    except Exception as error:
        return marshal.dumps(f"the tests could not be compiled: {type(error).__name__}")


_remembered = lru_cache(maxsize=256)(_compiled)


def _compile(names: tuple[str, ...], setup_code: str, tests: tuple[str, ...]) -> CompiledTests:
    trees = [ast.parse(source) for source in (setup_code, *tests)]
    if _is_too_deep(trees[0]):
        raise RecursionError
    deep = [_is_too_deep(tree) for tree in trees]
    trees = [ast.parse("") if is_deep else tree for tree, is_deep in zip(trees, deep, strict=True)]
    reach, setup = Reach(trees, names), trees[0]
    stars = any(star_imports(setup.body))
    return CompiledTests(
        names=names,
        not_hidden=frozenset(names).difference(map(bound_name, ast.walk(setup))) if stars else frozenset(),
        origins=standard_origins(trees, names),
        attributes=mentioned_attributes(trees),
        uses_pytest=any("pytest" in source for source in (setup_code, *tests)),
        captures=any(word in source for source in (setup_code, *tests) for word in ("stdout", "capsys")),
        tests=[
            tuple(_test(tree, is_deep, reach, frozenset(names)))
            for tree, is_deep in zip(trees[1:], deep[1:], strict=True)
        ],
        setup=compile_tree(protect_comparisons(setup, reach, frozenset(names)), "<setup>") if setup.body else None,
    )


def _test(tree: ast.Module, is_deep: bool, reach: Reach, names: frozenset[str]) -> CompiledTest:
    if is_deep:
        return CompiledTest("", None, (), f"the test is nested more than {_MAX_DEPTH} levels deep")
    shown = _shown(tree)
    plan = plan_of(tree)
    try:
        code = compile_tree(protect_comparisons(tree, reach, names))
    except Exception as error:
        return CompiledTest(shown, None, (), f"the test does not compile: {type(error).__name__}")
    return CompiledTest(shown, code, astuple(plan), "")


def _shown(tree: ast.Module) -> str:
    shown = ""
    for statement in tree.body:
        shown += f"{ast.unparse(statement)}\n"
        if len(shown) > _SHOWN_CHARS:
            break
    return shown.rstrip()[:_SHOWN_CHARS]


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
