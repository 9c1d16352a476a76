"""Coroutines that a test awaits: several at once, with a limit in time, cancelled, or stepped by hand."""

from support.honest import honest

CHANNEL = """
import asyncio
class Channel:
    def __init__(self): self.items, self.arrived, self.log = [], asyncio.Event(), []
    async def put(self, x):
        self.log.append('put')
        self.items.append(x)
        self.arrived.set()
    async def get(self):
        self.log.append('get')
        while not self.items:
            self.arrived.clear()
            await self.arrived.wait()
        return self.items.pop(0)
"""
SLOW = """
import asyncio
LOG = []
async def slow(x, delay):
    try:
        await asyncio.sleep(delay)
        return 2 * x
    except asyncio.CancelledError:
        LOG.append(x)
        raise
    finally:
        LOG.append('over')
def log(): return LOG
"""
COUNTS = "import asyncio\nasync def double(x):\n    for _ in range(x): await asyncio.sleep(0)\n    return 2 * x"

PROGRAMS = {
    "coroutines_that_wait_for_each_other": honest(
        CHANNEL,
        """
        import asyncio
        async def main():
            channel = Channel()
            got = await asyncio.gather(channel.get(), channel.get(), channel.put(1), channel.put(2))
            assert got == [1, 2, None, None]
            return channel.log
        assert asyncio.run(main()) == ['get', 'get', 'put', 'put']
        """,
        """
        import asyncio
        async def main():
            channel = Channel()
            taker = asyncio.create_task(channel.get())
            await asyncio.sleep(0.001)
            assert not taker.done()
            await channel.put('x')
            return await taker
        assert asyncio.run(main()) == 'x'
        """,
        wrong=("return self.items.pop(0)", "self.items.pop(0)"),
        entry_point="Channel",
    ),
    "a_limit_in_time": honest(
        SLOW,
        """
        import asyncio
        async def main():
            try:
                await asyncio.wait_for(slow(3, 60), 0.01)
            except asyncio.TimeoutError:
                return log()
        assert asyncio.run(main()) == [3, 'over']
        """,
        "import asyncio\nassert asyncio.run(asyncio.wait_for(slow(4, 0.001), 60)) == 8",
        wrong=("LOG.append(x)", "LOG.append(0)"),
        entry_points=("slow", "log"),
    ),
    "cancelled": honest(
        SLOW,
        """
        import asyncio
        async def main():
            task = asyncio.create_task(slow(5, 60))
            await asyncio.sleep(0.001)
            task.cancel()
            try: await task
            except asyncio.CancelledError: return log(), task.cancelled()
        assert asyncio.run(main()) == ([5, 'over'], True)
        """,
        wrong=("LOG.append('over')", "LOG.append('done')"),
        entry_points=("slow", "log"),
    ),
    "a_cancellation_that_it_outlives": honest(
        SLOW.replace("        raise\n", "        return -x\n"),
        """
        import asyncio
        async def main():
            task = asyncio.create_task(slow(5, 60))
            await asyncio.sleep(0.001)
            task.cancel()
            return await task
        assert asyncio.run(main()) == -5
        """,
        wrong=("return -x", "return x"),
        entry_points=("slow", "log"),
    ),
    "in_the_order_in_which_they_end": honest(
        SLOW,
        """
        import asyncio
        async def main():
            done = []
            async def note(x, delay): done.append(await slow(x, delay))
            await asyncio.gather(note(1, 0.6), note(2, 0.3), note(3, 0))
            return done
        assert asyncio.run(main()) == [6, 4, 2]
        """,
        wrong=("sleep(delay)", "sleep(0.6 - delay)"),
        entry_points=("slow", "log"),
    ),
    "stepped_by_hand": honest(
        COUNTS,
        """
        one = double(3)
        steps = 0
        try:
            while True:
                one.send(None)
                steps += 1
        except StopIteration as stop:
            assert stop.value == 6
        """,
        "one = double(0)\ntry: one.send(None)\nexcept StopIteration as stop: assert stop.value == 0",
        "import asyncio\nassert asyncio.run(double(5)) == 10",
        wrong=("2 * x", "3 * x + 1"),
        entry_point="double",
    ),
}
