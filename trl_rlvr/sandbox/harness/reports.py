"""Verdicts on their way from the harness to the supervisor."""

import socket
from collections.abc import Callable

from trl_rlvr.sandbox.codec import Decoder, RefusedValue
from trl_rlvr.sandbox.codec.decoder import MALFORMED
from trl_rlvr.sandbox.protocol.control import RECORD_SIZE, RECORDS_AT_ONCE, pack_record
from trl_rlvr.sandbox.protocol.outcomes import FATAL_VERDICTS, LOADING, Outcome
from trl_rlvr.verdict import Verdict

Report = Callable[[int, Verdict, str], None]
NO_FAULT = Outcome(Verdict.PASSED, "")
"""Ends a report when judging went well: tests without an answer get what the candidate's exit status says."""


class Reports:
    """Records on their way to the supervisor; each message costs both sides, so what is known together goes together.

    Args:
        channel: to the supervisor.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._queued = bytearray()

    def queue(self, test: int, verdict: Verdict, text: str = "") -> None:
        """Report a verdict with the next message."""
        self._queued += pack_record(test, verdict, text)
        if len(self._queued) == RECORDS_AT_ONCE * RECORD_SIZE:
            self.flush()

    def send(self, test: int, verdict: Verdict, text: str = "") -> None:
        """Report a verdict now."""
        self.queue(test, verdict, text)
        self.flush()

    def flush(self) -> None:
        """Send what is queued."""
        if self._queued:
            self._channel.send(self._queued)
            self._queued.clear()


def fatal_outcome(frame: bytes) -> Outcome:
    """Read why a candidate can answer nothing."""
    answer = Decoder(frame)
    answer.at = 1
    try:
        why, text = answer.exactly(str), answer.exactly(str)
    except (RefusedValue, *MALFORMED):
        why, text = LOADING, "a malformed message"
    return Outcome(FATAL_VERDICTS.get(why, Verdict.RUNTIME_ERROR), text)
