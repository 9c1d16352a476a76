"""Tests that import the solution from a module of the task's own name, as exercism's do: `from shapes import area`.

The name becomes `solution`, which is what the tests' side knows.
"""

import ast
import re
import sys
from collections.abc import Iterable

from trl_rlvr.analysis.conventions import MODULE
from trl_rlvr.analysis.parsing import shared_tree, top_level_bindings
from trl_rlvr.analysis.standard_names import STANDARD_MODULES, TEST_SIDE_NAMES

_OTHERS = sys.stdlib_module_names | STANDARD_MODULES | TEST_SIDE_NAMES | {MODULE, "scipy", "hypothesis", "attr"}

_IMPORT = re.compile(r"(?:\bfrom[\s\\]+([\w.]+)[\s\\]+)?\bimport\b([^\n;#]*)")
_RENAMED = re.compile(r"\bas\s+\w+")


def module_asked(source: str, reference: str | None, entry_point: str | None) -> str | None:
    """Find the module that tests take the solution from; None if it is `solution`, or there is none.

    It is one that no library is known by, and of which the tests import names that the reference defines, or the entry
    point, or something by no name at all.
    """
    if not _imports_others(source):
        return None
    tree = shared_tree(source)
    reference_tree = None if reference is None else shared_tree(reference)
    known = {name for name, _ in top_level_bindings(reference_tree)} if reference_tree is not None else set()
    known |= {entry_point} if entry_point else set()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.ImportFrom) and node.module and not node.level and node.module not in _OTHERS:
            names = {alias.name for alias in node.names}
            if "." not in node.module and names <= known | {"*"}:
                return node.module
        if isinstance(node, ast.Import):
            for alias in node.names:
                asked = alias.asname or alias.name
                if alias.name not in _OTHERS and "." not in asked and _reads(tree, asked) & known:
                    return alias.name
    return None


def _imports_others(source: str) -> bool:
    """Say whether source may import a module of another name; a quick look, which does not parse."""
    for module, names in _IMPORT.findall(source):
        asked = [module] if module else [name.strip() for name in _RENAMED.sub("", names).split(",")]
        if any(name not in _OTHERS and "." not in name for name in asked):
            return True
    return False


def _reads(tree: ast.AST | None, module: str) -> set[str]:
    return {
        node.attr
        for node in ast.walk(tree or ast.Module([], []))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module
    }


def with_solution_module(source: str, module: str) -> str:
    """Let a test import from `solution` in the place of a module of another name."""
    name = re.escape(module)
    source = re.sub(rf"^(\s*from\s+){name}(\s+import\b)", rf"\1{MODULE}\2", source, flags=re.MULTILINE)
    source = re.sub(rf"^(\s*import\s+){name}(\s+as\b)", rf"\1{MODULE}\2", source, flags=re.MULTILINE)
    return re.sub(rf"^(\s*import\s+){name}(?=\s*(?:#.*)?$)", rf"\1{MODULE} as {module}", source, flags=re.MULTILINE)


def all_with_solution_module(
    sources: Iterable[str], reference: str | None, entry_point: str | None, module: str | None = None
) -> tuple[str, ...]:
    """Let tests import from `solution`, whatever they call the module; `module` where the row says its name."""
    sources = tuple(sources)
    asked = module or next(filter(None, (module_asked(source, reference, entry_point) for source in sources)), None)
    return sources if asked is None else tuple(with_solution_module(source, asked) for source in sources)
