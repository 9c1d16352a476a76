"""How a block of the candidate's ends in a test: `with Ledger() as ledger:` may swallow what ended it."""

from typing import Any

from trl_rlvr.sandbox.harness.failure_marks import has_aborted, is_failure
from trl_rlvr.sandbox.harness.remote.interfaces import Asks
from trl_rlvr.sandbox.protocol.requests import Request


def exit_block(connection: Asks, remote: object, kind: type[BaseException] | None, error: BaseException | None) -> bool:
    """Have the candidate's object end a block, and say whether it swallows what ended it.

    It may swallow any exception but the test's own failure, and what its own objects raised in the middle of something
    that the test asserts: that would be a check that nobody made.
    """
    return _answer(connection, remote, "__exit__", kind, error) is True


async def exit_async_block(
    connection: Asks, remote: object, kind: type[BaseException] | None, error: BaseException | None
) -> bool:
    """Do the same at the end of an `async with`."""
    answer = _answer(connection, remote, "__aexit__", kind, error)
    return answer is not False and await answer is True


def _answer(
    connection: Asks,
    remote: object,
    how: str,
    kind: type[BaseException] | None,
    error: BaseException | None,
) -> Any:
    if error is not None and is_failure(error):
        return False
    aborted = error is not None and (connection.is_comparing or has_aborted(error))
    args = getattr(error, "args", ())
    if isinstance(error, BaseExceptionGroup):
        kind, args = Exception, (str(error),)  # what it holds are the test's, which the candidate cannot raise
    answer = connection.request(Request.OPERATE, how, (remote, kind, args))
    return False if aborted else answer
