"""Honest programs that raise: exceptions of the interpreter, of the library and their own, and what those hold."""

from support.honest import honest

DIVIDE = """
def divide(a, b):
    if not isinstance(b, int): raise TypeError('an int, please')
    if b == 0: raise ValueError('no zero')
    return a / b
"""
PROGRAMS = {
    "own_exception_that_is_no_exception": honest(
        "class Halt(BaseException): pass\ndef stop(n):\n    if n: raise Halt(n)\n"
        "def shielded(f):\n    try: return f()\n    except Halt as halt: return halt.args",
        "try:\n    stop(3)\nexcept Exception:\n    assert False\nexcept Halt as halt:\n    assert halt.args == (3,)\n"
        "else:\n    assert False",
        "assert shielded(lambda: stop(4)) == (4,)",
        wrong=("(BaseException)", "(Exception)"),
        entry_points=("Halt", "stop", "shielded"),
    ),
    "exception_that_a_helper_of_the_test_is_given": honest(
        DIVIDE,
        """
        def raises(kind, f):
            try:
                f()
            except kind:
                return True
            return False
        assert raises(ValueError, lambda: divide(1, 0))
        assert raises(Exception, lambda: divide(1, 'a'))
        assert not raises(Exception, lambda: divide(1, 2))
        """,
        wrong=("if b == 0", "if b == 2"),
    ),
    "exception_that_holds_bytes": honest(
        "def divide(data): return data.decode('utf-8')",
        """
        assert divide(b'ab') == 'ab'
        try:
            divide(b'a\\xff')
        except UnicodeDecodeError as error:
            assert (error.start, error.object) == (1, b'a\\xff')
        else:
            assert False
        """,
        wrong=("'utf-8'", "'latin-1'"),
    ),
    "expected_exception": honest(
        DIVIDE,
        "try:\n    divide(1, 0)\n    assert False\nexcept ValueError:\n    pass",
        """
        try:
            divide(1, 'x')
        except TypeError as error:
            assert 'int' in str(error)
        else:
            assert False, 'no error'
        """,
        "assert divide(6, 3) == 2",
        wrong=("ValueError", "KeyError"),
    ),
    "expected_exception_of_unittest": honest(
        DIVIDE,
        """
        import unittest
        case = unittest.TestCase()
        with case.assertRaises(ValueError): divide(1, 0)
        with case.assertRaisesRegex(TypeError, 'please'): divide(1, None)
        """,
        wrong=("ValueError", "KeyError"),
    ),
    "expected_exceptions_of_the_interpreter": honest(
        "def pick(xs, i): return 10 / xs[i]",
        "try:\n    pick([0], 0)\nexcept ZeroDivisionError:\n    pass\nelse:\n    assert False",
        "try:\n    pick([], 0)\nexcept IndexError:\n    pass\nelse:\n    assert False",
        "try:\n    pick({}, 'k')\nexcept KeyError as error:\n    assert error.args[0] == 'k'\nelse:\n    assert False",
        "try:\n    pick(None, 0)\nexcept TypeError:\n    pass\nelse:\n    assert False",
        "try:\n    pick([1])\nexcept TypeError:\n    pass\nelse:\n    assert False",
        wrong=("xs[i]", "(xs[i] if i in xs else 1)"),
    ),
    "expected_exit": honest(
        "import sys\ndef stop(n): sys.exit(n)",
        "try:\n    stop(3)\nexcept SystemExit as error:\n    assert error.code == 3\nelse:\n    assert False",
        wrong=("exit(n)", "exit(0)"),
    ),
    "expected_recursion_error": honest(
        "def endless(n): return endless(n + 1)",
        "try:\n    endless(0)\nexcept RecursionError:\n    pass\nelse:\n    assert False",
        wrong=("return endless(n + 1)", "return 1"),
    ),
    "expected_assertion_error": honest(
        "def checked(n):\n    assert n > 0, 'positive'\n    return n",
        """
        try:
            checked(0)
        except AssertionError as error:
            assert str(error) == 'positive'
        else:
            raise ValueError
        """,
        wrong=("> 0", ">= 0"),
    ),
    "exception_chain": honest(
        "def f():\n    try: 1 / 0\n    except ZeroDivisionError as error: raise ValueError('outer') from error",
        "try:\n    f()\nexcept ValueError as error:\n    assert str(error) == 'outer'\nelse:\n    assert False",
        wrong=("'outer'", "'inner'"),
        entry_point="f",
    ),
    "exceptions_of_the_library": honest(
        """
        import json, queue, statistics
        from decimal import Decimal
        def run(what, x):
            if what == 'json': return json.loads(x)
            if what == 'mean': return statistics.mean(x)
            if what == 'decimal': return Decimal(x)
            return queue.Queue().get_nowait()
        """,
        """
        import json
        try:
            run('json', '{')
            assert False
        except json.JSONDecodeError as error:
            assert type(error) is json.JSONDecodeError
        """,
        "try:\n    run('json', '{')\n    assert False\nexcept ValueError:\n    pass",
        "import statistics\ntry:\n    run('mean', [])\n    assert False\nexcept statistics.StatisticsError:\n    pass",
        "import decimal\ntry:\n    run('decimal', 'x')\n    assert False\nexcept decimal.InvalidOperation:\n    pass",
        "import queue\ntry:\n    run('queue', 0)\n    assert False\nexcept queue.Empty:\n    pass",
        wrong=("json.loads(x)", "eval(x)"),
        entry_points=("run",),
    ),
    "frozen_dataclass": honest(
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Point:\n    x: int",
        """
        import dataclasses
        p = Point(1)
        try:
            p.x = 2
            assert False
        except dataclasses.FrozenInstanceError:
            assert p.x == 1
        """,
        wrong=("frozen=True", "frozen=False"),
    ),
    "subclass_of_an_exception_of_the_library": honest(
        "import json\nclass Bad(json.JSONDecodeError): pass\ndef parse(s): raise Bad('no', s, 0)",
        """
        import json
        try:
            parse('x')
            assert False
        except json.JSONDecodeError as error:
            assert error.doc == 'x'
        """,
        wrong=("s, 0", "s + s, 0"),
        entry_points=("parse",),
    ),
    "arguments_that_are_containers": honest(
        "class Missing(KeyError): pass\ndef find(xs): raise Missing(xs, {'n': len(xs)})",
        "try:\n    find([1])\n    assert False\nexcept Missing as error:\n    assert error.args == ([1], {'n': 1})",
        "try:\n    find([])\n    assert False\nexcept KeyError as error:\n    assert error.args[1]['n'] == 0",
        wrong=("len(xs)", "9"),
        entry_points=("find", "Missing"),
    ),
    "attributes_of_builtin_exceptions": honest(
        """
        def read(path): return open(path).read()
        """,
        """
        try:
            read('nothing')
            assert False
        except FileNotFoundError as error:
            assert error.filename == 'nothing' and error.args == (2, 'No such file or directory')
        """,
        wrong=("(path)", "('other')"),
        entry_points=("read",),
    ),
    "exceptions_as_answers": honest(
        """
        import asyncio
        class Own(ValueError):
            def code(self): return 7
        def attempt(f, *args):
            try: return f(*args)
            except Exception as error: return error
        def divide(a, b):
            if b == 0: raise Own('zero', a)
            return a / b
        async def all_of(xs): return await asyncio.gather(*map(one, xs), return_exceptions=True)
        async def one(x): return 1 / x
        """,
        "r = attempt(divide, 1, 0)\nassert isinstance(r, ValueError) and r.args == ('zero', 1) and r.code() == 7",
        "r = attempt(divide, 1, 'x')\nassert isinstance(r, TypeError) and 'unsupported' in str(r)",
        "import asyncio\nx, e = asyncio.run(all_of([2, 0]))\nassert x == 0.5 and isinstance(e, ArithmeticError)",
        "try:\n    raise attempt(divide, 1, 0)\nexcept Own as error:\n    assert error.args[0] == 'zero'",
        wrong=("b == 0", "b == 9"),
        entry_points=("attempt", "divide", "all_of", "Own"),
    ),
    "own_exceptions_that_a_test_makes": honest(
        """
        class Shortage(Exception):
            code = 3
            def __init__(self, balance, amount, *, hint=''):
                super().__init__(f'need {amount - balance} more')
                self.balance, self.hint = balance, hint
            def missing(self): return self.args[0].split()[1]
            @classmethod
            def wrap(cls, error): return cls(0, 1, hint=str(error))
        """,
        "e = Shortage(1, 3, hint='x')\nassert e.balance == 1 and str(e) == 'need 2 more' and e.hint == 'x'",
        "assert Shortage.code == 3 and Shortage(1, 4).missing() == '3'",
        "assert Shortage.wrap(ValueError('v')).hint == 'v' and isinstance(Shortage.wrap(1), Shortage)",
        "try:\n    raise Shortage(5, 9)\nexcept Shortage as error:\n    assert error.balance == 5 and error.code == 3",
        "assert issubclass(Shortage, Exception) and not issubclass(Shortage, ValueError)",
        wrong=("amount - balance", "amount"),
    ),
    "exceptions_through_a_callback": honest(
        """
        import json
        class Transient(Exception): pass
        def retry(f, times):
            for _ in range(times):
                try: return f()
                except Transient as error: last = error
            raise last
        def guard(f):
            try: return f()
            except ValueError as error: return type(error).__name__, str(error)
        def outcome(f):
            try: return f()
            except Exception as error: return error
        def run(f): return f()
        """,
        """
        calls = []
        def flaky():
            calls.append(1)
            if len(calls) < 3: raise Transient('again')
            return 'done'
        assert retry(flaky, 5) == 'done' and len(calls) == 3
        try:
            calls = []
            retry(flaky, 2)
            assert False
        except Transient as error:
            assert error.args == ('again',)
        """,
        "import json\nassert guard(lambda: json.loads('{'))[0] == 'JSONDecodeError'",
        """
        class Own(Exception): pass
        def fail(): raise Own('mine', 4)
        assert isinstance(outcome(fail), Own)
        try:
            run(fail)
            assert False
        except Own as error:
            assert error.args == ('mine', 4)
        """,
        wrong=("except Transient as", "except KeyError as"),
        entry_points=("retry", "guard", "outcome", "run", "Transient"),
    ),
}
