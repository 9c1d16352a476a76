"""The harness's end of the conversation with one candidate.

Whatever ends a conversation early is a `Lost` and stays so: once an answer could not be had, the test in which that
happened is lost, whatever the test's own code catches.
"""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from trl_rlvr.sandbox.codec import Budget, Decoder, Encoder, RefusedValue, Shared, tags
from trl_rlvr.sandbox.harness.remote.exceptions import RemoteBaseException, is_failure, read_exception
from trl_rlvr.sandbox.harness.remote.imports import Imports
from trl_rlvr.sandbox.protocol.exceptions import known_name, plain_arguments
from trl_rlvr.sandbox.protocol.frames import FrameTooLarge, read_frame, write_frame
from trl_rlvr.sandbox.protocol.requests import Reply, Request
from trl_rlvr.sandbox.rewrite.injected import TEST_MODULE
from trl_rlvr.verdict import Verdict


class Lost(BaseException):
    """A test cannot be judged any further. No `Exception`, so that a test cannot take it for one that it hopes for."""

    def __init__(self, verdict: Verdict | None, text: str = "") -> None:
        super().__init__(verdict, text)
        self.verdict = verdict
        """None: the candidate is gone, and its exit status says why."""
        self.text = text


class _Constants(dict[str, object]):
    """What a candidate may name, and what of it the candidate has named."""

    def __init__(self) -> None:
        super().__init__(tags.PURE_CONSTANTS)
        self.named: dict[int, object] = {}

    def __getitem__(self, name: str) -> object:
        value = super().__getitem__(name)
        self.named[id(value)] = value
        return value


class Connection:
    """Asks a candidate and decodes what it says.

    Args:
        answers: pipe to read from.
        requests: pipe to write to.
        answer_bytes: what all answers together may hold.
        attributes: names that the tests mention; handles answer for no others.
    """

    def __init__(self, answers: int, requests: int, answer_bytes: int, attributes: frozenset[str]) -> None:
        self.answers = answers
        self.requests = requests
        self.left_bytes = answer_bytes
        self.attributes = attributes
        self.budget = Budget()
        self._constants = _Constants()
        self.lost: Lost | None = None
        self.imports = Imports(self)
        self._shared = Shared()
        self.changes = 0
        """How many containers the candidate has changed."""
        self.is_reading = False
        """Whether a message is being written or read, so that nothing can be asked."""
        self._is_new_test = True
        """Whether the candidate is yet to be told to share nothing any longer."""
        self._out_of_step: Lost | None = None
        """Set once a question was left before its answer had been read: that would be taken for the next one's."""

    def is_own(self, remote: Any) -> bool:
        """Say whether an object is an instance of a class that the tests ask for, or such a class."""
        return self.imports.is_own(remote)

    def describe(self, names: tuple[str, ...], capture: bool) -> list[str]:
        """Return those of `names` that the solution defines."""
        found = self.request(Request.DESCRIBE, capture, names)
        return [name for name in names if name in found]

    def has_named(self, value: object) -> bool:
        """Say whether the candidate has sent this class or function of the library, by its name."""
        return id(value) in self._constants.named

    def fetch(self, name: str) -> Any:
        """Return what the solution binds to a name now."""
        self.imports.binds_class = name[:1].isupper()
        try:
            return self.request(Request.FETCH, name)
        finally:
            self.imports.binds_class = False

    def fail(self, verdict: Verdict, text: str) -> Lost:
        """Note that this test is lost, whatever it goes on to catch; returns what to raise."""
        return self._loss(verdict, text)

    def request(self, what: bytes, *values: Any) -> Any:
        """Send a request and return what it is answered with.

        Raises:
            Lost: there is no answer, or none that may be used.
            BaseException: what the candidate raised.
        """
        self.lost = self.lost or self._out_of_step
        if self.lost is not None:
            raise self.lost
        if self.is_reading:
            raise self._loss(Verdict.REFUSED_VALUE, "a value asks for something while it is read")
        try:
            error, outcome, printed = self._converse(what, values)
        except RefusedValue as refusal:
            raise self._loss(Verdict.REFUSED_VALUE, str(refusal)) from None
        except Lost:
            raise
        except BaseException as stray:  # of a test's signal handler, say
            verdict = Verdict.MEMORY_LIMIT if isinstance(stray, MemoryError) else Verdict.RUNTIME_ERROR
            self._out_of_step = self._loss(verdict, f"{type(stray).__name__} came before the answer to a question")
            raise
        if printed:
            sys.stdout.write(printed)
        if error is not None:
            raise error
        return outcome

    def _converse(self, what: bytes, values: Sequence[Any]) -> tuple[BaseException | None, Any, str]:
        """Ask, serve callbacks, and read the answer: what was raised, or else the value, and what was printed."""
        self._send(what + bytes([self._is_new_test]), values)
        self._is_new_test = False
        while (frame := self._read())[:1] == Reply.CALLBACK:
            self._serve(frame)
        return self._answer(what, frame)

    def expire(self) -> None:
        """Forget what the candidate was handed and what is shared with it: both end with their test."""
        self.imports.exports.clear()
        self._shared = Shared()
        self._is_new_test = True

    def _loss(self, verdict: Verdict | None, text: str) -> Lost:
        """Note that this conversation is over for the test; returns what to raise."""
        self.lost = Lost(verdict, text)
        return self.lost

    def _read(self) -> bytes:
        try:
            frame = read_frame(self.answers, max(self.left_bytes, 0))
        except FrameTooLarge:
            raise self._loss(Verdict.OUTPUT_LIMIT, "the answers are longer than they may be") from None
        if frame is None:
            raise self._loss(None, "")
        self.left_bytes -= len(frame)
        return frame

    def _send(self, start: bytes, values: Sequence[Any]) -> None:
        """Send a message: how it starts, what changed in the containers that the candidate has, and values.

        Raises:
            Lost: the candidate is gone, or a value, or what a container now holds, cannot be passed on: a limit of
                ours, which must not pass for the error that a test hopes for.
        """
        encoder = Encoder(self.imports.write, self._shared.table, constants=tags.CONSTANT_NAMES)
        encoder.out += start
        try:
            with self._reading():
                self._shared.write_head(encoder)
                for value in values:
                    encoder.value(value)
        except RefusedValue as refusal:
            self._shared.rollback()
            raise self._loss(Verdict.REFUSED_VALUE, f"a test's value cannot be passed on: {refusal}") from None
        self._shared.agree()
        try:
            write_frame(self.requests, encoder.out)
        except OSError:
            raise self._loss(None, "") from None

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        before, self.is_reading = self.is_reading, True
        try:
            yield
        finally:
            self.is_reading = before

    def _answer(self, what: bytes, frame: bytes) -> tuple[BaseException | None, Any, str]:
        answer = Decoder(frame, self.budget, self.imports.read, self._shared.table, self._constants)
        answer.at = 1
        if frame[:1] == Reply.REFUSED:
            raise RefusedValue(answer.exactly(str))
        printed = answer.exactly(str)
        if frame[:1] not in (Reply.VALUE, Reply.RAISED):
            raise RefusedValue("an answer is of no known kind")
        with self._reading():
            self.changes += self._shared.read_head(answer)
            outcome = answer.value() if frame[:1] == Reply.VALUE else read_exception(answer)
            self._shared.agree(answer.costs)
        if frame[:1] == Reply.VALUE:
            return None, outcome, printed
        if isinstance(outcome, StopIteration) and what != Request.NEXT:
            outcome = RuntimeError("the call raised StopIteration")  # or `all(map(f, xs))` would end early
        return outcome, None, printed

    def _serve(self, frame: bytes) -> None:
        """Do what the candidate asks of an object that it was handed, and tell it the outcome."""
        asked = Decoder(frame, self.budget, self.imports.read, self._shared.table, self._constants)
        asked.at = 2
        with self._reading():
            self.changes += self._shared.read_head(asked)
            values = asked.rest()
            self._shared.agree(asked.costs)
        try:
            outcome = self.imports.exports.do(frame[1:2], values)
        except BaseException as error:
            if is_failure(error):  # the test's own check, which the candidate must not catch
                raise self._loss(Verdict.WRONG_ANSWER, "a check inside a callback failed") from None
            if not isinstance(error, Exception | SystemExit) and not hasattr(error, "came_from_candidate"):
                raise  # of pytest, say, which ends a test by such
            failed = error
        else:
            self._send(Reply.VALUE, [outcome])
            return
        self._send_error(failed)

    def _send_error(self, error: BaseException) -> None:
        if isinstance(error, RemoteBaseException):
            self._send(Reply.RAISED, [error])
            return
        # By a test's own class the candidate cannot know it, but it may come back, and then is what it was.
        own = [self.imports.exports.number(error)] if type(error).__module__ == TEST_MODULE else []
        self._send(Reply.RAISED, [known_name(type(error)), plain_arguments(error), *own])
