"""Honest programs that the sandbox refuses by policy, each with its reason: they score 0, knowingly."""

import pytest
from support.honest import Honest, Results, honest
from support.programs import run_or_fail, simple

from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.verdict import Verdict

REASONS: dict[str, str] = {}
HONEST: dict[str, Honest] = {}


def refused(name: str, reason: str, entry: Honest) -> None:
    REASONS[name] = reason
    HONEST[name] = entry


refused(
    "child_processes",
    "a process that is started could outlive its program, and no task needs one",
    honest(
        "import subprocess\ndef f(): return subprocess.run(['echo', 'x'], capture_output=True).stdout",
        "assert f() == b'x\\n'",
        wrong=None,
    ),
)
refused(
    "multiprocessing_pool",
    "as child processes; threads are there instead",
    honest(
        "from multiprocessing import Pool\ndef f(xs):\n    with Pool(2) as pool: return pool.map(abs, xs)",
        "assert f([-1, 2]) == [1, 2]",
        wrong=None,
    ),
)
refused(
    "local_sockets_with_addresses",
    "there is no network; a socket pair inside the program works",
    honest(
        "import socket\ndef f():\n    with socket.create_server(('127.0.0.1', 0)) as s: return s.fileno() > 0",
        "assert f() is True",
        wrong=None,
    ),
)
refused(
    "files_outside_the_scratch_folder",
    "a file elsewhere could be found by the next program",
    honest("def f():\n    open('/tmp/x', 'w').close()\n    return 1", "assert f() == 1", wrong=None),
)
refused(
    "list_subclass_compared_with_a_list",
    "it stays with the solution, as a copy would not show later changes; its methods and items can be asked for",
    honest(
        "class Bag(list): pass\ndef make(n): return Bag(range(n))",
        "b = make(2)\nb.append(2)\nassert b == [0, 1, 2]",
        entry_points=("make",),
        wrong=None,
    ),
)
refused(
    "block_that_swallows_an_exception",
    "a check that failed in the block would be swallowed as well",
    honest(
        "class Calm:\n    def __enter__(self): return self\n    def __exit__(self, *error): return True",
        "with Calm():\n    raise ValueError",
        wrong=None,
    ),
)
refused(
    "argument_changed_in_the_middle_of_a_comparison",
    "what is expected may rest on it, and here it cannot be evaluated first",
    honest(
        "def last(xs): return xs.pop()",
        "xs = [2, 1]\nassert [last(xs) + n for n in xs] == [3]",
        wrong=None,
    ),
)
refused(
    "cause_of_an_exception",
    "of an exception its class and arguments cross",
    honest(
        "def f():\n    try: 1 / 0\n    except ZeroDivisionError as error: raise ValueError('no') from error",
        "try:\n    f()\nexcept ValueError as error:\n    assert isinstance(error.__cause__, ZeroDivisionError)",
        wrong=None,
    ),
)
refused(
    "integers_of_millions_of_bits",
    "the trusted side computes with what it reads; 2 ** 500_000 is far beyond what a task asks for",
    honest("def f(n): return 1 << n", "assert f(10 ** 7) == 1 << 10 ** 7", wrong=None),
)
refused(
    "values_nested_a_thousand_deep",
    "reading and comparing them takes stack on the trusted side",
    honest(
        "def f(n):\n    x = []\n    for _ in range(n): x = [x]\n    return x",
        "x = f(1000)\nfor _ in range(1000): x = x[0]\nassert x == []",
        wrong=None,
    ),
)
refused(
    "answers_of_a_million_values",
    "all answers of a program together have a budget of values and of bytes",
    honest("def f(n): return list(range(n))", "assert f(10 ** 6) == list(range(10 ** 6))", wrong=None),
)
refused(
    "arithmetic_of_an_own_number_class_with_the_expected_number",
    "an object that is shown the expected number can answer that the difference is zero",
    honest(
        """
        class Money:
            def __init__(self, n): self.n = n
            def __sub__(self, k): return self.n - k
        def f(n): return Money(n)
        """,
        "assert f(7) - 5 == 2",
        wrong=None,
    ),
)
refused(
    "class_derived_from_the_solutions",
    "the class stays with the candidate; an error would pass for the one that a test of an abstract class hopes for",
    honest(
        "class Shape:\n    def name(self): return 'shape'",
        "class Square(Shape): pass\nassert Square().name() == 'shape'",
        wrong=None,
    ),
)
refused(
    "pickled_object",
    "as a derived class",
    honest(
        "class Point:\n    def __init__(self, x): self.x = x",
        "import pickle\nassert pickle.loads(pickle.dumps(Point(3))).x == 3",
        wrong=None,
    ),
)
refused(
    "mock_as_an_argument",
    "a test asks it what was called, and the solution has no other way to it than by what it hands over",
    honest(
        "def notify(service): service.send('x')",
        "from unittest.mock import Mock\nm = Mock()\nnotify(m)\nm.send.assert_called_once_with('x')",
        wrong=None,
    ),
)
refused(
    "stream_as_an_argument",
    "as a mock",
    honest("def f(out): out.write('x')", "import io\ns = io.StringIO()\nf(s)\nassert s.getvalue() == 'x'", wrong=None),
)
refused(
    "attribute_named_by_a_string",
    "objects of the solution answer only for attributes that the tests mention",
    honest(
        "class Box:\n    def __init__(self, n): self.width = n",
        "import operator\nassert operator.attrgetter('wi' + 'dth')(Box(1)) == 1",
        wrong=None,
    ),
)
refused(
    "module_as_an_argument",
    "it leads to whatever it has imported",
    honest("def f(m): return m.floor(1.5)", "import math\nassert f(math) == 1", wrong=None),
)
refused(
    "equality_with_a_plain_value",
    "an object that is shown the expected value can answer that it equals it",
    honest(
        "class Celsius:\n    def __init__(self, n): self.n = n\n    def __eq__(self, n): return self.n == n",
        "assert Celsius(5) == 5",
        wrong=None,
    ),
)
refused(
    "inequality_to_a_plain_value",
    "as equality: the object would have to be asked, and an answer may rest on what is expected",
    honest(
        "class Point:\n    def __init__(self, x): self.x = x\n"
        "    def __eq__(self, other): return isinstance(other, Point) and self.x == other.x",
        "assert Point(1) != 'not a point'",
        wrong=None,
    ),
)
refused(
    "view_of_a_dictionary",
    "it stays with the solution, and nothing that stays there equals plain data; `list(f(d))` does",
    honest("def f(d): return d.keys()", "assert f({'a': 1}) == {'a'}", wrong=None),
)
refused(
    "stop_iteration_of_a_plain_call",
    "it would end `all(map(f, xs))` early; `next` and a loop see it",
    honest(
        "def f(xs):\n    if not xs: raise StopIteration\n    return xs[0]",
        "try:\n    f([])\nexcept StopIteration:\n    pass\nelse:\n    assert False",
        wrong=None,
    ),
)
refused(
    "name_of_the_library_that_a_test_does_not_import",
    "a task may well ask for `mean` itself; the names most in use, such as `math` and `Counter`, need no import",
    honest("def f(n): return [n, n + 2]", "assert mean(f(1)) == 2", entry_point="f", wrong=None),
)
refused(
    "long_sleeps",
    "a sleeper would hold a worker while it does nothing",
    honest("import time\ndef f():\n    time.sleep(30)\n    return 1", "assert f() == 1", wrong=None),
)


@pytest.mark.parametrize("name", HONEST)
def test_it_is_refused_and_nothing_breaks(results: Results, name: str) -> None:
    assert results[name, "right"].verdict not in (Verdict.PASSED, Verdict.SANDBOX_ERROR), REASONS[name]


def test_a_test_that_is_nested_too_deeply_costs_no_other_test(sandbox: Sandbox) -> None:
    deep = "assert f(1) == " + "+".join(["1", *["0"] * 1500])
    (result,) = run_or_fail(sandbox, [simple("def f(x): return x", deep, "assert f(f(2)) == 2")])

    assert [test.verdict for test in result.tests] == [Verdict.REFUSED_VALUE, Verdict.PASSED]
