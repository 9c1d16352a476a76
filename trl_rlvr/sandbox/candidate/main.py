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
from trl_rlvr.sandbox.protocol.control import SOURCE, STDIO
from trl_rlvr.sandbox.protocol.frames import read_file, write_frame
from trl_rlvr.sandbox.protocol.outcomes import MEMORY, describe
from trl_rlvr.sandbox.protocol.requests import FATAL, RAISED, REFUSED, VALUE

_GENERATOR: random.Random = random.seed.__self__  # type: ignore[attr-defined]
"""What the functions of `random` draw from."""


def _answer_calls(namespace: dict[str, Any], calls: list[Any], reply: int) -> None:
    """Answer the calls of a plain suite one by one, each as soon as it has returned."""
    for name, args, kwargs in calls:
        write_frame(reply, _answer(namespace, name, args, kwargs))


def _answer(namespace: dict[str, Any], callee: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Call a function, or a method of a new object where the callee is written `Solution().method`."""
    name, _, method = callee.partition("().")
    try:
        function = namespace.get(name)
        value = (getattr(function(), method) if method else function)(*args, **kwargs)  # type: ignore[misc]
    except MemoryError as error:
        return RAISED + _strings(MEMORY, describe(error))
    except BaseException as error:
        return RAISED + _strings("", describe(error))
    encoder = Encoder()
    try:
        encoder.value(value)
    except MemoryError as error:
        return RAISED + _strings(MEMORY, describe(error))
    except (RefusedValue, RecursionError) as error:
        return REFUSED + _strings(str(error))
    except BaseException as error:
        return REFUSED + _strings(describe(error))
    return VALUE + encoder.out


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
        write_frame(reply, FATAL + _strings(*fatal.args))
        return
    if kind == SOURCE:
        serve(namespace, fds[2], reply)
    else:
        _answer_calls(namespace, loads(calls), reply)
