"""Honest programs that use the standard library: files, containers, numbers, dates, text."""

from support.honest import honest

CALLS = {
    "sqlite": ("sqlite3", "sqlite3.connect(':memory:').execute('select 1 + 2').fetchone()[0]", "3"),
    "lru_cache": ("functools", "[functools.lru_cache(None)(abs)(n) for n in (-1, -1)]", "[1, 1]"),
    "reduce_and_partial": (
        "functools, operator",
        "functools.partial(functools.reduce, operator.mul)([2, 3, 4], 1)",
        "24",
    ),
    "combinations": ("itertools", "list(itertools.combinations(range(3), 2))", "[(0, 1), (0, 2), (1, 2)]"),
    "accumulate": ("itertools", "list(itertools.accumulate(itertools.islice(itertools.count(1), 3)))", "[1, 3, 6]"),
    "groupby": ("itertools", "[(k, len([*g])) for k, g in itertools.groupby('aab')]", "[('a', 2), ('b', 1)]"),
    "heap": ("heapq", "heapq.nsmallest(2, [3, 1, 2])", "[1, 2]"),
    "bisect": ("bisect", "bisect.bisect_left([1, 2, 2, 3], 2)", "1"),
    "time_zones": (
        "datetime, zoneinfo",
        "datetime.datetime(2020, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset().total_seconds()",
        "7200",
    ),
    "date_formatting": (
        "datetime",
        "datetime.datetime.strptime('24.12.2021', '%d.%m.%Y').strftime('%Y-%m-%d %A')",
        "'2021-12-24 Friday'",
    ),
    "calendar": ("calendar", "calendar.monthrange(2024, 2)[1]", "29"),
    "regular_expressions": ("re", "re.sub(r'(\\w+)@(\\w+)', r'\\2 at \\1', 'me@home')", "'home at me'"),
    "json": ("json", "json.loads(json.dumps({'b': [1, None, True]}))", "{'b': [1, None, True]}"),
    "mathematics": ("math", "[math.gcd(9, 6), math.isqrt(9), math.comb(9, 2)]", "[3, 3, 36]"),
    "complex_mathematics": ("cmath, statistics", "[cmath.sqrt(-9), statistics.median([9, 1, 2])]", "[3j, 2]"),
    "hashing": ("hashlib", "hashlib.sha256(b'abc').hexdigest()[:8]", "'ba7816bf'"),
    "encoding": ("base64, zlib", "(base64.b64encode(b'abc'), zlib.crc32(b'a'))", "(b'YWJj', 3904355907)"),
    "compression": ("gzip, bz2, lzma", "[m.decompress(m.compress(b'a')) for m in (gzip, bz2, lzma)]", "[b'a'] * 3"),
    "csv": ("csv, io", "list(csv.reader(io.StringIO('1,;x,y;'), quotechar=';'))", "[['1', 'x,y']]"),
    "templates": ("string", "string.Template('$a!').substitute(a=string.capwords('b c'))", "'B C!'"),
    "text_wrapped": ("textwrap", "textwrap.fill('a b c', 3)", "'a b\\nc'"),
    "memory_views": ("struct", "bytes(memoryview(struct.pack('>I', 258))[2:])", "b'\\x01\\x02'"),
    "cmp_to_key": ("functools", "sorted([1, 3, 2], key=functools.cmp_to_key(lambda a, b: b - a))", "[3, 2, 1]"),
    "itemgetter": ("operator", "sorted([(1, 2), (2, 1)], key=operator.itemgetter(1))", "[(2, 1), (1, 2)]"),
    "abstract_syntax": ("ast", "type(ast.parse('1 + 2', mode='eval').body.op).__name__", "'Add'"),
    "system_facts": (
        "os, platform, sys",
        "[os.getpid() > 0, sys.version_info[0], platform.system()]",
        "[1, 3, 'Linux']",
    ),
    "time": ("time", "time.perf_counter() <= time.perf_counter() and time.time() > 1.6e9", "True"),
    "copying": ("copy", "[x := [[0]], copy.deepcopy(x)[0].append(1), copy.copy(x)[0].append(2)][0]", "[[0, 2]]"),
    "working_folder": ("os", "os.path.exists(os.getcwd())", "True"),
}
"""Modules, what a solution returns of them, and what a test expects."""
PROGRAMS = {
    name: honest(
        f"import {modules}\ndef f(): return {value}",
        f"assert f() == {expected}",
        wrong=("return ", "return None and "),
        entry_point="f",
    )
    for name, (modules, value, expected) in CALLS.items()
} | {
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
}
