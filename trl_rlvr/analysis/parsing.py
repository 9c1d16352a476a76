"""Parse Python source that nobody has vetted: the answer is a tree or a SyntaxError, and nothing is printed.

What parses need not compile: `return 1` at top level does not, and only the sandbox says so.
"""

import ast
import builtins
import re
import symtable
import threading
import warnings
from collections.abc import Iterator
from functools import lru_cache

MAX_SOURCE_CHARS = 262_144
"""Longer source is refused unread: a parser needs about 3 microseconds and 500 bytes a character."""
MAX_TEST_CHARS = 1 << 20
"""The same for tests, which no model wrote."""

_MAX_FIELD_COST = 2_000_000_000
"""Most opening braces times characters of source with f-strings: CPython's parser takes time in proportion to both."""
_LONG_DOTTED_NAME = re.compile(r"(?:\.(?:\\\n|[ \t\f])*+\w++(?:\\\n|[ \t\f])*+){200}")
"""CPython's parser takes memory by the square of an imported name's length: 17 GB for 130,000 dots."""
_F_STRING = re.compile(r"\b(?:f|fr|rf)['\"]", re.IGNORECASE)

_PARSER = threading.RLock()
"""Held while a tree is made: Python 3.11 and 3.12 count its depth in a place that all threads share."""

_FILE_NAME = "<unvetted source>"
_MODULE_PATTERN = re.escape(_FILE_NAME) + r"\Z"
_MODULE = re.compile(_MODULE_PATTERN)
_NESTED_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _silence_parser() -> None:
    """Ignore warnings about this file name, for good and for this name only.

    `warnings.catch_warnings` would swap the filters of every thread, and rewards run in threads; and under
    `-W error` an invalid escape would turn into a SyntaxError that the same program has nowhere else.
    """
    first = warnings.filters[0] if warnings.filters else None
    if first is None or first[3] != _MODULE:
        warnings.filterwarnings("ignore", module=_MODULE_PATTERN)


def plain_newlines(text: str) -> str:
    """Turn every line end into the one that Python's own tokenizer makes of it."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def parse_source(source: str, max_chars: int = MAX_SOURCE_CHARS) -> ast.Module:
    """Parse `source`.

    Raises:
        SyntaxError: it does not parse, for whatever reason: also NUL, lone surrogates, and source that is too long or
            too deeply nested for the parser, or of the forms that cost it minutes or gigabytes.
    """
    if len(source) > max_chars:
        raise SyntaxError(f"{len(source)} characters of code, more than {max_chars}")
    if _LONG_DOTTED_NAME.search(source):
        raise SyntaxError("a name with 200 dots or more")
    fields = source.count("{") * len(source)
    if fields > _MAX_FIELD_COST * (max_chars / MAX_SOURCE_CHARS) ** 2 and _F_STRING.search(source):
        raise SyntaxError("too many braces beside f-strings for the parser")
    _silence_parser()
    try:
        return _tree_of(source)
    except UnicodeEncodeError as error:
        raise SyntaxError("code with a lone surrogate") from error
    except ValueError as error:
        raise SyntaxError(str(error)) from error
    except (RecursionError, MemoryError) as error:
        raise SyntaxError("code too deeply nested for the parser") from error


def _tree_of(source: str) -> ast.Module:
    """Parse with CPython, alone among the threads of this package."""
    with _PARSER:
        try:
            return ast.parse(source, _FILE_NAME)
        except SystemError:  # a thread of another package parsed at the same moment and upset the count
            return ast.parse(source, _FILE_NAME)


def try_parse(source: str) -> ast.Module | None:
    """Parse `source`; None where `parse_source` raises."""
    try:
        return parse_source(source)
    except SyntaxError:
        return None


@lru_cache(maxsize=8)
def shared_tree(source: str) -> ast.Module | None:
    """Parse `source`, or return the tree of a moment ago, which nobody may change; None where it does not parse."""
    try:
        return parse_source(source, MAX_TEST_CHARS)
    except SyntaxError:
        return None


def describe_syntax_error(error: SyntaxError) -> str:
    """Put an error of `parse_source` into one printable line of at most 200 characters."""
    place = f"line {error.lineno}: " if error.lineno else ""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in (error.msg or "invalid syntax")[:200])
    return (place + text)[:200]


def alias_name(alias: ast.alias) -> str:
    """Name that an import binds."""
    return (alias.asname or alias.name).partition(".")[0]


def top_level_bindings(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield each name that a module binds in its own scope, with the node that binds it, in no set order.

    Functions, classes, assignments, imports and `except ... as`, also inside `if`, `try`, `with` and loops; not what
    functions, classes and comprehensions bind inside themselves, and not `from m import *`.
    """
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, _DEFINITIONS):
            yield node.name, node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias_name(alias), node) for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node
        elif isinstance(node, ast.AnnAssign) and node.value is None:
            continue  # `x: int` binds nothing
        elif not isinstance(node, _NESTED_SCOPES):
            if isinstance(node, ast.ExceptHandler) and node.name:
                yield node.name, node
            stack.extend(ast.iter_child_nodes(node))


_NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler | ast.MatchAs | ast.MatchStar
"""Nodes whose `name`, if they have one, is bound."""


def bound_name(node: ast.AST) -> str | None:
    """Return the name that a node binds, in whatever scope; None if it binds none."""
    if isinstance(node, ast.Name):
        return None if isinstance(node.ctx, ast.Load) else node.id
    if isinstance(node, ast.alias):
        return alias_name(node)
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.MatchMapping):
        return node.rest
    return node.name if isinstance(node, _NAMED) else None


def called_name(node: ast.AST) -> str:
    """Return the name of what a node calls, be it an attribute; empty if it is no call."""
    function = node.func if isinstance(node, ast.Call) else None
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def unbound_names(source: str) -> set[str]:
    """Return the global names that parsed source reads and does not bind itself, builtins apart.

    Scopes are those of the compiler: a local variable binds nothing for other functions. Empty where the compiler finds
    fault with the scopes.
    """
    _silence_parser()
    try:
        top = symtable.symtable(source, _FILE_NAME, "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    bound = {"__name__", "__file__", "__doc__", "__builtins__", *dir(builtins)}
    read: set[str] = set()
    tables = [top]
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        for symbol in table.get_symbols():
            is_global = table is top or symbol.is_global()
            if is_global and (symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()):
                bound.add(symbol.get_name())
            elif is_global and symbol.is_referenced():
                read.add(symbol.get_name())
    return read - bound
