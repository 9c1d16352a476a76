"""Honest programs that use more of the standard library, and numpy."""

from support.honest import honest

PROGRAMS = {
    "match_object_used_for_its_truth": honest(
        "import re\ndef f(s): return re.match('a+b', s)", "assert f('aab')", "assert not f('b')", wrong=("a+b", "c+b")
    ),
    "match_object_asked_for_groups": honest(
        "import re\ndef f(s): return re.match('(a+)(b)', s)",
        "assert f('aab').group(1) == 'aa'",
        "assert f('aab').span() == (0, 3)",
        wrong=("(a+)", "(a)a"),
    ),
    "random_with_a_seed": honest(
        """
        import random
        def f(n):
            random.seed(n)
            xs = list(range(10))
            random.shuffle(xs)
            return sorted(xs), random.Random(1).randint(1, 6)
        """,
        "assert f(3) == (list(range(10)), 2)",
        wrong=("range(10)", "range(9)"),
    ),
    "captured_output_inside": honest(
        """
        import contextlib, io
        def f(n):
            out = io.StringIO()
            with contextlib.redirect_stdout(out): print(n)
            return out.getvalue()
        """,
        "assert f(5) == '5\\n'",
        wrong=("print(n)", "print(n, n)"),
    ),
    "enumerations": honest(
        """
        import enum
        class Colour(enum.IntEnum):
            RED = 1
            BLUE = 2
        def f(n): return Colour(n).name, Colour.RED < Colour.BLUE, Colour(n)
        """,
        "assert f(2) == ('BLUE', True, 2)",
        wrong=("BLUE = 2", "GREEN = 2\n    BLUE = 3"),
    ),
    "paths": honest(
        "import pathlib\ndef g(name): return pathlib.PurePosixPath('/a') / name",
        "import pathlib\nassert g('b.txt') == pathlib.PurePosixPath('/a/b.txt')",
        "assert g('b.txt').suffix == '.txt'",
        wrong=("/a", "/b"),
    ),
    "queues": honest(
        """
        import queue
        def f(xs):
            q = queue.PriorityQueue()
            for x in xs: q.put(x)
            return [q.get() for _ in xs]
        """,
        "assert f([3, 1, 2]) == [1, 2, 3]",
        wrong=("PriorityQueue", "Queue"),
    ),
    "logging_and_warnings": honest(
        "import logging, warnings\ndef f(n):\n    logging.warning('x')\n    warnings.warn('y')\n    return n",
        "assert f(1) == 1",
        wrong=("return n", "return 0"),
    ),
    "unit_tests_inside": honest(
        """
        import unittest
        class Case(unittest.TestCase):
            def test_it(self): self.assertEqual(1 + 1, 2)
        def f():
            result = unittest.TestResult()
            unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
            return result.testsRun, result.wasSuccessful()
        """,
        "assert f() == (1, True)",
        wrong=("1 + 1, 2", "1 + 1, 3"),
    ),
    "numpy_functions": honest(
        "import numpy as np\ndef f(xs): return np.array(xs).sum(axis=0)",
        "assert f([[1, 2], [3, 4]]).tolist() == [4, 6]",
        "assert list(f([[1, 2], [3, 4]])) == [4, 6]",
        wrong=("axis=0", "axis=1"),
        needs="numpy",
    ),
    "numpy_scalars": honest(
        "import numpy as np\ndef f(xs): return np.mean(xs)",
        "assert f([1, 2, 3]) == 2.0",
        "assert abs(f([1, 2]) - 1.5) < 1e-9",
        wrong=("mean", "median(xs) + np.mean"),
        needs="numpy",
    ),
    "numpy_array_compared_by_numpy": honest(
        "import numpy as np\ndef f(n): return np.arange(n) * 0.5",
        "import numpy as np\nassert np.array_equal(f(3), np.array([0.0, 0.5, 1.0]))",
        "import numpy as np\nassert np.allclose(f(3), [0, 0.5, 1])",
        "assert (f(3) == [0.0, 0.5, 1.0]).all()",
        wrong=("0.5", "0.25"),
        needs="numpy",
    ),
    "numpy_matrix_product": honest(
        "import numpy as np\ndef f(a, b): return (np.array(a) @ np.array(b)).tolist()",
        "assert f([[1, 2], [3, 4]], [[0, 1], [1, 0]]) == [[2, 1], [4, 3]]",
        wrong=("@", "*"),
        needs="numpy",
    ),
}
