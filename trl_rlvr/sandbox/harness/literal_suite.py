"""Judges a literal suite: each answer of the candidate against the value that a test expects."""

import reprlib
from typing import Any

from trl_rlvr.sandbox.codec import Budget, Decoder, Opaque, RefusedValue
from trl_rlvr.sandbox.harness.reports import Reports, fatal_outcome
from trl_rlvr.sandbox.protocol.frames import FrameReader, FrameTooLarge
from trl_rlvr.sandbox.protocol.outcomes import MEMORY, Outcome
from trl_rlvr.sandbox.protocol.requests import FATAL, RAISED, REFUSED, VALUE
from trl_rlvr.verdict import Verdict

_LARGE_BYTES = 1 << 12


def judge_calls(expected: list[Any], answers: int, answer_bytes: int, reports: Reports) -> Outcome | None:
    """Compare each answer with the literal that is expected of it; stop where the answers stop."""
    budget = Budget()
    reader = FrameReader(answers)
    for test, value in enumerate(expected):
        if not reader.holds_frame():
            reports.flush()  # the next answer may never come
        try:
            frame = reader.read(answer_bytes)
        except FrameTooLarge:
            return Outcome(Verdict.OUTPUT_LIMIT, "the answers are longer than they may be")
        if frame is None:
            return None
        answer_bytes -= len(frame)
        if frame[:1] == FATAL:
            return fatal_outcome(frame)
        if len(frame) > _LARGE_BYTES:
            reports.flush()  # judging it may be the end of this process
        reports.hold(test, *_judge_answer(frame, value, budget))
    return None


def _judge_answer(frame: bytes, expected: object, budget: Budget) -> Outcome:
    answer = Decoder(frame, budget)
    answer.at = 1
    try:
        if frame[:1] == VALUE:
            value = answer.value()
            if value == expected:
                return Outcome(Verdict.PASSED, "")
            return Outcome(Verdict.WRONG_ANSWER, f"got {shown(value)}, expected {shown(expected)}")
        if frame[:1] == RAISED:
            why, text = answer.exactly(str), answer.exactly(str)
            return Outcome(Verdict.MEMORY_LIMIT if why == MEMORY else Verdict.RUNTIME_ERROR, text)
        if frame[:1] == REFUSED:
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
