"""The export table: the test's own objects that the candidate may use, by number, and the operations it may ask for.

It may call functions, step iterators and compare or combine, as it could in one process; of attributes it sees only
public ones of the test's own classes, and it replaces no function. All of it ends with the test.
"""

import io
import sys
import types
from collections.abc import Iterator, Sequence
from typing import Any

from trl_rlvr.sandbox.codec import RefusedValue
from trl_rlvr.sandbox.harness.remote.proxies import RemoteObject
from trl_rlvr.sandbox.protocol.operators import FUNCTION_NAMES, OPERATORS
from trl_rlvr.sandbox.protocol.requests import Request
from trl_rlvr.sandbox.rewrite.injected import TEST_MODULE

_FOLLOWS: dict[bytes, tuple[type, ...]] = {
    Request.OPERATE: (tuple,),
    Request.CALL: (tuple, dict),
    Request.NEXT: (),
    Request.GET: (str,),
    Request.SET: (str, object),
}
"""What must follow the object, or an operation's name, in each question."""

_NOT_HANDED_OVER = (
    types.ModuleType, types.FrameType, types.CodeType, types.TracebackType, types.SimpleNamespace, io.IOBase,
)  # fmt: skip


class Expired:
    """What is left of an object of an earlier test: it equals nothing, and whatever else it is used for raises."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return False

    def _raise(self, *args: object, **kwargs: object) -> Any:
        raise RuntimeError("this was handed over in a test that has ended")

    __bool__ = __call__ = _raise


class Exports:
    """Objects of one test, by the numbers under which the candidate knows them; no number is used twice."""

    def __init__(self) -> None:
        self._objects: dict[int, Any] = {}
        self._last = 0

    def number(self, value: Any) -> int:
        """Return the number of an object; a new one for an object that was not handed over before."""
        known = (number for number, one in self._objects.items() if one is value or _is_same_method(one, value))
        number = next(known, self._last + 1)
        if number > self._last:
            self._last = number
            self._objects[number] = value
        return number

    def find(self, number: int) -> Any:
        """Return the object of a number; of one from an earlier test, what is left of it.

        Raises:
            RefusedValue: there never was one.
        """
        if number in self._objects:
            return self._objects[number]
        if not 0 < number <= self._last:
            raise RefusedValue("an answer names an object that it was not handed")
        return Expired()

    def clear(self) -> None:
        """Forget all of them: callbacks end with their test."""
        self._objects.clear()

    def do(self, what: bytes, asked: Sequence[Any]) -> Any:
        """Do what the candidate asks of an object, and return the outcome.

        Raises:
            RefusedValue: the object was not handed over, or the question is malformed.
            Exception: what the object itself raises.
        """
        kinds = _FOLLOWS.get(what)
        if kinds is None or len(asked) != 1 + len(kinds) or not all(map(isinstance, asked[1:], kinds)):
            raise RefusedValue("a question about an object is malformed")
        target: Any
        target, *rest = asked
        if what == Request.OPERATE:
            (operands,) = rest
            self._require(operands[0])
            return OPERATORS[target](*operands)
        self._require(target)
        if what == Request.NEXT:
            return next(target)
        if what == Request.CALL:
            args, kwargs = rest
            return target(*args, **kwargs)
        name = rest[0]
        if what == Request.GET and name in FUNCTION_NAMES and kind_of(target) == "function":
            told = getattr(target, name, None)
            return told if isinstance(told, str) else None
        if name.startswith("_") or kind_of(target) != "object" or not _is_open(target):
            raise AttributeError(name)
        if what == Request.GET:
            return getattr(target, name)
        if _is_function_of_the_tests(target, name):
            raise AttributeError(f"{name} is a function of the test's, and stays")
        return setattr(target, name, rest[1])

    def _require(self, target: Any) -> None:
        if not isinstance(target, Expired) and not any(handed is target for handed in self._objects.values()):
            raise RefusedValue("the solution asks something of an object that it was not handed")


def _is_same_method(one: Any, other: Any) -> bool:
    """Say whether both are one method of one object: Python makes such a thing anew each time it is read."""
    if type(one) is not type(other):
        return False
    if isinstance(one, types.MethodType):
        return one.__self__ is other.__self__ and one.__func__ is other.__func__
    return isinstance(one, types.BuiltinMethodType) and one == other


def kind_of(value: Any) -> str:
    """Say what the candidate takes an object for: `function`, `iterator` or `object`.

    Raises:
        RefusedValue: it leads to the tests, as a frame does, or the solution could do less with it than in one process.
    """
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType | types.MethodType | type):
        return "function"
    if isinstance(value, _NOT_HANDED_OVER) or _is_mock(value):
        raise RefusedValue(f"a {type(value).__name__} is not handed to a solution")
    if isinstance(value, Iterator):
        return "iterator"
    return "object"


def _is_open(value: Any) -> bool:
    """Say whether a solution may look at an object's attributes: of the test's own classes, but for cases of unittest.

    A case of unittest says how it compares.
    """
    unittest = sys.modules.get("unittest")
    return type(value).__module__ == TEST_MODULE and not (unittest and isinstance(value, unittest.TestCase))


def _is_function_of_the_tests(target: Any, name: str) -> bool:
    """Say whether an attribute, of an object or of its class, is what the test calls; not if the solution set it."""
    present = getattr(type(target), name, None)
    if not callable(present) and not isinstance(present, property):
        present = getattr(target, name, None)
    return callable(present) and not isinstance(present, RemoteObject)


def _is_mock(value: Any) -> bool:
    mock = sys.modules.get("unittest.mock")
    return mock is not None and isinstance(value, mock.NonCallableMock)
