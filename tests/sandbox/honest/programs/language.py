"""Honest programs that lean on functions: recursion, threads, generators, closures, decorators, state, arguments."""

from support.honest import honest

PROGRAMS = {
    "plain_function": honest("def add(a, b): return a + b", "assert add(1, 2) == 3", wrong=("a + b", "a - b")),
    "recursion": honest(
        "def depth(n): return 0 if n == 0 else 1 + depth(n - 1)", "assert depth(900) == 900", wrong=("0 if", "1 if")
    ),
    "deep_recursion_with_a_raised_limit": honest(
        """
        import sys
        sys.setrecursionlimit(20000)
        def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
        """,
        "assert depth(10000) == 10000",
        wrong=("1 + depth", "2 + depth"),
    ),
    "mutual_recursion": honest(
        """
        def even(n): return True if n == 0 else odd(n - 1)
        def odd(n): return False if n == 0 else even(n - 1)
        """,
        "assert even(200)",
        "assert not even(201)",
        wrong=("odd(n - 1)", "odd(n - 2)"),
    ),
    "threads_share_the_work": honest(
        """
        import threading
        def total(n):
            sums, lock = [0], threading.Lock()
            def add(k):
                with lock: sums[0] += k
            threads = [threading.Thread(target=add, args=(k,)) for k in range(n)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            return sums[0]
        """,
        "assert total(10) == 45",
        wrong=("+= k", "= k - 1"),
    ),
    "thread_pool": honest(
        """
        from concurrent.futures import ThreadPoolExecutor
        def squares(xs):
            with ThreadPoolExecutor(4) as pool: return list(pool.map(lambda x: x * x, xs))
        """,
        "assert squares([1, 2, 3]) == [1, 4, 9]",
        wrong=("x * x", "x + x"),
    ),
    "recursion_in_a_thread_with_a_larger_stack": honest(
        """
        import sys, threading
        def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
        def deep(n):
            sys.setrecursionlimit(10 ** 5)
            threading.stack_size(64 * 1024 * 1024)
            box = []
            thread = threading.Thread(target=lambda: box.append(depth(n)))
            thread.start()
            thread.join()
            return box[0]
        """,
        "assert deep(20000) == 20000",
        wrong=("1 + depth", "2 + depth"),
    ),
    "generator_function": honest(
        "def count(n):\n    for i in range(n): yield i",
        "assert list(count(3)) == [0, 1, 2]",
        wrong=("yield i", "yield i + 1"),
    ),
    "generator_taken_step_by_step": honest(
        "def naturals():\n    n = 0\n    while True:\n        yield n\n        n += 1",
        "g = naturals()\nassert next(g) == 0\nassert next(g) == 1",
        wrong=("n += 1", "n += 2"),
    ),
    "generator_that_is_sent_to": honest(
        "def echo():\n    got = None\n    while True: got = yield got",
        "g = echo()\nnext(g)\nassert g.send(5) == 5",
        wrong=("got = yield got", "got = yield 0"),
    ),
    "generator_zipped_and_filtered": honest(
        "def evens():\n    n = 0\n    while True:\n        yield n\n        n += 2",
        "assert [a for a, _ in zip(evens(), range(3))] == [0, 2, 4]",
        wrong=("n += 2", "n += 1"),
    ),
    "yield_from": honest(
        "def flat(x):\n    for y in x:\n        if isinstance(y, list): yield from flat(y)\n        else: yield y",
        "assert list(flat([1, [2, [3]]])) == [1, 2, 3]",
        wrong=("else: yield y", "else: yield [y]"),
    ),
    "closure_with_state": honest(
        """
        def counter():
            n = 0
            def step():
                nonlocal n
                n += 1
                return n
            return step
        """,
        "c = counter()\nassert c() == 1\nassert c() == 2",
        "a, b = counter(), counter()\na()\nassert b() == 1",
        wrong=("n += 1", "n = 1"),
    ),
    "function_returned": honest(
        "def adder(k): return lambda x: x + k", "assert adder(2)(3) == 5", wrong=("x + k", "x - k")
    ),
    "functions_in_a_list": honest(
        "def powers(n): return [lambda x, k=k: x ** k for k in range(n)]",
        "assert [f(2) for f in powers(4)] == [1, 2, 4, 8]",
        wrong=(", k=k", ""),
    ),
    "composition_of_callbacks": honest(
        "def compose(f, g): return lambda x: f(g(x))",
        "assert compose(lambda x: x + 1, lambda x: x * 2)(5) == 11",
        wrong=("f(g(x))", "g(f(x))"),
    ),
    "decorator": honest(
        """
        import functools
        def twice(f):
            @functools.wraps(f)
            def inner(*args): return f(f(*args))
            return inner
        @twice
        def step(n): return n + 1
        """,
        "assert step(1) == 3",
        "assert step.__name__ == 'step'",
        wrong=("f(f(*args))", "f(*args)"),
        entry_point="step",
    ),
    "decorator_handed_a_function_of_the_test": honest(
        """
        def memo(f):
            seen = {}
            def inner(n):
                if n not in seen: seen[n] = f(n)
                return seen[n]
            return inner
        """,
        """
        calls = []
        def slow(n):
            calls.append(n)
            return n * n
        fast = memo(slow)
        assert fast(3) == 9 and fast(3) == 9
        assert calls == [3]
        """,
        wrong=("if n not in seen: ", ""),
        entry_point="memo",
    ),
    "global_state_between_calls": honest(
        "calls = 0\ndef tick():\n    global calls\n    calls += 1\n    return calls",
        "assert tick() == 1",
        "assert tick() == 2",
        wrong=("calls += 1", "calls = 1"),
    ),
    "default_argument_that_keeps_state": honest(
        "def remember(x, seen=[]):\n    seen.append(x)\n    return list(seen)",
        "assert remember(1) == [1]",
        "assert remember(2) == [1, 2]",
        wrong=("list(seen)", "[x]"),
    ),
    "function_attribute": honest(
        "def f():\n    f.calls += 1\n    return f.calls\nf.calls = 0",
        "f()\nf()\nassert f.calls == 2",
        wrong=("+= 1", "+= 2"),
        entry_point="f",
    ),
    "docstring_read_by_the_test": honest(
        "def f():\n    'Return one.'\n    return 1",
        "assert f.__doc__ == 'Return one.'",
        wrong=("one.'", "two.'"),
        entry_point="f",
    ),
    "name_read_by_the_test": honest(
        "def f(): return 1",
        "assert f.__name__ == 'f'",
        "assert f() == 1",
        wrong=("return 1", "return 2"),
        entry_point="f",
    ),
    "keyword_default_and_variable_arguments": honest(
        "def f(a, b=2, *args, c, d=4, **kwargs): return (a, b, args, c, d, sorted(kwargs.items()))",
        "assert f(1, c=3) == (1, 2, (), 3, 4, [])",
        "assert f(1, 5, 6, 7, c=3, e=9) == (1, 5, (6, 7), 3, 4, [('e', 9)])",
        "args = [1, 2]\nassert f(*args, **{'c': 3}) == (1, 2, (), 3, 4, [])",
        wrong=("d=4", "d=5"),
    ),
    "positional_only_arguments": honest(
        "def f(a, /, b): return a - b", "assert f(5, b=3) == 2", wrong=("a - b", "b - a")
    ),
}
