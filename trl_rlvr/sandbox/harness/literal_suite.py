"""Judges a literal suite: each answer of the candidate against the value that a test expects."""

import reprlib
from typing import Any

from trl_rlvr.analysis.literal_checks import ALL_CLOSE, AT_MOST, BELOW, IN, IS_CLOSE, ROUNDS_TO, WITHIN
from trl_rlvr.sandbox.codec import Budget, Decoder, Opaque, RefusedValue
from trl_rlvr.sandbox.harness.plain_comparisons import holds
from trl_rlvr.sandbox.harness.reports import Reports, fatal_outcome
from trl_rlvr.sandbox.protocol.frames import FrameReader, FrameTooLarge, write_frame
from trl_rlvr.sandbox.protocol.outcomes import MEMORY, Outcome
from trl_rlvr.sandbox.protocol.requests import Reply
from trl_rlvr.verdict import Verdict

_LARGE_BYTES = 1 << 12
_WANTED = {IN: "one of "} | dict.fromkeys((BELOW, AT_MOST, WITHIN, IS_CLOSE, ROUNDS_TO, ALL_CLOSE), "about ")


def judge_calls(work: Any, answers: int, requests: int, answer_bytes: int, reports: Reports) -> Outcome | None:
    """Compare each answer with what is expected of it, and stop where the answers stop.

    A test passes when all of its checks do. After one that fails nothing more is asked for this test, as an `assert`
    ends a test too, unless its round has been asked already.

    Args:
        work: the position of each test's last check, and the rounds: what to ask, and the checks of the answers.
        answers: pipe of the candidate's answers.
        requests: pipe to the candidate; -1: everything was asked at the start.
        answer_bytes: bytes that the candidate may answer in all.
        reports: where verdicts go.
    """
    last_checks, rounds = work
    judge = _Judge(last_checks, FrameReader(answers), answer_bytes, reports)
    try:
        for request, checks in rounds:
            if all(test in judge.failed for test, *_ in checks):
                judge.skip(checks)
                continue
            if request:
                reports.flush()
                write_frame(requests, request)
            judge.take(checks)
    except _AnswersEnded as end:
        return end.fault
    except BrokenPipeError:  # the candidate reads no more
        return None
    return None


class _AnswersEnded(Exception):  # noqa: N818 - a condition, not an error
    """There is nothing more to judge."""

    def __init__(self, fault: Outcome | None = None) -> None:
        super().__init__(fault)
        self.fault = fault


class _Judge:
    """Reads answers and reports each test with its last check, or its first that fails.

    Args:
        last_checks: position of each test's last check.
        reader: of the answers.
        answer_bytes: how many the candidate may send.
        reports: where verdicts go.
    """

    def __init__(self, last_checks: list[int], reader: FrameReader, answer_bytes: int, reports: Reports) -> None:
        self.failed: set[int] = set()
        self._last_checks = last_checks
        self._reader = reader
        self._answer_bytes = answer_bytes
        self._reports = reports
        self._budget = Budget()
        self._at = 0

    def skip(self, checks: list[Any]) -> None:
        """Pass over checks that are not asked."""
        self._at += len(checks)

    def take(self, checks: list[Any]) -> None:
        """Judge the answers to a round.

        Raises:
            _AnswersEnded: the answers end, or cannot be read on.
        """
        for test, *check in checks:
            if not self._reader.holds_frame():
                self._reports.flush()  # the next answer may never come
            try:
                frame = self._reader.read(self._answer_bytes)
            except FrameTooLarge:
                raise _AnswersEnded(Outcome(Verdict.OUTPUT_LIMIT, "the answers are longer than they may be")) from None
            if frame is None:
                raise _AnswersEnded
            self._answer_bytes -= len(frame)
            if frame[:1] == Reply.FATAL:
                raise _AnswersEnded(fatal_outcome(frame))
            if len(frame) > _LARGE_BYTES:
                self._reports.flush()  # judging it may be the end of this process
            if test not in self.failed:
                self._judge(test, frame, check)
            self._at += 1

    def _judge(self, test: int, frame: bytes, check: list[Any]) -> None:
        kind, expected, details = check
        verdict, text = _judge_answer(frame, kind, expected, details, self._budget)
        if verdict is not Verdict.PASSED:
            self.failed.add(test)
        if verdict is not Verdict.PASSED or self._at == self._last_checks[test]:
            self._reports.queue(test, verdict, text)


def _judge_answer(frame: bytes, kind: int, expected: Any, details: Any, budget: Budget) -> Outcome:
    answer = Decoder(frame, budget)
    answer.at = 1
    try:
        if frame[:1] == Reply.VALUE:
            value = answer.value()
            if holds(value, kind, expected, details):
                return Outcome(Verdict.PASSED, "")
            return Outcome(
                Verdict.WRONG_ANSWER, f"got {shown(value)}, expected {_WANTED.get(kind, '')}{shown(expected)}"
            )
        if frame[:1] == Reply.RAISED:
            why, text = answer.exactly(str), answer.exactly(str)
            return Outcome(Verdict.MEMORY_LIMIT if why == MEMORY else Verdict.RUNTIME_ERROR, text)
        if frame[:1] == Reply.REFUSED:
            return Outcome(Verdict.REFUSED_VALUE, answer.exactly(str))
    except RefusedValue as refusal:
        return Outcome(Verdict.REFUSED_VALUE, str(refusal))
    except Exception as error:  # such as comparing Decimal('sNaN'), or showing an integer of 6,000 digits
        return Outcome(Verdict.WRONG_ANSWER, f"an answer that cannot be compared or shown: {type(error).__name__}")
    return Outcome(Verdict.REFUSED_VALUE, "an answer is of no known kind")


def shown(value: object) -> str:
    """Show a value in a few characters, whatever its size."""
    if isinstance(value, Opaque):
        return f"a {value.type_name}, which is no plain data"
    if isinstance(value, tuple) and type(value) is not tuple:
        value = tuple(value)  # reprlib goes by the name of the type, and a named tuple may be called anything
    return reprlib.repr(value)[:80]
