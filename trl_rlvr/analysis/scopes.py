"""Which names of a module are its own, and which it reads from outside of it, by Python's rules of scope."""

import ast
from collections.abc import Iterable, Iterator

from trl_rlvr.analysis.parsing import bound_name

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*_FUNCTIONS, *_COMPREHENSIONS, ast.ClassDef)
_Names = frozenset[str]


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes within a node, without constants and operators, which mention no names."""
    found: list[ast.AST] = []
    for value in vars(node).values():
        kind = type(value)
        if kind is list:
            found += [part for part in value if type(part) is not ast.Constant and isinstance(part, ast.AST)]
        elif kind is not int and kind is not ast.Constant and isinstance(value, ast.AST) and value._fields:
            found.append(value)
    return found


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk all nodes but for those that `children` leaves out, in no set order."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


def global_bindings(tree: ast.Module, nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that a module binds in its own scope, also by `global` within a function.

    Args:
        tree: of the module.
        nodes: all of its nodes.
    """
    names = _bound_in(tree.body)
    for node in nodes:
        if type(node) is ast.Global:
            names |= set(node.names)
    return names - {"*"}


def global_reads(tree: ast.Module) -> Iterator[ast.Name]:
    """Yield each name that is read where no function, class or comprehension binds it, in no set order."""
    nothing: _Names = frozenset()
    stack: list[tuple[ast.AST, _Names, _Names]] = [(node, nothing, nothing) for node in tree.body]
    while stack:
        node, visible, nested = stack.pop()
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id not in visible:
                yield node
        elif isinstance(node, _SCOPES):
            stack += _parts(node, visible, nested)
        else:
            stack += [(part, visible, nested) for part in children(node)]


def _parts(node: ast.AST, visible: _Names, nested: _Names) -> Iterator[tuple[ast.AST, _Names, _Names]]:
    """Yield what a node with a scope of its own consists of, with the names bound there, and those functions see."""
    if isinstance(node, _FUNCTIONS):
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
        given = node.args
        arguments = {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)}
        arguments |= {one.arg for one in (given.vararg, given.kwarg) if one is not None}
        bound, declared = _bindings(body)
        inner = nested - declared | arguments | bound
        yield from ((part, inner, inner) for part in body)
        within = set(map(id, body))
        outside = [part for part in children(node) if id(part) not in within]
        yield from ((part, visible, nested) for part in outside)
    elif isinstance(node, ast.ClassDef):
        inner = visible | _bound_in(node.body)
        yield from ((part, inner, nested) for part in node.body)
        yield from ((part, visible, nested) for part in (*node.bases, *node.keywords, *node.decorator_list))
    else:
        assert isinstance(node, _COMPREHENSIONS)
        targets = [part.target for part in node.generators]
        bound = {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        yield node.generators[0].iter, visible, nested
        inner, deeper = visible | bound, nested | bound
        rest = [part for part in children(node) if part is not node.generators[0]]
        rest += [*node.generators[0].ifs]
        yield from ((part, inner, deeper) for part in rest)


def _bound_in(body: Iterable[ast.AST]) -> set[str]:
    """Return the names that statements bind in their own scope."""
    return _bindings(body)[0]


def _bindings(body: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """Return the names that statements bind in their own scope, and those that they declare to be the module's."""
    names: set[str] = set()
    elsewhere: set[str] = set()
    of_module: set[str] = set()
    for node in _own_nodes(body):
        if isinstance(node, ast.Global):
            of_module.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            elsewhere.update(node.names)
        elif (name := bound_name(node)) is not None:
            names.add(name)
    return names - elsewhere - of_module, of_module


def _own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Walk statements without what has a scope of its own, but for `:=` in comprehensions, which binds out of them."""
    stack: list[tuple[ast.AST, bool]] = [(node, False) for node in body]
    while stack:
        node, in_comprehension = stack.pop()
        if in_comprehension and not isinstance(node, ast.NamedExpr | ast.expr | ast.comprehension):
            continue
        if not in_comprehension or isinstance(node, ast.NamedExpr):
            yield node.target if in_comprehension and isinstance(node, ast.NamedExpr) else node
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        inside = in_comprehension or isinstance(node, _COMPREHENSIONS)
        stack += [(part, inside) for part in children(node)]
