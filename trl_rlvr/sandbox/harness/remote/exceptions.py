"""Proxies, in a test, for exceptions that the candidate raised and for its own exception classes."""

import contextlib
from typing import Any, cast

from trl_rlvr.sandbox.codec import Decoder, RefusedValue
from trl_rlvr.sandbox.harness.remote.proxies import RemoteObject
from trl_rlvr.sandbox.protocol.exceptions import known_class, make_exception
from trl_rlvr.sandbox.protocol.outcomes import MEMORY
from trl_rlvr.verdict import Verdict


class _ProxyType(type):
    """Kind of the classes here: one that stands for a class of the candidate's lets that make the instances."""

    @property
    def own(cls) -> RemoteObject | None:
        """The candidate's class; None for the bases here, and for what a test derives."""
        return cls.__dict__.get("proxied")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        make: Any = super().__call__ if cls.own is None else cls.own
        return make(*args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        if cls.own is None or name.startswith("__"):
            raise AttributeError(name)
        return getattr(cls.own, name)


class RemoteBaseException(BaseException, metaclass=_ProxyType):
    """Base of the classes that stand for the candidate's own exceptions."""

    remote: RemoteObject | None = None

    def __getattr__(self, name: str) -> Any:
        if self.remote is None or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.remote, name)

    def __str__(self) -> str:
        return str(self.remote) if self.remote is not None else super().__str__()

    def __eq__(self, other: object) -> Any:
        if self.remote is None or not isinstance(other, RemoteBaseException):
            return NotImplemented
        return self is other or self.remote == other.remote

    __hash__ = BaseException.__hash__


class RemoteException(RemoteBaseException, Exception):  # noqa: N818 - a test sees it under its own class's name
    """Base of those that stand for an `Exception`: no other may end in a test's `except Exception`."""


_CLASSES: dict[int, tuple[RemoteObject, type[BaseException]]] = {}


def exception_class(kind: RemoteObject) -> type[BaseException] | None:
    """Return a class for `except` that stands for a class of the candidate's; None if that is no exception."""
    if kind.exception_base is None:
        return None
    if id(kind) in _CLASSES:
        return _CLASSES[id(kind)][1]
    own = [parent for base in kind.remote_bases if isinstance(base, RemoteObject) and (parent := exception_class(base))]
    bases = (own[0],) if own else _over(known_class(kind.exception_base) or Exception)
    made = cast(type[BaseException], _ProxyType(type(kind).__name__, bases, {"proxied": kind}))
    _CLASSES[id(kind)] = (kind, made)
    return made


def _over(known: type[BaseException]) -> tuple[type[BaseException], ...]:
    base: type[RemoteBaseException] = RemoteException if issubclass(known, Exception) else RemoteBaseException
    return (base,) if issubclass(base, known) else (base, known)


def remote_of_class(value: Any) -> RemoteObject | None:
    """Return the candidate's class that an exception class of ours stands for."""
    return value.own if isinstance(value, _ProxyType) else None


def read_exception(answer: Decoder) -> BaseException:
    """Read what the candidate raised, as something to raise here; `came_from_candidate` in it says what it was.

    Raises:
        RefusedValue: it is no exception.
    """
    why, text = answer.exactly(str), answer.exactly(str)
    verdict = Verdict.MEMORY_LIMIT if why == MEMORY else Verdict.RUNTIME_ERROR
    error = _read_one(answer, text)
    error.__dict__["came_from_candidate"] = (verdict, text)
    return error


def is_failure(error: BaseException) -> bool:
    """Say whether an exception is a failed assertion of the test's own."""
    return isinstance(error, AssertionError) and not hasattr(error, "came_from_candidate")


def _read_one(answer: Decoder, text: str) -> BaseException:
    what = answer.value()
    if isinstance(what, RemoteBaseException) and what.remote is not None:
        return exception_proxy(what.remote, what.args)  # not the same again: that may be on its way through a block
    if isinstance(what, BaseException):
        return what  # a test's own, from one of its functions that the candidate called
    known = known_class(what)
    if known is None:
        raise RefusedValue("an exception is of no known kind")
    return make_exception(known, answer.exactly(tuple), text)


def exception_proxy(remote: RemoteObject, args: tuple[Any, ...]) -> RemoteBaseException:
    """Return what stands for an exception of the candidate's, be it raised or returned.

    Raises:
        RefusedValue: it is of no known kind.
    """
    kind, known = remote.remote_class, known_class(remote.exception_base)
    if known is None:
        raise RefusedValue("an exception is of no known kind")
    own = exception_class(kind) if isinstance(kind, RemoteObject) else None
    made: Any = _ProxyType(known.__name__, _over(known), {}) if own is None else own
    try:
        error: RemoteBaseException = made.__new__(made, *args)  # nobody's `__init__`, which would be the candidate's
    except Exception:
        raise RefusedValue("an exception cannot be made of its arguments") from None
    with contextlib.suppress(Exception):
        known.__init__(error, *args)  # what builtin ones keep outside of `args`
    error.remote = remote
    return error
