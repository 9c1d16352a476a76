"""The candidate's coroutines that a test awaits: all of them run in one event loop, a moment at each request.

A test may await several at once, and they may wait for each other; so none is run to its end while the others stand.
"""

from typing import TYPE_CHECKING, Any

from trl_rlvr.sandbox.protocol.requests import CANCELLED, FINISHED, PENDING

if TYPE_CHECKING:
    import asyncio


class Coroutines:
    """Coroutines of one conversation, as far as they have come."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None
        self._tasks: dict[int, tuple[Any, asyncio.Task[Any]]] = {}
        """What is awaited, which must not go while its id stands for it, and its task."""
        self._cancelled: set[int] = set()
        """Ids of those that the test has cancelled: of others it hears of no such end, which steers its own loop."""

    def clear(self) -> None:
        """Forget what an earlier test has not waited for."""
        self._tasks.clear()
        self._cancelled.clear()

    def run(self, target: Any, patience_s: float, cancels: bool) -> tuple[int, Any]:
        """Run the loop until a coroutine that is awaited has ended, at most for `patience_s` seconds.

        Args:
            target: the awaitable that this request is about; begun if it is not under way.
            patience_s: at 0 as far as it comes without waiting.
            cancels: whether it is to be cancelled first.

        Returns:
            FINISHED and what came of it, or PENDING or CANCELLED and None.

        Raises:
            BaseException: what the coroutine raised.
        """
        import asyncio  # lazy: fork cost

        if self._runner is None:
            self._runner = asyncio.Runner()
        key = id(target)
        if key not in self._tasks:
            self._tasks[key] = target, self._runner.get_loop().create_task(_result_of(target))
        _, task = self._tasks[key]
        if cancels:
            task.cancel()
            self._cancelled.add(key)
        try:
            self._runner.run(_until_one_ends([one for _, one in self._tasks.values()], patience_s))
        finally:
            if task.done():
                del self._tasks[key]
        if not task.done():
            return PENDING, None
        if task.cancelled() and key in self._cancelled:
            self._cancelled.remove(key)
            return CANCELLED, None
        return FINISHED, task.result()


async def _until_one_ends(tasks: "list[asyncio.Task[Any]]", patience_s: float) -> None:
    import asyncio

    await asyncio.wait(tasks, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)


async def _result_of(awaitable: Any) -> Any:
    return await awaitable
