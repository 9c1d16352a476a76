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
    "json_both_ways": honest(
        "import json\ndef f(x): return json.loads(json.dumps(x, sort_keys=True))",
        "assert f({'b': [1, None, True], 'a': 1.5}) == {'a': 1.5, 'b': [1, None, True]}",
        wrong=("json.dumps(x,", "json.dumps(list(x),"),
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
    "mathematics": honest(
        """
        import math, cmath, statistics
        def f(n): return [math.gcd(n, 6), math.isqrt(n), math.comb(n, 2), statistics.median([n, 1, 2]), cmath.sqrt(-n)]
        """,
        "assert f(9) == [3, 3, 36, 2, 3j]",
        wrong=("gcd", "lcm"),
    ),
    "hashing_and_encoding": honest(
        """
        import base64, hashlib, zlib
        def f(s): return hashlib.sha256(s.encode()).hexdigest()[:8], base64.b64encode(s.encode()), zlib.crc32(b'a')
        """,
        "assert f('abc') == ('ba7816bf', b'YWJj', 3904355907)",
        wrong=("sha256", "sha1"),
    ),
    "compression": honest(
        """
        import gzip, bz2, lzma, zlib
        def f(b): return all(m.decompress(m.compress(b)) == b for m in (gzip, bz2, lzma, zlib)) and len(b)
        """,
        "assert f(b'abc' * 100) == 300",
        wrong=("len(b)", "0"),
    ),
    "csv_and_text_streams": honest(
        "import csv, io\ndef f(text): return [row for row in csv.reader(io.StringIO(text))]",
        "assert f('a,b\\n1,\"x,y\"') == [['a', 'b'], ['1', 'x,y']]",
        wrong=("row for", "row[0] for"),
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
    "strings_and_templates": honest(
        """
        import string, textwrap
        def f(s): return string.Template('$a!').substitute(a=s), textwrap.fill('a b c', 3), string.capwords(s)
        """,
        "assert f('ab cd') == ('ab cd!', 'a b\\nc', 'Ab Cd')",
        wrong=("capwords(s)", "capwords(s[1:])"),
    ),
    "copying": honest(
        "import copy\ndef f(x):\n    y = copy.deepcopy(x)\n    y[0].append(1)\n    return x, y",
        "assert f([[0]]) == ([[0]], [[0, 1]])",
        wrong=("deepcopy", "copy"),
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
    "struct_and_memory_views": honest(
        "import struct\ndef f(n): return bytes(memoryview(struct.pack('>I', n))[2:])",
        "assert f(258) == b'\\x01\\x02'",
        wrong=(">I", "<I"),
    ),
    "operator_and_cmp_to_key": honest(
        """
        from functools import cmp_to_key
        from operator import itemgetter
        def f(xs): return sorted(sorted(xs, key=itemgetter(1)), key=cmp_to_key(lambda a, b: b[0] - a[0]))
        """,
        "assert f([(1, 2), (2, 1), (1, 1)]) == [(2, 1), (1, 1), (1, 2)]",
        wrong=("b[0] - a[0]", "a[0] - b[0]"),
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
    "abstract_syntax": honest(
        """
        import ast, inspect
        def f(text):
            nodes = ast.walk(ast.parse(text, mode='eval'))
            return [type(n).__name__ for n in nodes if isinstance(n, ast.operator)]
        """,
        "assert f('1 + 2 * 3') == ['Add', 'Mult']",
        wrong=("__name__", "__module__"),
    ),
    "logging_and_warnings": honest(
        "import logging, warnings\ndef f(n):\n    logging.warning('x')\n    warnings.warn('y')\n    return n",
        "assert f(1) == 1",
        wrong=("return n", "return 0"),
    ),
    "time_measured": honest(
        """
        import time
        def f(n):
            start = time.perf_counter()
            return n if time.perf_counter() >= start and time.time() > 1.6e9 else None
        """,
        "assert f(1) == 1",
        wrong=("1.6e9", "9e9"),
    ),
    "system_facts": honest(
        """
        import os, platform, sys
        def f(): return [os.getpid() > 0, sys.version_info >= (3, 11), platform.system(), os.path.exists(os.getcwd())]
        """,
        "assert f() == [True, True, 'Linux', True]",
        wrong=("> 0", "< 0"),
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
