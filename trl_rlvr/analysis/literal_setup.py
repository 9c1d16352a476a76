"""Reads all tests of a problem as literal checks, where its setup code does not matter to them."""

import ast
from functools import lru_cache

from trl_rlvr.analysis.conventions import MODULE
from trl_rlvr.analysis.literal_checks import Check
from trl_rlvr.analysis.literal_tests import Reader, is_docstring, literal_checks
from trl_rlvr.analysis.literals import Module, NotLiteral, Unreadable
from trl_rlvr.analysis.parsing import alias_name, try_parse

NumberedChecks = tuple[tuple[int, Check], ...]
"""Checks, each with the number of its test."""


@lru_cache(maxsize=4096)
def literal_suite(tests: tuple[str, ...], setup_code: str, names: tuple[str, ...]) -> NumberedChecks | None:
    """Return each check of a problem's tests; None if the tests do more than compare with literals."""
    given = given_names(setup_code, names)
    if given is None:
        return None
    try:
        return tuple((number, one) for number, test in enumerate(tests) for one in literal_checks(test, names, given))
    except NotLiteral:
        return None


def given_names(setup_code: str, names: tuple[str, ...]) -> dict[str, Unreadable] | None:
    """Return what setup code brings: modules, and what is not to be read, by the names that they are bound to.

    None: it does more than to import, to define and to name literals.
    """
    tree = try_parse(setup_code)
    if tree is None:
        return None
    given: dict[str, Unreadable] = {}
    reader = Reader(frozenset(names))
    try:
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not _calls(node):
                reader.require_free(node.name)
                given[node.name] = Unreadable()
            elif _asks_for(node, names):
                continue
            elif isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    reader.require_free(alias_name(alias))
                    given[alias_name(alias)] = _module(node, alias)
            elif isinstance(node, ast.Assign):
                reader.assign(node, {})
                given |= {part.id: Unreadable() for part in ast.walk(node) if isinstance(part, ast.Name)}
            elif not is_docstring(node):
                return None
    except NotLiteral:
        return None
    return {name: one for name, one in given.items() if not isinstance(one, Module)} if "*" in given else given


def _module(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Unreadable:
    """Return what an import binds, as far as it is a whole module or a name of one."""
    if isinstance(node, ast.ImportFrom):
        return Module(f"{node.module}.{alias.name}")
    return Module(alias.name) if alias.asname or "." not in alias.name else Unreadable()


def _asks_for(node: ast.stmt, names: tuple[str, ...]) -> bool:
    """Say whether a statement imports from the solution names that are the candidate's anyway."""
    is_import = isinstance(node, ast.ImportFrom) and node.module == MODULE
    return is_import and all(alias.asname is None and alias.name in names for alias in node.names)  # type: ignore[attr-defined]


def _calls(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Say whether making a function or class calls anything: decorators, defaults, keywords of a class."""
    if isinstance(node, ast.FunctionDef):
        parts: list[ast.expr] = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        return bool(node.decorator_list) or any(isinstance(one, ast.Call) for part in parts for one in ast.walk(part))
    if node.decorator_list or node.keywords or not all(isinstance(base, ast.Name) for base in node.bases):
        return True
    return not all((isinstance(part, ast.FunctionDef) and not _calls(part)) or is_docstring(part) for part in node.body)
