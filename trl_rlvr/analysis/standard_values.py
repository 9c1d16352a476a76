"""What tests use of the standard library without importing it.

A name such as `datetime` is both a module and a class of it: it is what the tests take it for.
"""

import ast
import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trl_rlvr.analysis.standard_names import STANDARD_MODULES, STANDARD_NAMES


def standard_origins(trees: Sequence[ast.Module], entry_points: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Find the names of the library that tests read, but for those that are the candidate's.

    Returns:
        By name, the module and its attribute; an empty attribute: the module itself.
    """
    nodes = [node for tree in trees for node in ast.walk(tree)]
    used = {node.id for node in nodes if isinstance(node, ast.Name)}.difference(entry_points)
    modules = used & STANDARD_MODULES - (STANDARD_NAMES.keys() - _used_as_modules(nodes))
    origins = {name: (STANDARD_NAMES[name], name) for name in used & STANDARD_NAMES.keys() - modules}
    return {name: (name, "") for name in modules} | origins


def values_of(origins: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return what the names stand for, as `standard_origins` found them; without those that are not there."""
    values = {
        name: getattr(_module(module), attribute, None) if attribute else _module(module)
        for name, (module, attribute) in origins.items()
    }
    return {name: value for name, value in values.items() if value is not None}


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:  # where a child cannot read the library, only what is imported already is there
        return None


def _used_as_modules(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names of modules that tests read attributes of which only the module has, or has as something else."""
    return {
        node.value.id
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in STANDARD_NAMES
        if node.value.id in STANDARD_MODULES and hasattr(_module(node.value.id), node.attr)
    }
