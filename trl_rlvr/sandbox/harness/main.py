"""The trusted side of a test: asks the candidate for values, compares them, reports verdicts.

A harness for literal suites lives long: comparing plain data under a budget computes nothing. A harness for any other
suite judges a single candidate and is thrown away: its tests compute on hostile values, so it is as confined as the
candidate.
"""

import marshal
import os
import socket

from trl_rlvr.sandbox.harness.literal_suite import judge_calls
from trl_rlvr.sandbox.harness.reports import NO_FAULT, Reports
from trl_rlvr.sandbox.harness.source_suite import judge_source
from trl_rlvr.sandbox.harness.stdio_suite import judge_output
from trl_rlvr.sandbox.harness.together_suite import take_verdicts
from trl_rlvr.sandbox.protocol.control import (
    ASSIGNMENT,
    DONE,
    ROUNDS,
    SOURCE,
    STDIO,
    TOGETHER,
)
from trl_rlvr.sandbox.protocol.frames import read_file, receive_with_fds

_MAX_FDS = 4


def main(channel: socket.socket) -> None:
    """Judge until the supervisor closes the channel; after a general suite, leave."""
    reports = Reports(channel)
    while True:
        head, fds = receive_with_fds(channel, ASSIGNMENT.size, _MAX_FDS)
        if not head:
            return
        kind, answer_bytes, first = ASSIGNMENT.unpack(head)
        work = marshal.loads(read_file(fds[0]))
        if kind == STDIO:
            fault = judge_output(work, first, fds[1], answer_bytes, reports.send)
        elif kind == TOGETHER:
            fault = take_verdicts(work, fds[1], reports)
        elif kind != SOURCE:
            fault = judge_calls(work, fds[1], fds[2] if kind == ROUNDS else -1, answer_bytes, reports)
        else:
            fault = judge_source(work, fds[1], fds[2], answer_bytes, reports.send)
        for fd in fds[1:]:
            os.close(fd)
        reports.send(DONE, *(fault or NO_FAULT))
        if kind == SOURCE:
            return
