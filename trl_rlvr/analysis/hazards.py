"""Static analysis of tests: what they do with the candidate's values, read from their source.

It reads, it does not run: a name carries the candidate's value if it may, wherever it stands. A test can hide what it
does from this; tests are trusted, and the harness is confined.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from trl_rlvr.analysis.parsing import try_parse
from trl_rlvr.analysis.solution_imports import names_from_solution


class Concern(Enum):
    """Why a test deserves a second look."""

    BEHAVIOUR = "rests on behaviour:"
    """It asks what a value does or claims to be, not what it is: the candidate can claim anything."""
    DANGER = "hands the candidate's value to"
    """It executes, loads, opens or expands the candidate's value."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that one test does."""

    test: int
    """Index of the test; -1: the setup code."""
    concern: Concern
    what: str
    """The function or operator, such as `eval` or `is`."""

    def __str__(self) -> str:
        place = "the setup code" if self.test < 0 else f"test {self.test}"
        return f"{place} {self.concern.value} {self.what}"


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
_BEHAVIOUR_BUILTINS = frozenset(
    ["callable", "delattr", "dir", "getattr", "hasattr", "hash", "id", "isinstance", "issubclass", "setattr", "vars"]
)
_BEHAVIOUR_ROOTS = frozenset(["gc", "inspect", "weakref"])
_STDOUT = frozenset(["contextlib.redirect_stderr", "contextlib.redirect_stdout", "sys.stderr", "sys.stdout"])
_DATA_TYPES = frozenset((
    "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "range", "set", "str",
    "tuple", "Counter", "Decimal", "Fraction", "OrderedDict", "date", "datetime", "defaultdict", "deque", "time",
    "timedelta",
))  # fmt: skip
_IMPORTED_NAMES = {"redirect_stdout": "contextlib.redirect_stdout", "redirect_stderr": "contextlib.redirect_stderr"}


def imported_names(trees: list[ast.Module]) -> dict[str, str]:
    """Local name -> dotted name it was imported as."""
    names = dict(_IMPORTED_NAMES)
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

    def behaviour(self, call: ast.Call, name: str) -> bool:
        """Tell whether a call of the function `name` asks what the candidate's value claims to be."""
        if not self._reaches_arguments(call):
            return False
        if name == "isinstance" and len(call.args) == 2:
            types = call.args[1].elts if isinstance(call.args[1], ast.Tuple) else [call.args[1]]
            return not all(dotted_name(kind, {}).rpartition(".")[2] in _DATA_TYPES for kind in types)
        return name in _BEHAVIOUR_BUILTINS or ("." in name and name.partition(".")[0] in _BEHAVIOUR_ROOTS)

    def identity(self, compare: ast.Compare) -> bool:
        """Tell whether the candidate's value is compared by `is`, other than with None, True or False."""
        sides = [compare.left, *compare.comparators]
        return any(
            isinstance(operator, ast.Is | ast.IsNot)
            and not isinstance(left, ast.Constant)
            and not isinstance(right, ast.Constant)
            and (self.reaches(left) or self.reaches(right))
            for operator, left, right in zip(compare.ops, sides, sides[1:], strict=False)
        )


def _findings_in(tree: ast.Module, index: int, taint: Taint, aliases: dict[str, str]) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = dotted_name(node.func, aliases).removeprefix("builtins.")
            if taint.danger(node, name):
                yield Finding(index, Concern.DANGER, name)
            elif taint.behaviour(node, name):
                yield Finding(index, Concern.BEHAVIOUR, name)
        elif isinstance(node, ast.Compare) and taint.identity(node):
            yield Finding(index, Concern.BEHAVIOUR, "is")
        if isinstance(node, ast.Attribute | ast.Name) and dotted_name(node, aliases) in _STDOUT:
            yield Finding(index, Concern.BEHAVIOUR, "captured output")


def scrutinize(tests: Sequence[str], setup_code: str, entry_points: tuple[str, ...]) -> list[Finding]:
    """Find what a problem's tests do with the candidate's values beyond comparing data.

    Args:
        tests: source of each test.
        setup_code: what runs before them.
        entry_points: the candidate's names.

    Returns:
        Each finding once, in the order of the tests; none for a test that does not parse.
    """
    setup = try_parse(setup_code) or ast.Module(body=[], type_ignores=[])
    found: list[Finding] = []
    for index, source in enumerate(tests):
        test = try_parse(source)
        if test is not None:
            taint, aliases = Taint([setup, test], entry_points), imported_names([setup, test])
            found += _findings_in(setup, -1, taint, aliases)
            found += _findings_in(test, index, taint, aliases)
    return list(dict.fromkeys(found))
