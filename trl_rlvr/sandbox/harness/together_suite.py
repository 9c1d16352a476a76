"""Takes the verdicts that come out of a process in which solution and tests run together."""

from typing import Any

from trl_rlvr.sandbox.harness.reports import Reports
from trl_rlvr.sandbox.protocol.control import RECORD_SIZE, unpack_record
from trl_rlvr.sandbox.protocol.frames import read_exactly
from trl_rlvr.sandbox.protocol.outcomes import Outcome
from trl_rlvr.verdict import Verdict

_FORGED = Outcome(Verdict.REFUSED_VALUE, "something other than a verdict was written where verdicts come from")


def take_verdicts(work: Any, answers: int, reports: Reports) -> Outcome | None:
    """Report each verdict that bears the token of this run, in the order of the tests, until one does not.

    Args:
        work: the token, and how many tests there are.
        answers: pipe that the verdicts come from.
        reports: where they go.

    Returns:
        What the other tests get; None: what the end of the process says.
    """
    token, tests = work
    for test in range(tests):
        record = read_exactly(answers, len(token) + RECORD_SIZE)
        if record is None:
            return None
        if record[: len(token)] != token:
            return _FORGED
        try:
            number, verdict, text = unpack_record(record[len(token) :])
        except ValueError:
            return _FORGED
        if number != test:
            return _FORGED
        reports.send(test, verdict, text)
    return None
