"""What candidate and harness say to each other: the kinds of answers, and the requests of the object RPC."""

VALUE, RAISED, REFUSED, FATAL = b"V", b"E", b"R", b"F"
"""First byte of a candidate's answer: a value; an exception; a value that cannot cross; no call can be answered."""
CALLBACK = b"K"
"""First byte of a candidate's message that asks for something of the harness before the answer can follow."""
DESCRIBE, FETCH, CALL, GET, SET, DELETE, OPERATE, NEXT, AWAIT, BASE, LOOK = (
    b"D", b"F", b"C", b"A", b"S", b"X", b"O", b"N", b"W", b"B", b"L",
)  # fmt: skip
"""First byte of a request: what it asks to be done with an object of the other side."""
PENDING, FINISHED, CANCELLED = range(3)
"""How far an awaited coroutine has come, in the answer to AWAIT: this and what came of it."""
MAX_REQUEST = 1 << 28
RECEIVERS, SENDERS = 0, 1
"""Whose object a handle names: the receiver's or the sender's."""
