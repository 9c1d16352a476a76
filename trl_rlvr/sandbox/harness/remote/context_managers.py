"""How a block of the candidate's ends in a test: `with Ledger() as ledger:` may swallow what ended it."""

from typing import TYPE_CHECKING, Any

from trl_rlvr.sandbox.harness.failure_marks import is_failure, left_unchecked
from trl_rlvr.sandbox.protocol.requests import OPERATE

if TYPE_CHECKING:
    from trl_rlvr.sandbox.harness.remote.connection import Link
    from trl_rlvr.sandbox.harness.remote.proxies import RemoteObject


def leave(link: "Link", remote: "RemoteObject", kind: type[BaseException] | None, error: BaseException | None) -> bool:
    """Have the candidate's object end a block, and say whether it swallows what ended it.

    It may swallow any exception but the test's own failure, and what its own objects raised in the middle of something
    that the test asserts: that would be a check that nobody made.
    """
    return _answer(link, remote, "__exit__", kind, error) is True


async def leave_later(
    link: "Link", remote: "RemoteObject", kind: type[BaseException] | None, error: BaseException | None
) -> bool:
    """Do the same at the end of an `async with`."""
    answer = _answer(link, remote, "__aexit__", kind, error)
    return answer is not False and await answer is True


def _answer(
    link: "Link", remote: "RemoteObject", how: str, kind: type[BaseException] | None, error: BaseException | None
) -> Any:
    if error is not None and is_failure(error):
        return False
    unchecked = error is not None and (link.holding.active or left_unchecked(error))
    args = getattr(error, "args", ())
    if isinstance(error, BaseExceptionGroup):
        kind, args = Exception, (str(error),)  # what it holds are the test's, which the candidate cannot raise
    answer = link.request(OPERATE, how, (remote, kind, args))
    return False if unchecked else answer
