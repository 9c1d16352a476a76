"""The trusted side of a test: asks the candidate for values, compares them, reports verdicts.

A harness for plain suites lives long, as comparing budgeted plain data computes nothing. One for any other suite
judges a single candidate and is thrown away: its tests compute on hostile values, so it is as confined as the
candidate.
"""

import marshal
import os
import reprlib
import socket
import sys
from collections.abc import Callable
from typing import Any

from trl_rlvr.sandbox.candidate.loading import LOADING, MEMORY, MISSING, SYNTAX
from trl_rlvr.sandbox.codec import Budget, Decoder, Opaque, RefusedValue
from trl_rlvr.sandbox.codec.decoder import MALFORMED
from trl_rlvr.sandbox.harness.source_suite import judge_tests
from trl_rlvr.sandbox.harness.stdio_suite import checked_output, same_output
from trl_rlvr.sandbox.protocol.control import (
    ASSIGNMENT,
    DONE,
    FATAL,
    GENERAL,
    PLAIN,
    RAISED,
    RECORD_SIZE,
    RECORDS_AT_ONCE,
    REFUSED,
    STDIO,
    VALUE,
    pack_record,
)
from trl_rlvr.sandbox.protocol.frames import FrameReader, FrameTooLarge, read_file, read_frame, receive_with_fds
from trl_rlvr.verdict import Verdict

Report = Callable[[int, Verdict, str], None]
Rest = tuple[Verdict, str]
"""What the tests that were not reported get, or `ENDED`."""
ENDED: Rest = (Verdict.PASSED, "")
"""Nothing is wrong with what was judged; the tests left open, if any, get what the candidate's exit status says."""

FATAL_VERDICTS = {
    SYNTAX: Verdict.SYNTAX_ERROR,
    MISSING: Verdict.MISSING_ENTRY_POINT,
    LOADING: Verdict.RUNTIME_ERROR,
    MEMORY: Verdict.MEMORY_LIMIT,
}
_TEST_FILE = "tests.py"
"""What a test is told that it is."""
_MAX_FDS = 4
_LARGE_BYTES = 1 << 12


class Reports:
    """Records on their way to the supervisor; each message costs both sides, so what is known together goes together.

    Args:
        channel: to the supervisor.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._held = bytearray()

    def hold(self, test: int, verdict: Verdict, text: str = "") -> None:
        """Report a verdict with the next message."""
        self._held += pack_record(test, verdict, text)
        if len(self._held) == RECORDS_AT_ONCE * RECORD_SIZE:
            self.flush()

    def send(self, test: int, verdict: Verdict, text: str = "") -> None:
        """Report a verdict now."""
        self.hold(test, verdict, text)
        self.flush()

    def flush(self) -> None:
        """Send what is held."""
        if self._held:
            self._channel.send(self._held)
            self._held.clear()


def main(channel: socket.socket) -> None:
    """Judge until the supervisor closes the channel; after a general suite, leave."""
    reports = Reports(channel)
    while True:
        head, fds = receive_with_fds(channel, ASSIGNMENT.size, _MAX_FDS)
        if not head:
            return
        kind, answer_bytes, first = ASSIGNMENT.unpack(head)
        work = marshal.loads(read_file(fds[0]))
        if kind == PLAIN:
            rest = judge_calls(work, fds[1], answer_bytes, reports)
        elif kind == STDIO:
            rest = judge_output(work, first, fds[1], answer_bytes, reports.send)
        else:
            rest = judge_source(work, fds[1], fds[2], answer_bytes, reports.send)
        for fd in fds[1:]:
            os.close(fd)
        reports.send(DONE, *rest)
        if kind == GENERAL:
            return


def judge_calls(expected: list[Any], answers: int, answer_bytes: int, reports: Reports) -> Rest:
    """Compare each answer with the literal that is expected of it; stop where the answers stop."""
    budget = Budget()
    reader = FrameReader(answers)
    for test, value in enumerate(expected):
        if not reader.holds_frame():
            reports.flush()  # the next answer may never come
        try:
            frame = reader.read(answer_bytes)
        except FrameTooLarge:
            return Verdict.OUTPUT_LIMIT, "the answers are longer than they may be"
        if frame is None:
            return ENDED
        answer_bytes -= len(frame)
        if frame[:1] == FATAL:
            return fatal_verdict(frame)
        if len(frame) > _LARGE_BYTES:
            reports.flush()  # judging it may be the end of this process
        reports.hold(test, *_judge_answer(frame, value, budget))
    return ENDED


def _judge_answer(frame: bytes, expected: object, budget: Budget) -> tuple[Verdict, str]:
    answer = Decoder(frame, budget)
    answer.at = 1
    try:
        if frame[:1] == VALUE:
            value = answer.value()
            if value == expected:
                return Verdict.PASSED, ""
            return Verdict.WRONG_ANSWER, f"got {shown(value)}, expected {shown(expected)}"
        if frame[:1] == RAISED:
            why, text = answer.exactly(str), answer.exactly(str)
            return (Verdict.MEMORY_LIMIT if why == MEMORY else Verdict.RUNTIME_ERROR), text
        if frame[:1] == REFUSED:
            return Verdict.REFUSED_VALUE, answer.exactly(str)
    except RefusedValue as refusal:
        return Verdict.REFUSED_VALUE, str(refusal)
    except Exception as error:  # such as comparing Decimal('sNaN'), or showing an integer of 6,000 digits
        return Verdict.WRONG_ANSWER, f"an answer that cannot be compared or shown: {type(error).__name__}"
    return Verdict.REFUSED_VALUE, "an answer is of no known kind"


def shown(value: object) -> str:
    """Show a value in a few characters, whatever its size."""
    if isinstance(value, Opaque):
        return f"a {value.type_name}, which is no plain data"
    if isinstance(value, tuple) and type(value) is not tuple:
        value = tuple(value)  # reprlib goes by the name of the type, and a named tuple may be called anything
    return reprlib.repr(value)[:80]


def fatal_verdict(frame: bytes) -> Rest:
    """Read why a candidate can answer nothing."""
    answer = Decoder(frame)
    answer.at = 1
    try:
        why, text = answer.exactly(str), answer.exactly(str)
    except (RefusedValue, *MALFORMED):
        why, text = LOADING, "a malformed message"
    return FATAL_VERDICTS.get(why, Verdict.RUNTIME_ERROR), text


def judge_source(work: Any, answers: int, requests: int, answer_bytes: int, report: Report) -> Rest:
    """Run test source of any form, unless the candidate says at once that it can answer nothing."""
    names, setup_code, tests = work
    try:
        hello = read_frame(answers, answer_bytes)
    except FrameTooLarge:
        return Verdict.OUTPUT_LIMIT, "the answers are longer than they may be"
    if hello is None:
        return ENDED
    if hello[:1] == FATAL:
        return fatal_verdict(hello)
    try:
        sys.argv = [_TEST_FILE]  # runners read it
        return judge_tests(names, setup_code, tests, (answers, requests), answer_bytes, report)
    except Exception as error:  # a candidate that does not keep to the conversation
        return Verdict.REFUSED_VALUE, f"the tests could not be run: {type(error).__name__}"


def judge_output(work: Any, test: int, output: int, answer_bytes: int, report: Report) -> Rest:
    """Compare all that a program prints with what is expected; its exit status is the supervisor's to know."""
    checker, given, expected = work
    printed = bytearray()
    while piece := os.read(output, 1 << 16):
        printed += piece
        if len(printed) > answer_bytes:
            return Verdict.OUTPUT_LIMIT, f"the output is longer than {answer_bytes} bytes"
    if checker:
        difference = checked_output(checker, given[test], bytes(printed), expected[test])
    else:
        difference = same_output(bytes(printed), expected[test])
    report(test, Verdict.WRONG_ANSWER if difference else Verdict.PASSED, difference)
    return ENDED
