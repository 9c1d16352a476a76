"""The untrusted side: defines the solution and answers calls with plain data.

Everything here runs in the candidate's own process and may be tampered with by the code that it runs; nothing here is
trusted. It holds the solution and the arguments of the calls, never a test and never an expected value.
"""

import _random
import os
import random
from marshal import loads
from typing import Any

from trl_rlvr.sandbox.candidate.connection import serve
from trl_rlvr.sandbox.candidate.loading import Fatal, load
from trl_rlvr.sandbox.candidate.script import run_script
from trl_rlvr.sandbox.codec import Encoder, RefusedValue
from trl_rlvr.sandbox.protocol.control import ROUNDS, SOURCE, STDIO
from trl_rlvr.sandbox.protocol.frames import read_file, read_frame, write_frame
from trl_rlvr.sandbox.protocol.outcomes import MEMORY, describe
from trl_rlvr.sandbox.protocol.requests import MAX_REQUEST, Reply

_GENERATOR: random.Random = random.seed.__self__  # type: ignore[attr-defined]
"""The generator behind the functions of `random`."""


def _answer_calls(namespace: dict[str, Any], calls: list[Any], requests: int, reply: int) -> None:
    """Answer the calls of a literal suite one by one, each as soon as it has returned, until no more are asked.

    Args:
        namespace: the solution's.
        calls: the first round.
        requests: pipe that the other rounds come from; -1: there are none.
        reply: pipe for the answers.
    """
    instances: dict[int, Any] = {}
    while True:
        for call in calls:
            write_frame(reply, _answer(namespace, instances, *call))
        frame = read_frame(requests, MAX_REQUEST) if requests >= 0 else None
        if frame is None:
            return
        calls = loads(frame)


def _answer(
    namespace: dict[str, Any],
    instances: dict[int, Any],
    number: int,
    name: str,
    method: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    of_truth: bool,
) -> bytes:
    try:
        function = namespace.get(name)
        if method:
            if number not in instances:
                instances[number] = function()  # type: ignore[misc]
            function = getattr(instances[number], method)
        value = function(*args, **kwargs)  # type: ignore[misc]
        if of_truth:
            value = bool(value)
    except MemoryError as error:
        return Reply.RAISED + _strings(MEMORY, describe(error))
    except BaseException as error:
        return Reply.RAISED + _strings("", describe(error))
    encoder = Encoder()
    try:
        encoder.value(value)
    except MemoryError as error:
        return Reply.RAISED + _strings(MEMORY, describe(error))
    except (RefusedValue, RecursionError) as error:
        return Reply.REFUSED + _strings(str(error))
    except BaseException as error:
        return Reply.REFUSED + _strings(describe(error))
    return Reply.VALUE + encoder.out


def _strings(*texts: str) -> bytes:
    encoder = Encoder()
    for text in texts:
        encoder.value(text)
    return bytes(encoder.out)


def main(kind: bytes, fds: list[int]) -> None:
    """Do a candidate's work.

    Args:
        kind: of the suite.
        fds: the payload, then the pipes for answers and, in a general suite, requests; or standard input and output.
    """
    # Or all candidates of a server would draw the same numbers. What `random.seed` does besides costs a dozen pages.
    _random.Random.seed(_GENERATOR, int.from_bytes(os.urandom(16), "little"))
    source, names, calls, prelude = loads(read_file(fds[0]))
    if kind == STDIO:
        run_script(source, prelude, fds[1], fds[2])
        return
    reply = fds[1]
    try:
        namespace = load(source, names, prelude)
    except Fatal as fatal:
        write_frame(reply, Reply.FATAL + _strings(*fatal.args))
        return
    if kind == SOURCE:
        serve(namespace, fds[2], reply)
    else:
        _answer_calls(namespace, loads(calls), fds[2] if kind == ROUNDS else -1, reply)
