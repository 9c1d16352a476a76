"""Which names of a module are its own, and which it reads from outside of it, by Python's rules of scope."""

import ast
from collections.abc import Iterable, Iterator

from trl_rlvr.analysis.parsing import bound_name

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_Names = frozenset[str]


def children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes within a node, without constants and operators, which mention no names."""
    for name in node._fields:
        value = getattr(node, name, None)
        if type(value) is list:
            yield from (part for part in value if type(part) is not ast.Constant and isinstance(part, ast.AST))
        elif type(value) is not ast.Constant and isinstance(value, ast.AST) and value._fields:
            yield value


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk all nodes but for those that `children` leaves out, in no set order."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


def global_bindings(tree: ast.Module) -> set[str]:
    """Return the names that a module binds in its own scope, also by `global` within a function."""
    names = _bound_in(tree.body)
    for node in walk(tree):
        if isinstance(node, ast.Global):
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
        else:
            stack += _parts(node, visible, nested)


def _parts(node: ast.AST, visible: _Names, nested: _Names) -> Iterator[tuple[ast.AST, _Names, _Names]]:
    """Yield what a node consists of, with the names that are bound there, and those that functions in it see."""
    if isinstance(node, _FUNCTIONS):
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
        arguments = {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
        inner = nested - _declared_global(body) | frozenset(arguments | _bound_in(body))
        yield from ((part, inner, inner) for part in body)
        outside = [part for part in children(node) if not any(part is one for one in body)]
        yield from ((part, visible, nested) for part in outside)
    elif isinstance(node, ast.ClassDef):
        inner = visible | _bound_in(node.body)
        yield from ((part, inner, nested) for part in node.body)
        yield from ((part, visible, nested) for part in (*node.bases, *node.keywords, *node.decorator_list))
    elif isinstance(node, _COMPREHENSIONS):
        targets = [part.target for part in node.generators]
        bound = {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        yield node.generators[0].iter, visible, nested
        inner, deeper = visible | bound, nested | bound
        rest = [part for part in children(node) if part is not node.generators[0]]
        rest += [*node.generators[0].ifs]
        yield from ((part, inner, deeper) for part in rest)
    else:
        yield from ((part, visible, nested) for part in children(node))


def _declared_global(body: Iterable[ast.AST]) -> _Names:
    return frozenset(name for node in _own_nodes(body) if isinstance(node, ast.Global) for name in node.names)


def _bound_in(body: Iterable[ast.AST]) -> set[str]:
    """Return the names that statements bind in their own scope."""
    names: set[str] = set()
    declared: set[str] = set()
    for node in _own_nodes(body):
        if isinstance(node, ast.Global | ast.Nonlocal):
            declared.update(node.names)
        elif (name := bound_name(node)) is not None:
            names.add(name)
    return names - declared


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
