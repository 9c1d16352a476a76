"""Proxies, in a solution, for the functions, iterators and objects that a test handed over: they ask the harness."""

from typing import Any, Protocol

from trl_rlvr.sandbox.protocol.exceptions import known_class, known_name
from trl_rlvr.sandbox.protocol.operators import FUNCTION_NAMES, OPERATORS
from trl_rlvr.sandbox.protocol.requests import Request


class Asks(Protocol):
    """A connection as its proxies see it."""

    def ask(self, request: bytes, *values: Any) -> Any:
        """Ask the harness to do something with an object of its own."""


class Proxy:
    """Base of the proxies."""

    def __init__(self, connection: Asks, number: int) -> None:
        object.__setattr__(self, "_connection", connection)
        object.__setattr__(self, "_number", number)

    def _ask(self, request: bytes, *values: Any) -> Any:
        return object.__getattribute__(self, "_connection").ask(request, *values)


class _Function(Proxy):
    __doc__ = property(lambda self: self._ask(Request.GET, self, "__doc__"))

    def __getattr__(self, name: str) -> Any:
        if name in FUNCTION_NAMES:
            return self._ask(Request.GET, self, name)
        raise AttributeError(name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(Request.CALL, self, args, kwargs)


class _Iterator(Proxy):
    def __iter__(self) -> "_Iterator":
        return self

    def __next__(self) -> Any:
        return self._ask(Request.NEXT, self)


class _Object(_Function):
    def __getattr__(self, name: str) -> Any:
        return self._ask(Request.GET, self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask(Request.SET, self, name, value)

    def __copy__(self) -> Any:
        return self._ask(Request.OPERATE, "__copy__", (self,))

    def __deepcopy__(self, memo: object) -> Any:
        return self._ask(Request.OPERATE, "__deepcopy__", (self,))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> Any:
        known = known_class(known_name(kind)) if kind else None
        return self._ask(Request.OPERATE, "__exit__", (self, known, getattr(error, "args", ())))


def _operation(name: str) -> Any:
    return lambda self, *operands: self._ask(Request.OPERATE, name, (self, *operands))


_NOT_FORWARDED = frozenset((
    "__aenter__", "__aexit__", "__anext__", "__copy__", "__deepcopy__", "__exit__", "__format__", "__hash__",
))  # fmt: skip
for _name in OPERATORS:
    if _name not in _NOT_FORWARDED:
        setattr(_Object, _name, _operation(_name))
_Object.__hash__ = object.__hash__  # type: ignore[method-assign]  # by identity: one object has one handle

KINDS = {"function": _Function, "iterator": _Iterator, "object": _Object}
