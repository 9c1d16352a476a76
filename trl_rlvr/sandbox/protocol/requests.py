"""The messages of candidate and harness: the kinds of answers, and the requests of the object RPC.

The members of both enums are the bytes themselves, so that a message's first byte compares with them as it was read.
"""

from enum import Enum


class Reply(bytes, Enum):
    """First byte of a candidate's message, and of the answer to a callback."""

    VALUE = b"V"
    RAISED = b"E"
    """An exception."""
    REFUSED = b"R"
    """A value that cannot cross."""
    FATAL = b"F"
    """No call can be answered."""
    CALLBACK = b"K"
    """It asks something of the harness before the answer can follow; a `Request` is next."""

    __hash__ = bytes.__hash__  # as bytes that were read


class Request(bytes, Enum):
    """First byte of a request: what to do with an object of the other side."""

    DESCRIBE = b"D"
    FETCH = b"F"
    CALL = b"C"
    GET = b"A"
    SET = b"S"
    DELETE = b"X"
    OPERATE = b"O"
    NEXT = b"N"
    AWAIT = b"W"

    __hash__ = bytes.__hash__  # as bytes that were read


MAX_REQUEST = 1 << 28
"""Bytes of a request, and of the answer to a callback."""
RECEIVERS, SENDERS = 0, 1
"""Whose object a handle names."""
