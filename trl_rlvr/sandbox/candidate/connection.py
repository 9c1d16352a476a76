"""The candidate's end of a conversation: answers one request after another, with data, or handles where it must.

Like all of the candidate's side it is untrusted. An object that is no plain data stays; the harness gets a number.
"""

import io
import sys
from typing import Any

from trl_rlvr.sandbox.candidate.exports import Exports
from trl_rlvr.sandbox.candidate.proxies import KINDS, Proxy
from trl_rlvr.sandbox.codec import UNCOUNTED, Budget, Decoder, Encoder, RefusedValue, Shared, tags
from trl_rlvr.sandbox.protocol.exceptions import known_class, known_name, make_exception, plain_arguments
from trl_rlvr.sandbox.protocol.frames import read_frame, write_frame
from trl_rlvr.sandbox.protocol.operators import OPERATORS
from trl_rlvr.sandbox.protocol.outcomes import MEMORY, describe
from trl_rlvr.sandbox.protocol.requests import MAX_REQUEST, RECEIVERS, Reply, Request

_PRINTED_CHARS = 1 << 18


class Connection:
    """Both ends' objects, and the two pipes.

    Args:
        namespace: the loaded solution.
        requests: pipe to read from.
        answers: pipe to write to.
    """

    def __init__(self, namespace: dict[str, Any], requests: int, answers: int) -> None:
        self.namespace = namespace
        self.requests = requests
        self.answers = answers
        self._exports = Exports()
        self._imports: dict[int, Any] = {}
        self._test_exceptions: dict[int, tuple[BaseException, int]] = {}
        """Exceptions that stand for a test's own, by id, and the numbers of those."""
        self._printed: io.StringIO | None = None
        self._shared = Shared()
        self._asked_for: tuple[str, ...] = ()
        """The names that the tests ask for."""
        self._runner: Any = None
        """One event loop for all that a test awaits: an object of asyncio's belongs to the loop that it met first."""

    def serve(self) -> None:
        """Say that the solution is loaded, then answer until the harness ends."""
        write_frame(self.answers, Reply.VALUE)
        while (frame := read_frame(self.requests, MAX_REQUEST)) is not None:
            self._answer(frame)

    def _answer(self, frame: bytes) -> None:
        if frame[1]:
            self._shared = Shared()  # another test begins
            self._test_exceptions.clear()
        try:
            value = self._do(frame[:1], *self._read(frame, 2))
            reply = self._reply(Reply.VALUE)
            reply.value(value)
        except RefusedValue as refusal:
            reply = self._refusal(str(refusal))
        except BaseException as error:
            try:
                reply = self._raised(error)
            except BaseException as second:  # an exception that raises when it is looked at
                reply = self._refusal(describe(second))
        self._shared.agree()
        write_frame(self.answers, reply.out)

    def _read(self, frame: bytes, start: int) -> list[Any]:
        """Read a message: let the shared containers hold what the test left in them, and return the values."""
        message = Decoder(frame, Budget(UNCOUNTED), self._read_handle, self._shared.table, tags.CONSTANTS)
        message.at = start
        self._shared.read_head(message)
        values = message.rest()
        self._shared.agree()
        return values

    def _do(self, request: bytes, target: Any, *rest: Any) -> Any:
        if request == Request.DESCRIBE:
            (names,) = rest
            if target:
                self._printed = sys.stdout = io.StringIO()
            self._asked_for = names
            return [name for name in names if name in self.namespace]
        if request == Request.FETCH:
            return self.namespace[target]
        if request == Request.CALL:
            args, kwargs = rest
            return target(*args, **kwargs)
        if request == Request.GET:
            return getattr(target, *rest)
        if request == Request.SET:
            return setattr(target, *rest)
        if request == Request.DELETE:
            return delattr(target, *rest)
        if request == Request.OPERATE:
            # For an operation, `target` is its name and the operands follow.
            return OPERATORS[target](*rest[0])
        if request == Request.NEXT:
            return next(target)
        if request == Request.AWAIT:
            return self._await(target)
        raise RefusedValue("an unknown request")

    def _await(self, awaitable: Any) -> Any:
        """Run to its end what a test awaits."""
        import asyncio  # lazy: fork cost

        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(_result_of(awaitable))

    def _reply(self, kind: bytes) -> Encoder:
        """Begin an answer: what was printed, then what changed in the containers that the test has."""
        self._shared.rollback()
        encoder = Encoder(self._write_handle, self._shared.table, self._is_asked_for)
        encoder.out += kind
        printed = ""
        if self._printed is not None:
            printed = self._printed.getvalue()[:_PRINTED_CHARS]
            self._printed.seek(0)
            self._printed.truncate()
        encoder.value(printed)
        self._shared.write_head(encoder)
        return encoder

    def _raised(self, error: BaseException) -> Encoder:
        encoder = self._reply(Reply.RAISED)
        encoder.value(MEMORY if isinstance(error, MemoryError) else "")
        encoder.value(describe(error))
        name = known_name(type(error))
        if known_class(name) is not type(error) or id(error) in self._test_exceptions:
            encoder.value(error)
        else:
            encoder.value(name)
            encoder.value(plain_arguments(error))
        return encoder

    def _refusal(self, text: str) -> Encoder:
        self._shared.rollback()
        encoder = Encoder()
        encoder.out += Reply.REFUSED
        encoder.value(text)
        return encoder

    def ask(self, request: bytes, *values: Any) -> Any:
        """Ask the harness to do something with an object of its own, and wait for the outcome.

        Raises:
            RuntimeError: a message is being written.
        """
        if self._exports.is_hashing:
            raise RuntimeError("a key asks the test for something while it crosses")
        encoder = Encoder(self._write_handle, self._shared.table, self._is_asked_for)
        encoder.out += Reply.CALLBACK + request
        try:
            self._shared.write_head(encoder)
            for value in values:
                encoder.value(value)
        except BaseException:
            self._shared.rollback()
            raise
        self._shared.agree()
        write_frame(self.answers, encoder.out)
        while True:
            frame = read_frame(self.requests, MAX_REQUEST)
            if frame is None:
                raise EOFError("the harness is gone")
            if frame[:1] in (Reply.VALUE, Reply.RAISED):
                break
            self._answer(frame)
        outcome = self._read(frame, 1)
        if frame[:1] == Reply.VALUE:
            return outcome[0]
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        name, args, *number = outcome
        error = make_exception(known_class(name) or RuntimeError, args, name)
        if number:
            self._test_exceptions[id(error)] = error, number[0]
        raise error

    def _write_handle(self, encoder: Encoder, value: Any) -> None:
        encoder.out.append(tags.HANDLE)
        lent = self._test_exceptions.get(id(value))
        if lent is not None or isinstance(value, Proxy):
            encoder.out.append(RECEIVERS)
            encoder.length(lent[1] if lent is not None else object.__getattribute__(value, "_number"))
            return
        self._exports.describe(encoder, value)

    def _is_asked_for(self, kind: type) -> bool:
        """Say whether a class is one that the tests ask for, or derives from one: its instances stay here."""
        return any(self.namespace.get(name) is base for name in self._asked_for for base in kind.__mro__)

    def _read_handle(self, decoder: Decoder) -> Any:
        whose, number = decoder.length(), decoder.length()
        if whose == RECEIVERS:
            return self._exports.find(number)
        kind = decoder.text()
        known = self._imports.get(number)
        if known is None:
            known = self._imports[number] = KINDS[kind](self, number)
        return known


async def _result_of(awaitable: Any) -> Any:
    return await awaitable


def serve(namespace: dict[str, Any], requests: int, answers: int) -> None:
    """Answer the harness's requests about a loaded solution until it ends."""
    Connection(namespace, requests, answers).serve()
