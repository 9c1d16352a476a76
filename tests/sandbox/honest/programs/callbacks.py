"""Honest programs under tests that hand over functions, capture output or look at types."""

from support.honest import honest

from programs.headers import SQUARE, WRONG

PROGRAMS = {
    "bound_methods_given_twice": honest(
        """
        class Bus:
            def __init__(self): self.listeners = []
            def on(self, f): self.listeners.append(f)
            def off(self, f): self.listeners.remove(f)
            def fire(self, x):
                for f in self.listeners: f(x)
        """,
        """
        class Log:
            def __init__(self): self.seen = []
            def add(self, x): self.seen.append(x)
        one, other, bus, direct = Log(), Log(), Bus(), []
        for f in (one.add, other.add, direct.append): bus.on(f)
        bus.fire(1)
        bus.off(other.add)
        bus.off(direct.append)
        bus.fire(2)
        assert (one.seen, other.seen, direct) == ([1, 2], [1], [1])
        """,
        wrong=("remove(f)", "pop(0)"),
    ),
    "exit_in_a_callback": honest(
        "def run(f):\n    try: return f()\n    finally: LOG.append('done')\nLOG = []",
        "import sys\ntry:\n    run(lambda: sys.exit(3))\nexcept SystemExit as error:\n    assert error.code == 3\n"
        "else:\n    assert False\nassert LOG == ['done']",
        wrong=("finally:", "except BaseException:"),
        entry_points=("run", "LOG"),
    ),
    "decorator_that_keeps_name_and_text": honest(
        """
        import functools
        CALLS = {}
        def counted(f):
            @functools.wraps(f)
            def wrapper(*args):
                CALLS[f.__name__] = CALLS.get(f.__name__, 0) + 1
                return f(*args)
            return wrapper
        """,
        """
        @counted
        def greet(name):
            'Greets.'
            return 'hello ' + name
        assert greet('a') == 'hello a' and greet('b') == 'hello b' and CALLS == {'greet': 2}
        assert (greet.__name__, greet.__doc__) == ('greet', 'Greets.')
        """,
        "assert counted(len)('abc') == 3 and counted(lambda: 1).__name__ == '<lambda>'",
        wrong=("+ 1\n", "+ 2\n"),
        entry_points=("counted", "CALLS"),
    ),
    "callback_given": honest(
        "def apply(f, xs): return [f(x) for x in xs]",
        "assert apply(lambda x: x + 1, [1, 2]) == [2, 3]",
        "assert apply(str, [1]) == ['1']",
        "assert apply(len, ['ab', '']) == [2, 0]",
        "from operator import neg\nassert apply(neg, [1]) == [-1]",
        wrong=("f(x) for", "f(f(x)) for"),
    ),
    "block_over_a_tests_object": honest(
        "def count(lock, n):\n    with lock:\n        if n < 0: raise ValueError(n)\n        return n + 1",
        "import threading\nlock = threading.Lock()\nassert count(lock, 1) == 2 and not lock.locked()",
        """
        class Quiet:
            def __enter__(self): return self
            def __exit__(self, kind, error, trace):
                self.seen = kind, error.args if error else None
                return True
        quiet = Quiet()
        assert count(quiet, 1) == 2 and quiet.seen == (None, None)
        assert count(quiet, -1) is None and quiet.seen == (ValueError, (-1,))
        """,
        wrong=("n + 1", "n + 2"),
    ),
    "callback_with_keywords": honest(
        "def call(f): return f(1, b=2, *[3])",
        "assert call(lambda *a, **k: (a, k)) == ((1, 3), {'b': 2})",
        wrong=("b=2", "c=2"),
    ),
    "callback_that_raises": honest(
        "def safe(f):\n    try: return f()\n    except ZeroDivisionError: return 'zero'",
        "assert safe(lambda: 1 / 0) == 'zero'",
        "assert safe(lambda: 5) == 5",
        """
        def bad(): raise KeyError('k')
        try:
            safe(bad)
        except KeyError as error:
            assert error.args == ('k',)
        else:
            assert False
        """,
        wrong=("'zero'", "'none'"),
    ),
    "callback_that_counts_its_calls": honest(
        "def repeat(f, n):\n    for i in range(n): f(i)",
        "seen = []\nrepeat(seen.append, 3)\nassert seen == [0, 1, 2]",
        "calls = {'n': 0}\ndef tick(i):\n    calls['n'] += i\nrepeat(tick, 4)\nassert calls['n'] == 6",
        wrong=("range(n)", "range(1, n)"),
    ),
    "callback_that_changes_what_it_is_given": honest(
        "def build(f):\n    xs = [3, 1]\n    f(xs)\n    return xs",
        "assert build(lambda xs: xs.sort()) == [1, 3]",
        wrong=("f(xs)", "f(list(xs))"),
    ),
    "callback_used_as_a_key": honest(
        "def order(xs, key): return sorted(xs, key=key, reverse=True)",
        "assert order(['a', 'bbb', 'cc'], len) == ['bbb', 'cc', 'a']",
        wrong=("True", "False"),
    ),
    "callback_that_calls_the_solution": honest(
        "def walk(n, f): return f(n)\ndef leaf(n): return n + 1",
        "assert walk(3, lambda n: leaf(n) * 2) == 8",
        "assert walk(3, leaf) == 4",
        wrong=("n + 1", "n + 2"),
        entry_points=("walk", "leaf"),
    ),
    "captured_output": honest(
        "def greet(name): print('Hello', name)",
        """
        import contextlib, io
        out = io.StringIO()
        with contextlib.redirect_stdout(out): greet('Ann')
        assert out.getvalue() == 'Hello Ann\\n'
        """,
        wrong=("'Hello'", "'Bye'"),
    ),
    "captured_output_by_sys": honest(
        "def greet(name): print('Hello', name, end='')",
        """
        import io, sys
        old, sys.stdout = sys.stdout, io.StringIO()
        greet('Ann')
        text, sys.stdout = sys.stdout.getvalue(), old
        assert text == 'Hello Ann'
        """,
        wrong=("'Hello'", "'Bye'"),
    ),
    "variable_of_the_solution": honest(
        "LIMIT = 5\ndef over(n): return n > LIMIT",
        "assert over(LIMIT + 1) and not over(LIMIT)",
        wrong=("n > LIMIT", "n >= LIMIT"),
        entry_points=("over", "LIMIT"),
    ),
    "type_checks_of_plain_answers": honest(
        SQUARE,
        "assert isinstance(square(2), int)",
        "assert type(square(2.0)) == float",
        "assert not isinstance(square(1), str)",
        "assert callable(square)",
        "assert hasattr(square, '__call__')",
        wrong=("n * n", "str(n)"),
    ),
    "strange_but_legal_formatting": honest(
        SQUARE,
        "assert (square)(\n    2,\n) == (\n    4\n)",
        "assert square(n=3) == 9",
        "assert square(*[3]) == 0x9",
        wrong=("n * n", "n * 5"),
    ),
    "walrus_in_a_test": honest(SQUARE, "if (x := square(3)) != 9: raise AssertionError(x)", wrong=WRONG),
    "result_kept_and_used_later": honest(
        "def pair(n): return [n, {'n': n}]",
        "a = pair(1)\nb = pair(2)\nassert a == [1, {'n': 1}] and b[1]['n'] == 2\nassert a[1] != b[1]",
        wrong=("'n': n", "'n': 0"),
    ),
    "random_inputs_with_a_seed": honest(
        "def order(xs): return sorted(xs)",
        """
        import random
        r = random.Random(0)
        for _ in range(20):
            xs = [r.randint(0, 9) for _ in range(6)]
            ys = order(xs)
            assert all(a <= b for a, b in zip(ys, ys[1:])) and sorted(xs) == ys
        """,
        wrong=("sorted(xs)", "xs"),
    ),
    "reference_inside_the_test": honest(
        "def primes(n): return [p for p in range(2, n) if all(p % q for q in range(2, p))]",
        """
        def slow(n):
            return [p for p in range(2, n) if sum(p % q == 0 for q in range(1, p + 1)) == 2]
        for n in range(20):
            assert primes(n) == slow(n)
        """,
        wrong=("range(2, n)", "range(1, n)"),
    ),
}
