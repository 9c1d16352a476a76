"""The export table: the candidate's objects that stay with it, by number, and the description of each."""

import inspect
import sys
from typing import Any

from trl_rlvr.sandbox.codec import Encoder, tags
from trl_rlvr.sandbox.protocol.exceptions import known_name, plain_arguments
from trl_rlvr.sandbox.protocol.operators import COMPARISONS, PROTOCOL_METHODS
from trl_rlvr.sandbox.protocol.requests import SENDERS


class Exports:
    """All objects of one conversation; no number is used twice."""

    def __init__(self) -> None:
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self.is_hashing = False
        """Whether an object's own code runs in the middle of a message, so that it can ask nothing."""

    def find(self, number: int) -> Any:
        """Return the object of a number."""
        return self._objects[number]

    def describe(self, encoder: Encoder, value: Any) -> None:
        """Write an object's number, and the first time what it is."""
        encoder.out.append(SENDERS)
        number = self._numbers.get(id(value))
        known = number is not None
        if number is None:
            number = self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)
        encoder.length(number)
        encoder.value(self._hash_of(value) if encoder.in_key else None)
        encoder.out.append(known)
        if not known:
            self._introduce(encoder, value)

    def _introduce(self, encoder: Encoder, value: Any) -> None:
        kind = type(value)
        is_class, is_error = isinstance(value, type), isinstance(value, BaseException)
        encoder.text("class" if is_class else "exception" if is_error else "coroutine" if _is_step(value) else "object")
        encoder.text(str(value.__name__ if is_class else kind.__name__)[: tags.MAX_NAME])
        methods = [name for name in PROTOCOL_METHODS if _has(kind, name)]
        if is_class and hasattr(value, "__class_getitem__"):
            methods.append("__getitem__")
        encoder.length(len(methods))
        for name in methods:
            encoder.text(name)
        encoder.value(kind if not is_class and _is_own(kind) else None)
        error_class = value if is_class else kind
        encoder.value(known_name(error_class) if issubclass(error_class, BaseException) else None)
        if is_error:
            encoder.value(plain_arguments(value))
        else:
            encoder.value(tuple(filter(_is_own, value.__mro__[1:])) if is_class else ())

    def _hash_of(self, value: Any) -> int | None:
        """Return what a key hashes to, since nobody can ask in the middle of a message; None if it would ask itself."""
        self.is_hashing = True
        try:
            return hash(value)
        except Exception:
            return None
        finally:
            self.is_hashing = False


def _has(kind: type, name: str) -> bool:
    method = getattr(kind, name, None)
    return method is not None and not (name in COMPARISONS and method is getattr(object, name))


def _is_own(kind: type) -> bool:
    return kind.__module__ not in sys.stdlib_module_names


def _is_step(value: Any) -> bool:
    """Say whether a value is to be awaited and nothing else: a coroutine, or what steps an asynchronous generator."""
    return inspect.iscoroutine(value) or type(value).__name__ in ("async_generator_asend", "anext_awaitable")
