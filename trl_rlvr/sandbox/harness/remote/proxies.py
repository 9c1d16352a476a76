"""Proxies, in a test, for objects that stayed with the candidate.

A proxy has only the protocol methods that the object really has, asks for its truth each time, answers only for
attributes that the tests mention, and equals nothing but objects of the candidate's own: no plain value is ever shown
to its `__eq__`.
"""

from functools import lru_cache
from typing import Any

from trl_rlvr.sandbox.codec.tags import CLAIMS, SCALARS, SOLUTION
from trl_rlvr.sandbox.harness.remote.interfaces import Asks
from trl_rlvr.sandbox.protocol.operators import ARGUMENT, BINARY, IN_PLACE, UNARY
from trl_rlvr.sandbox.protocol.requests import Request
from trl_rlvr.verdict import Verdict

_DUNDERS = frozenset((
    "__abstractmethods__", "__annotations__", "__bases__", "__defaults__", "__dict__", "__doc__", "__members__",
    "__mro__", "__name__", "__qualname__", "__slots__", "__wrapped__",
))  # fmt: skip
"""Those attributes with such a name that a test may read of any object."""


class RemoteObject:
    """Base of all proxies; each object's proxy is of a subclass that has just the methods that the object has."""

    __slots__ = ("_connection", "_hash", "exception_base", "remote_bases", "remote_class", "remote_number")

    decides_equality = False
    """Whether the object's class says by itself what it equals."""

    def __init__(self, connection: Asks, number: int) -> None:
        object.__setattr__(self, "_connection", connection)
        object.__setattr__(self, "remote_number", number)
        object.__setattr__(self, "_hash", None)
        introduce(self, None, None, ())

    def __getattr__(self, name: str) -> Any:
        if name in _DUNDERS or (name in self._connection.attributes and not name.startswith("__")):
            value = self._connection.request(Request.GET, self, name)
            if name in CLAIMS and type(value) not in SCALARS and not self._connection.is_own(self):
                raise AttributeError(f"{name!r} of an object that only claims to be a plain one")
            return value
        if name == "__mro_entries__":  # which Python reads where a class is derived from the object
            raise self._refusal("a test cannot derive from a class of the solution")
        raise AttributeError(f"the tests do not mention an attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        self._require_mentioned(name)
        self._connection.request(Request.SET, self, name, value)

    def __delattr__(self, name: str) -> None:
        self._require_mentioned(name)
        self._connection.request(Request.DELETE, self, name)

    def _require_mentioned(self, name: str) -> None:
        if name.startswith("__") or name not in self._connection.attributes:
            raise self._refusal(f"attribute {name!r} cannot be changed from a test")

    def _refusal(self, text: str) -> BaseException:
        """Return what to raise where the harness, not the object, is the reason: no test may hope for that."""
        error: BaseException = self._connection.fail(Verdict.REFUSED_VALUE, text)
        return error

    def __bool__(self) -> bool:
        return bool(self._ask_exactly("__bool__", bool))

    def __eq__(self, other: object) -> Any:
        if isinstance(other, RemoteObject):
            if self._connection.is_reading:
                return other is self  # one object has one stand-in, and keys of one container differ
            return self._connection.request(Request.OPERATE, "__eq__", (self, other))
        self._require_default_equality()
        return NotImplemented

    def __ne__(self, other: object) -> Any:
        if isinstance(other, RemoteObject) and not self._connection.is_reading:
            return self._connection.request(Request.OPERATE, "__ne__", (self, other))
        if isinstance(other, RemoteObject):
            return other is not self
        self._require_default_equality()
        return NotImplemented

    def _require_default_equality(self) -> None:
        """Refuse to compare a plain value with an object whose class may say by itself that it equals it.

        The value may be what a test expects, and who has seen it could answer with it later.
        """
        if self.decides_equality and self._connection.is_own(self) and not self._connection.is_reading:
            raise self._refusal(f"{type(self).__name__} says by itself what it equals, and is compared with plain data")

    def __hash__(self) -> int:
        if not self._connection.is_reading:
            remember_hash(self, self._ask_exactly("__hash__", int))
        if self._hash is None:
            raise TypeError("the object cannot be a key")
        return int(self._hash)

    def __repr__(self) -> str:
        return str(self._ask_exactly("__repr__", str))

    def __str__(self) -> str:
        return str(self._ask_exactly("__str__", str))

    def __instancecheck__(self, instance: Any) -> bool:
        if not isinstance(instance, RemoteObject):
            return (
                isinstance(instance, tuple)
                and type(instance).__module__ == SOLUTION
                and type(instance).__name__ == type(self).__name__
            )
        kind = instance.remote_class
        return kind is not None and (kind is self or any(base is self for base in kind.remote_bases))

    def __subclasscheck__(self, kind: Any) -> bool:
        return isinstance(kind, RemoteObject) and (kind is self or any(base is self for base in kind.remote_bases))

    def __copy__(self) -> Any:
        return self._connection.request(Request.OPERATE, "__copy__", (self,))

    def __deepcopy__(self, memo: Any) -> Any:
        return self._connection.request(Request.OPERATE, "__deepcopy__", (self,))

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise self._refusal("an object of the solution cannot be pickled by a test")

    def _ask_exactly(self, method: str, kind: type) -> Any:
        answer = self._connection.request(Request.OPERATE, method, (self,))
        if type(answer) is not kind:
            raise TypeError(f"{method} answered with {type(answer).__name__}")
        return answer


def introduce(remote: RemoteObject, own: Any, base: Any, mro: tuple[Any, ...]) -> None:
    """Note a remote object's class, or if it is a class its builtin exception base and its own bases.

    No method, as its name could be that of a method of the solution's.
    """
    object.__setattr__(remote, "remote_class", own)
    object.__setattr__(remote, "exception_base", base)
    object.__setattr__(remote, "remote_bases", mro)


def remember_hash(remote: RemoteObject, digest: int) -> None:
    """Note what a remote object hashes to, which cannot be asked in the middle of a message."""
    object.__setattr__(remote, "_hash", digest)


def _forward(name: str) -> Any:
    return lambda self, *operands: self._connection.request(Request.OPERATE, name, (self, *operands))


def _reflected(name: str) -> Any:
    return lambda self, other: self._connection.request(Request.OPERATE, name, (other, self))


def _plainly(name: str, kind: type) -> Any:
    return lambda self: self._ask_exactly(name, kind)


_METHODS: dict[str, Any] = {
    name: _forward(name)
    for name in (*UNARY, *ARGUMENT, *BINARY, *IN_PLACE)
    if name not in ("__bool__", "__hash__", "__str__", "__repr__")
}
_METHODS |= {f"__r{name[2:]}": _reflected(name) for name in BINARY if name != "__contains__"}
_METHODS |= {name: _plainly(name, kind) for name, kind in (("__len__", int), ("__int__", int), ("__float__", float))}
_METHODS["__index__"] = _plainly("__index__", int)
_METHODS["__call__"] = lambda self, *args, **kwargs: self._connection.request(Request.CALL, self, args, kwargs)
_METHODS["__next__"] = lambda self: self._connection.request(Request.NEXT, self)


def _exit(self: RemoteObject, kind: Any, error: Any, trace: object) -> bool:
    """End a block of an object's, which may not swallow what ended it: that could be a check that failed."""
    return _swallows_nothing(self, error, _ask_to_end(self, "__exit__", kind, error))


async def _exit_later(self: RemoteObject, kind: Any, error: Any, trace: object) -> bool:
    return _swallows_nothing(self, error, await _ask_to_end(self, "__aexit__", kind, error))


def _ask_to_end(self: RemoteObject, how: str, kind: Any, error: Any) -> Any:
    if isinstance(error, BaseExceptionGroup):
        kind, error = Exception, Exception(str(error))  # what it holds are the test's, which the candidate cannot raise
    return self._connection.request(Request.OPERATE, how, (self, kind, getattr(error, "args", ())))


def _swallows_nothing(self: RemoteObject, error: Any, answer: Any) -> bool:
    if error is not None and answer:
        raise self._refusal("a block of the solution's swallows an exception")
    return False


_METHODS["__exit__"], _METHODS["__aexit__"] = _exit, _exit_later


def _withheld(name: str) -> Any:
    def method(self: RemoteObject, *operands: Any) -> Any:
        raise self._refusal(f"{name} of an object of a class that no test asks for")

    return method


@lru_cache(maxsize=512)
def _proxy_class(name: str, methods: frozenset[str], withheld: frozenset[str]) -> type[RemoteObject]:
    body: dict[str, Any] = {method: _METHODS[method] for method in methods if method in _METHODS}
    body |= {method: _withheld(method) for method in withheld if method in _METHODS}
    body["decides_equality"] = not methods.isdisjoint(("__eq__", "__ne__"))
    body["__doc__"] = property(lambda self: self._connection.request(Request.GET, self, "__doc__"))
    return type(name if name.isidentifier() else "object", (RemoteObject,), {"__slots__": (), **body})


def proxy(connection: Asks, number: int, kind: str, name: str, methods: frozenset[str], allowed: frozenset[str]) -> Any:
    """Return the proxy of the candidate's object of this number.

    Args:
        connection: to ask through.
        number: of the object.
        kind: `class`, `coroutine` or anything else for an object.
        name: of its class, or of the class that it is.
        methods: those protocol methods that it has.
        allowed: those that a test may use.
    """
    withheld = methods - allowed
    if withheld and not methods.isdisjoint(("__iter__", "__getitem__")):
        withheld -= {"__contains__"}  # Python finds an item without it
    usable = methods & allowed | {"__call__"} if kind == "class" else methods & allowed
    remote = _proxy_class(name, usable, withheld)(connection, number)
    return _awaited(connection, remote) if kind == "coroutine" else remote


async def _awaited(connection: Asks, remote: object) -> Any:
    """Have a coroutine of the candidate's run to its end on its side when a test awaits it."""
    return connection.request(Request.AWAIT, remote)
