"""The import table: the candidate's objects by number, each with its proxy."""

from typing import Any

from trl_rlvr.sandbox.codec import Decoder, Encoder, RefusedValue, tags
from trl_rlvr.sandbox.harness.remote.exceptions import RemoteBaseException, exception_proxy, remote_of_class
from trl_rlvr.sandbox.harness.remote.exports import Exports, kind_of
from trl_rlvr.sandbox.harness.remote.interfaces import Asks
from trl_rlvr.sandbox.harness.remote.proxies import RemoteObject, introduce, proxy, remember_hash
from trl_rlvr.sandbox.protocol.operators import ARGUMENT, PROTOCOL_METHODS, UNARY
from trl_rlvr.sandbox.protocol.requests import RECEIVERS, SENDERS

WITH_OPERANDS = frozenset(PROTOCOL_METHODS)
WITHOUT_OPERANDS = frozenset((*UNARY, *ARGUMENT, "__eq__", "__call__", "__next__"))


class Imports:
    """The objects of one conversation, as its harness knows them.

    Args:
        connection: what the candidate's objects are asked through.
    """

    def __init__(self, connection: Asks) -> None:
        self.exports = Exports()
        self.binds_class = False
        """Whether the next class that the candidate describes is one that the tests ask for."""
        self._connection = connection
        self._objects: dict[int, Any] = {}
        """The candidate's objects by its numbers."""
        self._own_classes: set[int] = set()
        """Numbers of the classes that the tests ask for: their instances, and no others, take operands from a test."""

    def read(self, decoder: Decoder) -> Any:
        """Read a handle in what the candidate says.

        Raises:
            RefusedValue: it names nothing that it may.
        """
        whose, number = decoder.length(), decoder.length()
        if whose == RECEIVERS:
            return self.exports.find(number)
        digest = decoder.exactly(int, type(None))
        remote = self._objects.get(number) if decoder.length() else self._introduce(decoder, number)
        if remote is None:
            raise RefusedValue("an answer names an object that was never described")
        if isinstance(remote, RemoteObject) and digest is not None:
            remember_hash(remote, digest)
        return remote

    def _introduce(self, decoder: Decoder, number: int) -> Any:
        kind, name = decoder.text(), decoder.text()
        methods = frozenset(decoder.text() for _ in range(min(decoder.length(), 256)))
        binds_class, self.binds_class = self.binds_class, False
        own, base, mro = decoder.value(), decoder.value(), decoder.exactly(tuple)
        if kind == "class" and binds_class:
            self._own_classes.add(number)
        operands = number in self._own_classes or self._is_own_class(own)
        if number in self._objects:
            return self._objects[number]  # read before, in the same answer
        remote = proxy(self._connection, number, kind, name, methods, WITH_OPERANDS if operands else WITHOUT_OPERANDS)
        self._objects[number] = remote
        if isinstance(remote, RemoteObject):
            introduce(remote, own, base, () if kind == "exception" else mro)
        if kind == "exception":
            remote = self._objects[number] = exception_proxy(remote, mro)
        return remote

    def is_own(self, remote: RemoteObject) -> bool:
        """Say whether an object is an instance of a class that the tests ask for, or such a class."""
        return remote.remote_number in self._own_classes or self._is_own_class(remote.remote_class)

    def _is_own_class(self, kind: Any) -> bool:
        kinds = (kind, *kind.remote_bases) if isinstance(kind, RemoteObject) else ()
        return any(isinstance(one, RemoteObject) and one.remote_number in self._own_classes for one in kinds)

    def write(self, encoder: Encoder, value: Any) -> None:
        """Hand over what is no data: the candidate's own object, or a function, iterator or object of the test."""
        encoder.out.append(tags.HANDLE)
        if isinstance(value, RemoteObject):
            encoder.out.append(RECEIVERS)
            encoder.length(value.remote_number)
            return
        remote = getattr(value, "remote", None) if isinstance(value, RemoteBaseException) else remote_of_class(value)
        if isinstance(remote, RemoteObject):
            encoder.out.append(RECEIVERS)
            encoder.length(remote.remote_number)
            return
        encoder.out.append(SENDERS)
        encoder.length(self.exports.number(value))
        encoder.text(kind_of(value))
