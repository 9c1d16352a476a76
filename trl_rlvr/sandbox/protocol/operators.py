"""Special methods that one side may ask of an object of the other."""

import copy
import math
import operator
from collections.abc import Callable
from typing import Any


def _exception(kind: type[BaseException] | None, args: tuple[Any, ...]) -> BaseException | None:
    """Make the exception that ends a block; `kind` comes from the other side and could be any callable."""
    if kind is None:
        return None
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        raise TypeError("a block ends with an exception or without one")
    return kind(*args)


UNARY: dict[str, Callable[..., Any]] = {
    "__bool__": operator.truth, "__len__": len, "__iter__": iter, "__str__": str, "__repr__": repr, "__int__": int,
    "__float__": float, "__complex__": complex, "__index__": operator.index, "__hash__": hash, "__abs__": abs,
    "__neg__": operator.neg, "__pos__": operator.pos, "__invert__": operator.invert, "__reversed__": reversed,
    "__bytes__": bytes, "__trunc__": math.trunc, "__floor__": math.floor, "__ceil__": math.ceil, "__aiter__": aiter,
    "__anext__": anext, "__aenter__": lambda value: type(value).__aenter__(value),
}  # fmt: skip
"""Methods that see nothing of the test's but the object itself."""
ARGUMENT: dict[str, Callable[..., Any]] = {
    "__getitem__": operator.getitem, "__setitem__": operator.setitem, "__delitem__": operator.delitem,
    "__round__": round, "__format__": format, "__enter__": lambda value: type(value).__enter__(value),
    "__exit__": lambda value, kind, args: type(value).__exit__(value, kind, _exception(kind, args), None),
    "__aexit__": lambda value, kind, args: type(value).__aexit__(value, kind, _exception(kind, args), None),
}  # fmt: skip
"""Methods that take something which no test compares with."""
BINARY: dict[str, Callable[..., Any]] = {
    "__contains__": operator.contains, "__lt__": operator.lt, "__le__": operator.le, "__gt__": operator.gt,
    "__ge__": operator.ge, "__add__": operator.add, "__sub__": operator.sub, "__mul__": operator.mul,
    "__truediv__": operator.truediv, "__floordiv__": operator.floordiv, "__mod__": operator.mod, "__pow__": pow,
    "__matmul__": operator.matmul, "__and__": operator.and_, "__or__": operator.or_, "__xor__": operator.xor,
    "__lshift__": operator.lshift, "__rshift__": operator.rshift, "__divmod__": divmod,
}  # fmt: skip
"""Methods whose other operand may be what a test expects: only for problems that ask for a class."""
IN_PLACE: dict[str, Callable[..., Any]] = {
    "__iadd__": operator.iadd, "__isub__": operator.isub, "__imul__": operator.imul, "__itruediv__": operator.itruediv,
    "__ifloordiv__": operator.ifloordiv, "__imod__": operator.imod, "__ipow__": operator.ipow,
    "__imatmul__": operator.imatmul, "__iand__": operator.iand, "__ior__": operator.ior, "__ixor__": operator.ixor,
    "__ilshift__": operator.ilshift, "__irshift__": operator.irshift,
}  # fmt: skip
"""Augmented assignments: as the binary methods, and what they return takes the object's place."""
OF_ALL: dict[str, Callable[..., Any]] = {
    "__eq__": operator.eq, "__ne__": operator.ne, "__copy__": copy.copy, "__deepcopy__": copy.deepcopy,
}  # fmt: skip
"""Methods that any object may be asked for."""
OPERATORS: dict[str, Callable[..., Any]] = UNARY | ARGUMENT | BINARY | IN_PLACE | OF_ALL
COMPARISONS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
"""Methods that every object has; one that a class does not define itself counts as not there."""
PROTOCOL_METHODS = (
    *OPERATORS,
    "__call__",
    "__next__",
    *(f"__r{name[2:]}" for name in BINARY if name != "__contains__"),
)
FUNCTION_NAMES = frozenset(("__doc__", "__name__", "__qualname__"))
"""Attributes of a test's function that a solution may read: decorators copy them."""
