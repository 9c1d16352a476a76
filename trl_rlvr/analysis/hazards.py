"""Static analysis of tests: what they do with the candidate's values, read from their source.

It reads, it does not run: a name carries the candidate's value if it may, wherever it stands. A test can hide what it
does from this; tests are trusted, and the harness is confined.
"""

import ast
from collections.abc import Iterator

from trl_rlvr.analysis.solution_imports import names_from_solution

_DANGEROUS_ROOTS = frozenset((
    "bz2", "codeop", "ctypes", "dill", "gzip", "importlib", "joblib", "lzma", "marshal", "os", "pickle", "runpy",
    "shelve", "shutil", "subprocess", "tarfile", "yaml", "zipfile", "zlib",
))  # fmt: skip
_DANGEROUS_BUILTINS = frozenset(["__import__", "compile", "eval", "exec", "input", "open"])
_PATTERN_FUNCTIONS = frozenset(
    f"{module}.{name}"
    for module in ("re", "regex", "fnmatch")
    for name in ["compile", "findall", "finditer", "fnmatch", "fullmatch", "match", "search", "split", "sub", "subn"]
)


def imported_names(trees: list[ast.Module]) -> dict[str, str]:
    """Local name -> dotted name it was imported as."""
    names: dict[str, str] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.asname: alias.name for alias in node.names if alias.asname}
            elif isinstance(node, ast.ImportFrom):
                names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def dotted_name(node: ast.expr, aliases: dict[str, str]) -> str:
    """Dotted name of an expression such as `re.match`; empty for anything else."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        owner = dotted_name(node.value, aliases)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def _targets(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield pairs of what is bound and the expression it is bound to."""
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
        yield node.target, node.value
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, node.iter
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, node.context_expr


class Taint:
    """Names that may carry the candidate's value in one test.

    Args:
        trees: the setup code and the test.
        entry_points: the candidate's names.
        by_attribute: take `self.stack = Stack()` for the attribute's affair, in any object, and not for that of `self`.
    """

    def __init__(self, trees: list[ast.Module], entry_points: tuple[str, ...], *, by_attribute: bool = False) -> None:
        nodes = [node for tree in trees for node in ast.walk(tree)]
        self._names = names_from_solution(nodes).union(entry_points)
        self._attributes: set[str] = set()
        functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        size = -1
        while size != len(self._names) + len(self._attributes):  # until nothing more is reached
            size = len(self._names) + len(self._attributes)
            for node in nodes:
                for target, value in _targets(node):
                    if self.reaches(value):
                        self._add(target, by_attribute)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and self._reaches_arguments(node):
                    self._taint_function(functions.get(node.func.id))
            for function in functions.values():
                returns = [node for node in ast.walk(function) if isinstance(node, ast.Return) and node.value]
                if any(self.reaches(node.value) for node in returns if node.value):
                    self._names.add(function.name)

    def _add(self, target: ast.expr, by_attribute: bool) -> None:
        if by_attribute and isinstance(target, ast.Attribute):
            self._attributes.add(target.attr)
        else:
            self._names |= {name.id for name in ast.walk(target) if isinstance(name, ast.Name)}

    def has_attribute(self, name: str) -> bool:
        """Tell whether the candidate's value may be in an attribute of this name."""
        return name in self._attributes

    def _taint_function(self, function: ast.FunctionDef | ast.AsyncFunctionDef | None) -> None:
        if function is not None:
            self._names |= {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}

    def _reaches_arguments(self, call: ast.Call) -> bool:
        return any(self.reaches(value) for value in (*call.args, *(keyword.value for keyword in call.keywords)))

    def reaches(self, node: ast.expr) -> bool:
        """Tell whether the candidate's value may be in this expression."""
        return any(
            (isinstance(sub, ast.Name) and sub.id in self._names)
            or (isinstance(sub, ast.Attribute) and sub.attr in self._attributes)
            for sub in ast.walk(node)
        )

    def danger(self, call: ast.Call, name: str) -> bool:
        """Tell whether a call of the function `name` executes, loads, opens or expands the candidate's value."""
        if name in _PATTERN_FUNCTIONS:  # only the pattern is dangerous, by place or by name
            patterns = [*call.args[:1], *(k.value for k in call.keywords if k.arg in ("pattern", "pat"))]
            return any(self.reaches(pattern) for pattern in patterns)
        is_dangerous = name in _DANGEROUS_BUILTINS or ("." in name and name.partition(".")[0] in _DANGEROUS_ROOTS)
        return is_dangerous and self._reaches_arguments(call)


def dangers(tree: ast.Module, taint: Taint, aliases: dict[str, str]) -> Iterator[str]:
    """Yield the functions by which a source executes, loads, opens or expands the candidate's value.

    Args:
        tree: the setup code or a test.
        taint: what may carry the candidate's value.
        aliases: local name to the dotted name that it was imported as.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = dotted_name(node.func, aliases).removeprefix("builtins.")
            if taint.danger(node, name):
                yield name
