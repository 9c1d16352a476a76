"""The messages of trainer, supervisor, fork server and harness.

Trainer and supervisor exchange `Job`s and results; supervisor and fork server orders and notices; candidate and
harness get work that the trainer has packed; a harness reports records of fixed length. Nothing in this module carries
a candidate's values: those go through `codec`, past the supervisor.
"""

import json
import marshal
import operator
import struct
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, TypedDict

from trl_rlvr.sandbox.limits import Limits
from trl_rlvr.verdict import Verdict

LITERAL, ROUNDS, SOURCE, STDIO, TOGETHER = b"L", b"R", b"S", b"I", b"T"
"""Kinds of a suite: calls compared with literals, all at once; the same in several rounds; any test source; whole
programs on standard input; any test source in one process with the solution."""
CONVERSATIONS = (ROUNDS, SOURCE)
"""Kinds in which the harness sends requests to the candidate."""

CANDIDATE, HARNESS = b"c", b"h"
"""Roles of a forked child."""

ORDER = struct.Struct("<ccIIB")
"""To the fork server: FORK, KILL or WHO, role, child number, hard CPU limit in seconds, suite kind as a number."""
FORK, KILL, WHO = b"F", b"K", b"W"
"""WHO asks for a notice of a child's pid: most candidates end before anybody needs it."""

NOTICE = struct.Struct("<cIiidd??")
"""From the fork server: RUNS or EXITED, child number, pid, wait status, user and system CPU seconds, if by order, if
scratch has no room left. What follows says why the child could not be made or confined."""
RUNS, EXITED = b"R", b"X"
MAX_FAULT = 400
"""Bytes of that reason."""

ASSIGNMENT = struct.Struct("<cIH")
"""To a harness: suite kind, bytes that the candidate may answer, number of the first test."""


JOB_BYTES = 1 << 30
"""Largest size of a packed job."""

VERDICTS = tuple(Verdict)
_VERDICT_NUMBERS = {verdict: number for number, verdict in enumerate(VERDICTS)}
MAX_TEXT = 200
_RECORD = struct.Struct(f"<HBB{MAX_TEXT}s")
RECORD_SIZE = _RECORD.size
RECORDS_AT_ONCE = 64
"""Largest number of records in one message of a harness."""
DONE = 0xFFFF
"""Test number of the record with which a harness ends its report."""


def pack_record(test: int, verdict: Verdict, text: str = "") -> bytes:
    """Write a test's verdict, with one line about it, as a record of fixed length."""
    data = printable(text).encode("ascii")
    return _RECORD.pack(test, _VERDICT_NUMBERS[verdict], len(data), data)


def unpack_record(data: bytes) -> tuple[int, Verdict, str]:
    """Read a record.

    Raises:
        ValueError: it is malformed.
    """
    if len(data) != RECORD_SIZE:
        raise ValueError(f"a record of {len(data)} bytes")
    test, number, size, text = _RECORD.unpack(data)
    if number >= len(VERDICTS):
        raise ValueError(f"a record with verdict {number}")
    return test, VERDICTS[number], printable(text[:size].decode("ascii", "replace")) if size else ""


def printable(text: str) -> str:
    """Cut to one line of at most 200 printable ASCII characters; everything else is escaped or becomes a space."""
    line = " ".join(text[: 4 * MAX_TEXT].split())
    if not (line.isascii() and line.isprintable()):
        line = "".join(
            char if " " <= char <= "~" else char.encode("ascii", "backslashreplace").decode("ascii") for char in line
        )
        line = "".join(char if " " <= char <= "~" else "?" for char in line)
    return line[:MAX_TEXT]


_MARSHAL_VERSION = 2
"""The last that writes each value anew: a later one would share what happens to be the same object."""
_limit_values = operator.attrgetter(*(field.name for field in fields(Limits)))
_limits = lru_cache(maxsize=4096)(Limits)
"""Makes limits of their values; checking those again for each program would take longer than to look them up."""


def pack_work(work: Any) -> bytes:
    """Write what candidate or harness is to do: nested plain data of ours, which no program has touched."""
    return marshal.dumps(work, _MARSHAL_VERSION)


class Answer(TypedDict):
    """A worker's answer to a job."""

    tests: list[tuple[str, str]]
    """A verdict's value and a line about it, for each test."""
    cpu_s: float
    wall_s: float
    retried: int
    restarts: int


@dataclass(frozen=True, slots=True)
class Job:
    """One program for a worker."""

    kind: bytes
    tests: int
    limits: Limits
    candidate: bytes
    """The candidate's share: its code and the calls."""
    harness: bytes
    """The harness's share: the tests and the values that they expect."""
    inputs: tuple[bytes, ...] = ()
    """Standard input of each run, for a suite of that kind."""
    alone: bool = False
    """Whether the harness runs the problem's own code on the answers, and so serves no other program."""

    def pack(self) -> bytes:
        """Write the job as one frame."""
        blobs = (self.candidate, self.harness, *self.inputs)
        told = self.kind.decode(), self.tests, _limit_values(self.limits), self.alone, [*map(len, blobs)]
        head = json.dumps(told).encode()
        return b"".join((struct.pack("<I", len(head)), head, *blobs))

    @classmethod
    def unpack(cls, data: bytes) -> "Job":
        """Read a job."""
        (size,) = struct.unpack_from("<I", data)
        at = 4 + size
        kind, tests, limits, alone, sizes = json.loads(data[4:at])
        blobs = []
        for size in sizes:
            blobs.append(data[at : at + size])
            at += size
        return cls(kind.encode(), tests, _limits(*limits), blobs[0], blobs[1], tuple(blobs[2:]), alone)
