"""Judges what a whole program printed, for standard-input problems.

It is compared with what was expected, whole: a prefix of the expected output is not the output. A problem with more
than one right output brings a checker.
"""

import inspect
import math
import os
import re
from collections.abc import Callable
from typing import Any

from trl_rlvr.analysis.conventions import CHECKER
from trl_rlvr.sandbox.harness.reports import Report
from trl_rlvr.sandbox.protocol.outcomes import Outcome, describe
from trl_rlvr.verdict import Verdict


class CheckerFault(Exception):  # noqa: N818 - a condition that becomes a verdict which says nothing about the program
    """A problem's checker could not be asked, or left in place of answering."""


_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)


def same_output(
    printed: bytes, expected: str, tolerance: float = 1e-6, numbers: str = "text", case: str = "exact"
) -> str:
    """Compare what a program printed with what was expected, line by line and token by token.

    Args:
        printed: all that it printed.
        expected: all that it should have printed.
        tolerance: largest absolute or relative difference of a number from one that is expected with a fraction.
        numbers: `text` wants whole numbers to the letter; `value` takes `2.0` for `2`.
        case: `any` takes `Yes` for `YES`; `exact` does not.

    Returns:
        What differs, in one line; empty if nothing does.
    """
    try:
        text = printed.decode("utf-8")
    except UnicodeDecodeError:
        return "the output is not UTF-8"
    if case == "any":
        text, expected = text.casefold(), expected.casefold()
    got, wanted = _lines(text), _lines(expected)
    for number, (line, other) in enumerate(zip(got, wanted, strict=False), start=1):
        if line != other and not _same_line(line.split(), other.split(), tolerance, numbers):
            return f"line {number} of the output differs: {line[:60]!r}"
    if len(got) != len(wanted):
        return f"the output has {len(got)} lines instead of {len(wanted)}"
    return ""


def checked_output(checker: str, given: str, printed: bytes, expected: str) -> str:
    """Ask a problem's own checker about what a program printed.

    Args:
        checker: Python source that defines `check_output(given, printed, expected)`; trusted, what it reads is not.
        given: the program's input.
        printed: all that it printed.
        expected: one output that is right.

    Returns:
        Why the output is not accepted, in one line; empty if it is. A checker that raises does not accept.

    Raises:
        CheckerFault: the source defines no checker that can be called, or the checker ended with `sys.exit`.
    """
    try:
        text = printed.decode("utf-8")
    except UnicodeDecodeError:
        return "the output is not UTF-8"
    ask = _load_checker(checker)
    try:
        accepted = ask(given, text, expected)
    except Exception as error:  # most checkers simply fail on output that they cannot read
        return f"the checker raised {type(error).__name__} on {text[:60]!r}"
    except BaseException as error:
        raise CheckerFault(f"the problem's checker ended with {describe(error)[:100]}") from error
    return "" if accepted else f"the checker does not accept {text[:60]!r}"


def _load_checker(source: str) -> Callable[[str, str, str], Any]:
    namespace: dict[str, Any] = {"__name__": "checker"}
    try:
        exec(source, namespace)
        checker: Callable[[str, str, str], Any] = namespace[CHECKER]
        inspect.signature(checker).bind("", "", "")
    except BaseException as error:  # whatever it is, no program had to do with it
        raise CheckerFault(f"the problem's checker cannot be asked: {describe(error)[:100]}") from error
    return checker


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _same_line(got: list[str], wanted: list[str], tolerance: float, numbers: str) -> bool:
    return len(got) == len(wanted) and all(
        one == other or _close(one, other, tolerance, numbers) for one, other in zip(got, wanted, strict=True)
    )


def _close(one: str, other: str, tolerance: float, numbers: str) -> bool:
    if len(one) > 400 or _NUMBER.match(one) is None or _NUMBER.match(other) is None:
        return False
    if other.lstrip("+-").isdigit():
        # Whole numbers must be given to the letter; by value they must be exactly the same.
        return numbers == "value" and _is_whole(one, other)
    numbers_of = float(one), float(other)
    if any(math.isinf(number) for number in numbers_of) or _is_disguised_zero(one) or _is_disguised_zero(other):
        return False  # too large for a float, or text that only looks like a number: those are compared as text
    return math.isclose(*numbers_of, rel_tol=tolerance, abs_tol=tolerance)


def _is_disguised_zero(number: str) -> bool:
    """Say whether the exponent of a zero tells it from other zeros, as in `0e4620974`, a hash."""
    mantissa, _, exponent = number.lower().partition("e")
    return bool(exponent) and not mantissa.strip("+-.0")


def _is_whole(one: str, other: str) -> bool:
    """Say whether a number is the whole one that is expected, digit by digit, whatever its fraction of zeros."""
    whole, point, fraction = one.partition(".")
    if not point or fraction.strip("0"):
        return False
    return _digits(whole) == _digits(other)


def _digits(number: str) -> str:
    digits = number.lstrip("+-").lstrip("0") or "0"
    return f"-{digits}" if number[:1] == "-" and digits != "0" else digits


def judge_output(work: Any, test: int, output: int, answer_bytes: int, report: Report) -> Outcome | None:
    """Compare all that a program prints with what is expected; its exit status is the supervisor's to know."""
    checker, given, expected, numbers, case = work
    printed = bytearray()
    while piece := os.read(output, 1 << 16):
        printed += piece
        if len(printed) > answer_bytes:
            return Outcome(Verdict.OUTPUT_LIMIT, f"the output is longer than {answer_bytes} bytes")
    if checker:
        try:
            difference = checked_output(checker, given[test], bytes(printed), expected[test])
        except CheckerFault as fault:
            return Outcome(Verdict.SANDBOX_ERROR, str(fault))
    else:
        difference = same_output(bytes(printed), expected[test], numbers=numbers, case=case)
    report(test, Verdict.WRONG_ANSWER if difference else Verdict.PASSED, difference)
    return None
