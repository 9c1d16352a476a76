"""The vocabulary that encoder and decoder share: one byte a kind of value, and the caps on what may cross."""

import builtins
import collections
import datetime
import decimal
import fractions
import math
import operator
import struct

NONE, TRUE, FALSE, INT, BIG_INT, FLOAT, COMPLEX, STR, BYTES = range(9)
LIST, TUPLE, SET, FROZENSET, DICT, REF, RANGE, BYTEARRAY = range(16, 24)
DEQUE, COUNTER, ORDERED_DICT, DEFAULT_DICT, NAMED_TUPLE = range(32, 37)
DECIMAL, FRACTION, DATE, TIME, DATETIME, TIMEDELTA, TIMEZONE, PATH, NDARRAY = range(48, 57)
CONSTANT, HANDLE, OPAQUE = range(64, 67)

MAX_DEPTH = 150
"""Containers inside containers; four frames a level must stay below the interpreter's recursion limit."""
MAX_INT_BYTES = 1 << 16
MAX_RATIONAL_BITS = 1 << 13
MAX_DECIMAL_CHARS = 4096
MAX_DECIMAL_EXPONENT = 10_000
MAX_RANGE = 10**8
MAX_COUNT = 10**7
"""Largest count, and largest sum of counts, of one Counter."""
MAX_COLLISIONS = 64
"""Distinct keys with one hash value in one program's answers."""
MAX_NAME = 100
MAX_FIELDS = 100
"""Fields of a named tuple."""
PREDICATES: frozenset[str] = frozenset(
    name
    for kind in (str, bytes, set, frozenset, int, float)
    for name in dir(kind)
    if name.startswith("is") or name.endswith("with")
)
"""Methods of plain types that answer a question: on an object of the candidate's own they would be its claim."""
CLAIMS = PREDICATES | {
    "count", "difference", "equals", "index", "intersection", "replace", "rfind", "rindex", "symmetric_difference",
}  # fmt: skip
"""These, and methods that a test gives what it expects to find."""

FLOAT_FORMAT = struct.Struct("<d")

MUTABLE: tuple[type, ...] = (
    list, dict, set, bytearray, collections.deque, collections.Counter, collections.OrderedDict,
    collections.defaultdict,
)  # fmt: skip
"""Containers whose contents travel back after a call."""


SCALARS = frozenset((bool, int, float, complex, str, bytes, type(None)))
"""Types whose values hold no others and compare by value."""


class RefusedValue(BaseException):
    """A value that may not cross: too big, too deep, malformed.

    No `Exception`: a test that catches those must not take this for the error it hopes for.
    """


SOLUTION = "solution"
"""Module of the named tuples that stand for those of a solution."""

FORGOTTEN = object()
"""In the place of a container that is no longer shared."""


class Opaque:
    """Stands for something that is no plain data; equals nothing, itself included."""

    __slots__ = ("type_name",)

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]  # what equals nothing is no key either


def _constants() -> dict[str, object]:
    """Name every object that crosses by name: builtin types and functions, and a few of the standard library."""
    found: dict[str, object] = {"...": Ellipsis, "NotImplemented": NotImplemented}
    refused = {"open", "eval", "exec", "compile", "input", "breakpoint", "help", "exit", "quit", "copyright", "credits"}
    refused |= {
        "license",
        "next",
        "print",
        "globals",
        "locals",
        "vars",
        "__import__",
        "__build_class__",
        "delattr",
        "setattr",
    }
    for name, value in vars(builtins).items():
        if callable(value) and name not in refused and not name.startswith("_"):
            found[name] = value
    for module in (math, operator):
        for name, value in vars(module).items():
            if callable(value) and not name.startswith("_"):
                found[f"{module.__name__}.{name}"] = value
    del found["operator.attrgetter"], found["operator.methodcaller"]  # they reach attributes that a test never names
    kinds: list[type] = [collections.deque, collections.Counter, collections.OrderedDict, collections.defaultdict]
    kinds += [datetime.date, datetime.time, datetime.datetime, datetime.timedelta, datetime.timezone]
    for kind in kinds:
        found[f"{kind.__module__}.{kind.__name__}"] = kind
    found["decimal.Decimal"] = decimal.Decimal
    found["fractions.Fraction"] = fractions.Fraction
    return found


CONSTANTS: dict[str, object] = _constants()
CONSTANT_NAMES: dict[int, str] = {id(value): name for name, value in reversed(CONSTANTS.items())}
"""Names by identity: a function merely called `len` is not `len`."""

_PURE_FUNCTIONS = {
    "...", "NotImplemented", "abs", "all", "any", "bin", "chr", "divmod", "hex", "len", "max", "min", "oct", "ord",
    "pow", "repr", "round", "sorted", "sum",
}  # fmt: skip
_PURE_OPERATORS = {
    "abs", "add", "and_", "concat", "contains", "eq", "floordiv", "ge", "gt", "index", "inv", "invert", "is_", "is_not",
    "le", "lshift", "lt", "matmul", "mod", "mul", "ne", "neg", "not_", "or_", "pos", "pow", "rshift", "sub", "truediv",
    "truth", "xor",
}  # fmt: skip
_IMPURE_KINDS = {"type", "super", "property", "classmethod", "staticmethod", "memoryview"}


def _is_pure(name: str, value: object) -> bool:
    if name.startswith("operator."):
        return name.removeprefix("operator.") in _PURE_OPERATORS
    if isinstance(value, type):
        return name not in _IMPURE_KINDS
    return name.startswith("math.") or name in _PURE_FUNCTIONS


PURE_CONSTANTS: dict[str, object] = {name: value for name, value in CONSTANTS.items() if _is_pure(name, value)}
"""Those that a solution may name.

What it names becomes the harness's own, which a test's function may then call with whatever the solution asks for. So
none of them reaches an attribute, makes a class, calls by a name or changes what it is given; the rest crosses as any
function of the solution does, and runs there.
"""
PURE_NAMES: dict[int, str] = {ident: name for ident, name in CONSTANT_NAMES.items() if name in PURE_CONSTANTS}
