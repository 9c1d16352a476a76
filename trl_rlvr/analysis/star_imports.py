"""Names that `from m import *` binds in a test: no source mentions them, and they are the module's.

Only modules that are known to do nothing else are imported to see it: those of the standard library that tests use, and
numpy where it is installed.
"""

import ast
import importlib
from collections.abc import Iterable
from functools import lru_cache

_OTHERS = frozenset(("numpy", "numpy.linalg", "numpy.testing", "collections.abc", "os.path", "unittest.mock"))


def star_imports(nodes: Iterable[ast.AST]) -> Iterable[str]:
    """Yield the modules of which a star brings the names, among the nodes of a source."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and any(alias.name == "*" for alias in node.names):
            yield node.module


def starred_names(nodes: Iterable[ast.AST], modules: frozenset[str]) -> set[str]:
    """Return the names that stars bring, of `modules` and of numpy; of any other module nobody knows them."""
    known = modules | _OTHERS
    return {name for module in star_imports(nodes) if module in known for name in _exported(module)}


@lru_cache(maxsize=64)
def _exported(module: str) -> frozenset[str]:
    try:
        found = importlib.import_module(module)
    except ImportError:
        return frozenset()
    return frozenset(getattr(found, "__all__", None) or (name for name in vars(found) if not name.startswith("_")))
