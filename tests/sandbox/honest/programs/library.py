"""Honest programs that use the standard library: files, containers, numbers, dates, text."""

from support.honest import honest

PROGRAMS = {
    "temporary_file": honest(
        """
        import tempfile
        def f(text):
            with tempfile.TemporaryFile('w+') as file:
                file.write(text)
                file.seek(0)
                return file.read()
        """,
        "assert f('abc') == 'abc'",
        wrong=("seek(0)", "seek(1)"),
    ),
    "named_temporary_file_and_folder": honest(
        """
        import os, tempfile
        def f(text):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, 'x.txt')
                with open(path, 'w') as file: file.write(text)
                return [os.listdir(folder), open(path).read()]
        """,
        "assert f('abc') == [['x.txt'], 'abc']",
        wrong=("'x.txt'", "'y.txt'"),
    ),
    "file_in_the_working_folder": honest(
        """
        from pathlib import Path
        def f(text):
            Path('note.txt').write_text(text)
            return Path('note.txt').read_text()[::-1]
        """,
        "assert f('abc') == 'cba'",
        wrong=("[::-1]", ""),
    ),
    "sqlite_in_memory": honest(
        """
        import sqlite3
        def f(xs):
            base = sqlite3.connect(':memory:')
            base.execute('create table t (x int)')
            base.executemany('insert into t values (?)', [(x,) for x in xs])
            return base.execute('select sum(x) from t').fetchone()[0]
        """,
        "assert f([1, 2, 3]) == 6",
        wrong=("sum(x)", "max(x)"),
    ),
    "lru_cache": honest(
        """
        from functools import lru_cache
        @lru_cache(maxsize=None)
        def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
        """,
        "assert fib(90) == 2880067194370816120",
        "assert fib(10) == 55",
        wrong=("n - 2)", "n - 3)"),
    ),
    "reduce_and_partial": honest(
        """
        from functools import partial, reduce
        import operator
        def f(xs): return partial(reduce, operator.mul)(xs, 1)
        """,
        "assert f([2, 3, 4]) == 24",
        wrong=("mul", "add"),
    ),
    "itertools_many": honest(
        """
        import itertools as it
        def f(n):
            return [list(it.combinations(range(n), 2)), list(it.accumulate(range(n))), list(it.islice(it.count(n), 2)),
                    [(k, len(list(g))) for k, g in it.groupby('aab')]]
        """,
        "assert f(3) == [[(0, 1), (0, 2), (1, 2)], [0, 1, 3], [3, 4], [('a', 2), ('b', 1)]]",
        wrong=("count(n)", "count(1)"),
    ),
    "heap": honest(
        "import heapq\ndef f(xs):\n    heapq.heapify(xs)\n    return [heapq.heappop(xs) for _ in range(2)]",
        "assert f([3, 1, 2]) == [1, 2]",
        wrong=("heapify(xs)", "_heapify_max(xs)"),
    ),
    "bisect": honest(
        "import bisect\ndef f(xs, x): return bisect.bisect_left(xs, x)",
        "assert f([1, 2, 2, 3], 2) == 1",
        wrong=("left", "right"),
    ),
    "counter": honest(
        "from collections import Counter\ndef f(s): return Counter(s)",
        "assert f('aab') == Counter('aab')",
        "assert f('aab') == {'a': 2, 'b': 1}",
        "assert f('aab').most_common(1) == [('a', 2)]",
        wrong=("Counter(s)", "Counter(set(s))"),
    ),
    "default_dictionary": honest(
        """
        from collections import defaultdict
        def f(s):
            d = defaultdict(list)
            for i, c in enumerate(s): d[c].append(i)
            return d
        """,
        "assert f('aba') == {'a': [0, 2], 'b': [1]}",
        "assert f('a')['zzz'] == []",
        wrong=("append(i)", "append(c)"),
    ),
    "default_dictionary_with_an_own_factory": honest(
        "from collections import defaultdict\ndef f(): return defaultdict(lambda: 7, {'a': 1})",
        "d = f()\nassert d['a'] == 1\nassert d['b'] == 7",
        wrong=("7", "8"),
    ),
    "ordered_dictionary": honest(
        """
        from collections import OrderedDict
        def f(): return OrderedDict([('b', 1), ('a', 2)])
        """,
        "assert f() == OrderedDict([('b', 1), ('a', 2)])",
        "assert f() != OrderedDict([('a', 2), ('b', 1)])",
        wrong=("('b', 1), ('a', 2)", "('a', 2), ('b', 1)"),
        entry_points=("f", "g"),
    ),
    "deque": honest(
        "from collections import deque\ndef f(xs):\n    d = deque(xs, maxlen=3)\n    d.rotate(1)\n    return d",
        "from collections import deque\nassert f([1, 2, 3, 4]) == deque([4, 2, 3])",
        "assert list(f([1, 2, 3])) == [3, 1, 2]",
        wrong=("rotate(1)", "rotate(2)"),
    ),
    "decimal_arithmetic": honest(
        "from decimal import Decimal, getcontext\ngetcontext().prec = 6\ndef f(a, b): return Decimal(a) / Decimal(b)",
        "assert f(1, 7) == Decimal('0.142857')",
        wrong=("prec = 6", "prec = 5"),
    ),
    "fractions": honest(
        "from fractions import Fraction\ndef f(a, b): return Fraction(a, b) + Fraction(1, 2)",
        "assert f(1, 4) == Fraction(3, 4)",
        "assert f(1, 2) == 1",
        wrong=("1, 2)", "1, 3)"),
    ),
    "dates_and_times": honest(
        """
        import datetime as dt
        def f(y, m, d): return dt.date(y, m, d) + dt.timedelta(days=1)
        def g(): return dt.datetime(2020, 2, 28, 23, 59, tzinfo=dt.timezone.utc) + dt.timedelta(minutes=1)
        """,
        "import datetime\nassert f(2020, 2, 28) == datetime.date(2020, 2, 29)",
        "import datetime\nassert g() == datetime.datetime(2020, 2, 29, tzinfo=datetime.timezone.utc)",
        "assert f(2020, 1, 1).isoformat() == '2020-01-02'",
        wrong=("days=1", "days=2"),
        entry_points=("f", "g"),
    ),
    "time_of_day_and_time_difference": honest(
        "import datetime as dt\ndef f(h): return (dt.time(h, 30), dt.timedelta(hours=h))",
        "import datetime\nassert f(2) == (datetime.time(2, 30), datetime.timedelta(seconds=7200))",
        wrong=("h, 30", "h, 31"),
    ),
    "time_zones": honest(
        """
        from datetime import datetime
        from zoneinfo import ZoneInfo
        def f(hour): return datetime(2020, 7, 1, hour, tzinfo=ZoneInfo('Europe/Berlin')).utcoffset().total_seconds()
        """,
        "assert f(12) == 7200",
        wrong=("Berlin", "London"),
    ),
    "date_formatting": honest(
        "from datetime import datetime\ndef f(s): return datetime.strptime(s, '%d.%m.%Y').strftime('%Y-%m-%d %A')",
        "assert f('24.12.2021') == '2021-12-24 Friday'",
        wrong=("%A", "%a"),
    ),
    "calendar": honest(
        "import calendar\ndef f(y, m): return calendar.monthrange(y, m)[1]",
        "assert f(2024, 2) == 29",
        wrong=("[1]", "[0]"),
    ),
    "regular_expressions": honest(
        "import re\ndef f(s): return re.sub(r'(\\w+)@(\\w+)', r'\\2 at \\1', s)",
        "assert f('me@home') == 'home at me'",
        wrong=("2 at", "1 at"),
    ),
}
