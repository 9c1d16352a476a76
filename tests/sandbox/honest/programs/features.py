"""Honest programs that lean on the rest of the language: syntax, output, time, coroutines, annotations, scopes."""

from support.honest import honest

PROGRAMS = {
    "lambda_by_name": honest("double = lambda x: 2 * x", "assert double(4) == 8", wrong=("2 *", "3 *")),
    "nested_functions": honest(
        "def f(x):\n    def g(y): return y + x\n    return g(x)", "assert f(2) == 4", wrong=("y + x", "y - x")
    ),
    "comprehensions": honest(
        "def f(n): return {k: {v for v in range(k)} for k in range(n)}",
        "assert f(3) == {0: set(), 1: {0}, 2: {0, 1}}",
        wrong=("range(k)}", "range(k + 1)}"),
    ),
    "walrus_and_match": honest(
        """
        def kind(x):
            match x:
                case {'a': int(n)} if (m := n + 1) > 2: return m
                case [first, *rest]: return [first, len(rest)]
                case str() as s: return s.upper()
                case _: return None
        """,
        "assert kind({'a': 2}) == 3",
        "assert kind([1, 2, 3]) == [1, 2]",
        "assert kind('x') == 'X'",
        "assert kind(1.5) is None",
        wrong=("n + 1", "n + 2"),
    ),
    "printing_much": honest(
        "def f(n):\n    for i in range(20000): print('line', i)\n    return n",
        "assert f(1) == 1",
        wrong=("return n", "return 0"),
    ),
    "printing_to_standard_error": honest(
        "import sys\ndef f(n):\n    print('x' * 1000, file=sys.stderr)\n    return n",
        "assert f(1) == 1",
        wrong=("return n", "return 0"),
    ),
    "printing_while_imported": honest(
        "print('hello' * 1000)\ndef f(n): return n", "assert f(1) == 1", wrong=("return n", "return 0")
    ),
    "two_seconds_of_honest_work": honest(
        """
        import time
        def work(n):
            end = time.process_time() + 1.9
            while time.process_time() < end: n += 0
            return n
        """,
        "assert work(5) == 5",
        wrong=("return n", "return 0"),
    ),
    "a_short_sleep": honest(
        "import time\ndef f(n):\n    time.sleep(0.2)\n    return n", "assert f(1) == 1", wrong=("return n", "return 0")
    ),
    "coroutine_run_by_the_solution": honest(
        """
        import asyncio
        async def double(x):
            await asyncio.sleep(0)
            return 2 * x
        def doubles(xs):
            async def main(): return await asyncio.gather(*(double(x) for x in xs))
            return asyncio.run(main())
        """,
        "assert doubles([1, 2]) == [2, 4]",
        wrong=("2 * x", "3 * x"),
    ),
    "coroutine_run_by_the_test": honest(
        "import asyncio\nasync def double(x):\n    await asyncio.sleep(0.001)\n    return 2 * x",
        "import asyncio\nassert asyncio.run(double(4)) == 8",
        wrong=("2 * x", "3 * x"),
        entry_point="double",
    ),
    "asynchronous_generator": honest(
        """
        import asyncio
        async def count(n):
            for i in range(n): yield i
        def collect(n):
            async def main(): return [i async for i in count(n)]
            return asyncio.run(main())
        """,
        "assert collect(3) == [0, 1, 2]",
        wrong=("yield i", "yield -i"),
    ),
    "future_annotations": honest(
        "from __future__ import annotations\ndef f(x: Nowhere) -> Never: return x + 1",
        "assert f(1) == 2",
        wrong=("+ 1", "+ 2"),
    ),
    "type_hints_read_by_the_solution": honest(
        """
        import typing
        def f(x: int, y: 'str') -> list[int]: return [x]
        def hints():
            found = typing.get_type_hints(f)
            return sorted(found) == ['return', 'x', 'y'] and found['y'] is str
        """,
        "assert hints() is True",
        wrong=("'str'", "'int'"),
    ),
    "type_hints_read_by_the_test": honest(
        "def f(x: int) -> str: return str(x)",
        "import typing\nassert typing.get_type_hints(f) == {'x': int, 'return': str}",
        wrong=("x: int", "x: float"),
        entry_point="f",
    ),
    "function_called_like_a_builtin": honest(
        "def sum(a, b): return a + b",
        "assert sum(1, 2) == 3",
        "assert sum(0, 0) == 0",
        wrong=("a + b", "a - b"),
        entry_point="sum",
    ),
    "builtin_shadowed_inside": honest(
        "def f(list, max): return max(list)", "assert f([1, 3], min) == 1", wrong=("max(list)", "list[1]")
    ),
    "unused_names_of_other_tests": honest(
        "check = 3\ncandidate = 4\nresult = 5\nexpected = 6\ndef f(x): return x + check",
        "assert f(1) == 4",
        wrong=("+ check", "- check"),
    ),
    "exec_and_eval_inside": honest(
        "def f(text):\n    scope = {}\n    exec('y = ' + text, scope)\n    return scope['y'] + eval(text)",
        "assert f('2 * 3') == 12",
        wrong=("+ eval", "- eval"),
    ),
    "builtins_by_every_name": honest(
        "import builtins\ndef f(xs): return builtins.sorted(xs) + [__builtins__ is not None]",
        "assert f([2, 1]) == [1, 2, True]",
        wrong=("sorted", "list"),
    ),
    "importing_itself_by_name": honest(
        "import sys\nX = 7\ndef f(): return sys.modules[__name__].X", "assert f() == 7", wrong=("X = 7", "X = 8")
    ),
    "weak_references_and_finalizers": honest(
        """
        import gc, weakref
        class Node: pass
        def f():
            node, seen = Node(), []
            weakref.finalize(node, seen.append, 1)
            del node
            gc.collect()
            return seen
        """,
        "assert f() == [1]",
        wrong=("append, 1", "append, 2"),
    ),
    "context_variables_and_signals": honest(
        """
        import contextvars, signal
        level = contextvars.ContextVar('level', default=1)
        def f():
            got = []
            signal.signal(signal.SIGUSR1, lambda *a: got.append(level.get()))
            signal.raise_signal(signal.SIGUSR1)
            return got
        """,
        "assert f() == [1]",
        wrong=("default=1", "default=2"),
    ),
}
