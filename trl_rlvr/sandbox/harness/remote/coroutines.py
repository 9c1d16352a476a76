"""What a test awaits for a coroutine of the candidate's, which runs on its side a moment at each request."""

from typing import Any

from trl_rlvr.sandbox.harness.remote.interfaces import Asks
from trl_rlvr.sandbox.protocol.requests import CANCELLED, FINISHED, PENDING, Request
from trl_rlvr.verdict import Verdict

_TURN_S = 0.005
"""How long the candidate's coroutines run on before the test's own have a turn, where none of them ends."""


async def coroutine_proxy(connection: Asks, remote: object) -> Any:
    """Have the candidate's coroutine run on its side while a test awaits it, in turn with what else the test awaits."""
    import asyncio  # lazy: fork cost

    patience_s, cancels, may_be_cancelled = 0.0, False, False
    while True:
        answer = connection.request(Request.AWAIT, remote, patience_s, cancels)
        how, outcome = answer if type(answer) is tuple and len(answer) == 2 else (None, None)
        if how == FINISHED:
            return outcome
        if how == CANCELLED and may_be_cancelled:
            raise asyncio.CancelledError
        if how != PENDING:
            raise connection.fail(Verdict.REFUSED_VALUE, "an answer does not say how far a coroutine has come")
        patience_s, cancels = _TURN_S, False
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            cancels = may_be_cancelled = True
