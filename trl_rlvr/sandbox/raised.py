"""What stands in a test for an exception that the candidate raised, and for the candidate's own exception classes."""

from functools import partial
from typing import Any

from trl_rlvr.sandbox.exception_names import MAX_CAUSES, known_class, set_attributes
from trl_rlvr.sandbox.proxies import RemoteObject
from trl_rlvr.sandbox.solution import MEMORY
from trl_rlvr.sandbox.unchecked import renew
from trl_rlvr.sandbox.values import Decoder, RefusedValue
from trl_rlvr.verdict import Verdict


class RemoteException(Exception):  # noqa: N818 - a test sees it under the name of the candidate's own class
    """Base of the classes that stand for the candidate's own exceptions."""

    remote: RemoteObject | None = None
    stands_for: RemoteObject | None = None
    """The candidate's class."""

    def __getattr__(self, name: str) -> Any:
        if self.remote is None or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.remote, name)

    def __str__(self) -> str:
        return str(self.remote) if self.remote is not None else super().__str__()


_CLASSES: dict[int, tuple[RemoteObject, type[BaseException]]] = {}


def exception_class(kind: RemoteObject) -> type[BaseException] | None:
    """Return a class for `except` that stands for a class of the candidate's; None if that is no exception."""
    if kind.exception_base is None:
        return None
    known = _CLASSES.get(id(kind))
    if known is not None:
        return known[1]
    own = [parent for base in kind.remote_bases if isinstance(base, RemoteObject) and (parent := exception_class(base))]
    base = known_class(kind.exception_base) or Exception
    bases = (own[0],) if own else (RemoteException, base) if base is not Exception else (RemoteException,)
    made = type(type(kind).__name__, bases, {"stands_for": kind})
    _CLASSES[id(kind)] = (kind, made)
    return made


def remote_of_class(value: Any) -> RemoteObject | None:
    """Return the candidate's class that an exception class of ours stands for."""
    return value.stands_for if isinstance(value, type) and issubclass(value, RemoteException) else None


def read_exception(answer: Decoder) -> BaseException:
    """Read what the candidate raised, as something to raise here; `came_from_candidate` in it says what it was.

    Raises:
        RefusedValue: it is no exception.
    """
    why, text = answer.exactly(str), answer.exactly(str)
    verdict = Verdict.MEMORY_LIMIT if why == MEMORY else Verdict.RUNTIME_ERROR
    first = error = _read_one(answer, text)
    renew(first)
    for _ in range(min(answer.length(), MAX_CAUSES)):
        error.__cause__ = _read_one(answer, text)
        error = error.__cause__
    first.__dict__["came_from_candidate"] = (verdict, text)
    return first


def _read_one(answer: Decoder, text: str) -> BaseException:
    what = answer.value()
    if isinstance(what, RemoteException):
        return what
    known = known_class(what)
    if known is None:
        raise RefusedValue("an exception is of no known kind")
    error = _make(known, answer.exactly(tuple), text)
    set_attributes(error, answer.exactly(dict))
    return error


def stand_in(remote: RemoteObject, args: tuple[Any, ...]) -> RemoteException:
    """Return what stands for an exception of the candidate's, be it raised or returned.

    Raises:
        RefusedValue: it is of no known kind.
    """
    kind = remote.remote_class
    own = exception_class(kind) if isinstance(kind, RemoteObject) else None
    if own is None:
        known = known_class(remote.exception_base)
        if known is None:
            raise RefusedValue("an exception is of no known kind")
        own = _standing_for(known)
    error = _make(own, args, "")
    if not isinstance(error, RemoteException):
        raise RefusedValue("an exception cannot be made of its arguments")
    error.remote = remote
    return error


def _standing_for(known: type[BaseException]) -> type[BaseException]:
    return type(known.__name__, (RemoteException, known) if known is not Exception else (RemoteException,), {})


def _make(kind: type[BaseException], args: tuple[Any, ...], text: str) -> BaseException:
    """Make an exception without its class's say, if that wants other arguments than the exception keeps."""
    for make in (kind, partial(kind.__new__, kind)):
        try:
            return make(*args)
        except Exception:
            continue
    return RuntimeError(text)
