"""Small mistakes put into a reference solution, one at a time: what good tests tell from it.

Some mutants are no mistakes: `<` may do the same as `<=` where equal values change nothing. Nobody can tell in general;
`trl_rlvr.hardening.strength` estimates it.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from trl_rlvr.analysis.parsing import try_parse

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_COMPUTED: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.FloorDiv),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mod),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitOr,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
}
_PAIRS = (
    *(("min", "max"), ("any", "all"), ("ceil", "floor"), ("upper", "lower"), ("isupper", "islower")),
    *(("startswith", "endswith"), ("lstrip", "rstrip"), ("find", "rfind"), ("append", "extend")),
)
_SWAPPED = dict([*_PAIRS, *((right, left) for left, right in _PAIRS)])
_TRANSPARENT = {"abs", "int", "list", "reversed", "round", "set", "sorted"}
"""Functions whose first argument may stand for their result."""
_KEPT_STATEMENTS = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Return, ast.Pass),
    *(ast.Global, ast.Nonlocal, ast.Break),  # without its `break`, a loop may only end at its time limit
)
_UNTOUCHED_FIELDS = {"annotation", "returns", "decorator_list", "type_params", "names", "ctx"}

_Change = tuple[str, ast.AST]
"""What is changed, in words, and the node that takes the place of the old one."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """The reference with one change."""

    code: str
    what: str
    """The change, such as `line 3: a < b becomes a <= b`."""


def make_mutants(source: str, count: int, seed: str = "") -> list[Mutant]:
    """Make mutants of a program.

    Args:
        source: the program; what does not parse has no mutants.
        count: how many to make at most, drawn from all that there are.
        seed: of the draw.

    Returns:
        Mutants with distinct code, in source order.
    """
    tree = try_parse(source)
    if tree is None:
        return []
    distinct = {ast.unparse(tree): Mutant("", "")}
    for mutant in _all_mutants(tree):
        distinct.setdefault(mutant.code, mutant)
    mutants = [mutant for mutant in distinct.values() if mutant.code]
    drawn = sorted(Random(seed).sample(range(len(mutants)), min(count, len(mutants))))
    return [mutants[at] for at in drawn]


def _all_mutants(tree: ast.Module) -> Iterator[Mutant]:
    for node, field, put in list(_places(tree)):
        for what, changed in _changes(node, field):
            put(changed)
            code = ast.unparse(tree)
            put(node)
            line = getattr(node, "lineno", 0)
            yield Mutant(code, f"line {line}: {what}")


def _places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, Callable[[ast.AST], None]]]:
    """Yield each node that may be changed, the field it stands in, and how to put another in its place."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if field in _UNTOUCHED_FIELDS or isinstance(parent, ast.JoinedStr | ast.FormattedValue):
                continue
            if isinstance(value, list):
                for at, node in enumerate(value):
                    if isinstance(node, ast.AST) and not (field == "body" and _is_docstring(node)):
                        yield node, field, _item_setter(value, at)
            elif isinstance(value, ast.AST) and not _is_docstring(parent):
                yield value, field, _field_setter(parent, field)


def _item_setter(items: list[Any], at: int) -> Callable[[ast.AST], None]:
    return lambda node: items.__setitem__(at, node)


def _field_setter(parent: ast.AST, field: str) -> Callable[[ast.AST], None]:
    return lambda node: setattr(parent, field, node)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.AST, field: str) -> Iterator[_Change]:
    """Yield what may be put in the place of a node."""
    if isinstance(node, ast.stmt):
        if not isinstance(node, _KEPT_STATEMENTS):
            yield f"{_shown(node)} is left out", ast.Pass()
        if isinstance(node, ast.AugAssign):
            for operator in _COMPUTED.get(type(node.op), ()):
                yield _becomes(node, ast.AugAssign(node.target, operator(), node.value))
        return
    if isinstance(node, ast.Slice):
        yield from _slice_changes(node)
        return
    if not isinstance(node, ast.expr) or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
        return
    for changed in _expression_changes(node):
        yield _becomes(node, changed)
    if field in ("test", "ifs") and not _has_opposite(node):
        yield _becomes(node, ast.UnaryOp(ast.Not(), node))
    if field == "ifs":
        yield _becomes(node, ast.Constant(True))


def _has_opposite(node: ast.expr) -> bool:
    """Tell whether one of the other changes negates the expression already."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    return isinstance(node, ast.Compare) and len(node.ops) == 1


def _expression_changes(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for comparison in _COMPARED.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [comparison()], node.comparators)
    elif isinstance(node, ast.BinOp):
        for operator in _COMPUTED.get(type(node.op), ()):
            yield ast.BinOp(node.left, operator(), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Constant):
        yield from _constant_changes(node.value)
    elif isinstance(node, ast.Call):
        yield from _call_changes(node)


def _constant_changes(value: object) -> Iterator[ast.expr]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, str) and value:
        yield ast.Constant("")


def _call_changes(node: ast.Call) -> Iterator[ast.expr]:
    if isinstance(node.func, ast.Attribute) and node.func.attr in _SWAPPED:
        function = ast.Attribute(node.func.value, _SWAPPED[node.func.attr], ast.Load())
        yield ast.Call(function, node.args, node.keywords)
    if not isinstance(node.func, ast.Name):
        return
    name, args = node.func.id, node.args
    if name in _SWAPPED:
        yield ast.Call(ast.Name(_SWAPPED[name], ast.Load()), args, node.keywords)
    if name in _TRANSPARENT and args and not isinstance(args[0], ast.Starred):
        yield args[0]
    if name == "range" and 1 <= len(args) <= 2 and not isinstance(args[-1], ast.Starred):
        for operator in (ast.Sub(), ast.Add()):
            yield ast.Call(node.func, [*args[:-1], ast.BinOp(args[-1], operator, ast.Constant(1))], [])
    for keyword in node.keywords:
        if keyword.arg in ("default", "key"):
            yield ast.Call(node.func, args, [other for other in node.keywords if other is not keyword])


def _slice_changes(node: ast.Slice) -> Iterator[_Change]:
    for field in ("lower", "upper", "step"):
        if getattr(node, field) is not None:
            bounds = [None if name == field else getattr(node, name) for name in ("lower", "upper", "step")]
            yield _becomes(node, ast.Slice(*bounds))


def _becomes(node: ast.AST, changed: ast.AST) -> _Change:
    return f"{_shown(node)} becomes {_shown(changed)}", changed


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
