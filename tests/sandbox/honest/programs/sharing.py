"""Honest programs that go on sharing containers with their tests, and twins whose aliases are the mistake."""

from support.honest import honest

PROGRAMS = {
    "conditions_of_an_assertion_one_by_one": honest(
        "def turn(xs):\n    xs.reverse()\n    return xs",
        """
        import unittest
        class T(unittest.TestCase):
            def test_it(self):
                xs = [3, 1, 2]
                self.assertTrue(turn(xs) is xs and xs == [2, 1, 3])
                self.assertFalse(turn(xs) is not xs or xs != [3, 1, 2])
        """,
        "xs = [3, 1, 2]\nassert all([turn(xs) is xs, xs == [2, 1, 3]]) and any((turn(xs) is None, xs == [3, 1, 2]))",
        wrong=("xs.reverse()", "xs.sort()"),
    ),
    "tuple_around_what_changed": honest(
        "def add(t, x):\n    t[0].append(x)\n    return t\ndef names(t): return [t, t[1]]",
        "assert add(([],), 1) == ([1],)",
        "t = ([3], {})\nassert add(t, 1)[0] == [3, 1] and t == ([3, 1], {})",
        "t = ((xs := [0]), 'a')\nassert [add(t, 1), add(t, 2)] == [([0, 1, 2], 'a')] * 2\nassert xs == [0, 1, 2]",
        "t = ([1], 'b')\nassert add(t, 2) is t and names(t)[0] is t",
        wrong=("append(x)", "append(-x)"),
        entry_points=("add", "names"),
    ),
    "identity_asserted_by_unittest": honest(
        "def sort(xs):\n    xs.sort()\n    return xs",
        "import unittest\ncase, xs = unittest.TestCase(), [2, 1]\ncase.assertTrue(sort(xs) is xs)\nassert xs == [1, 2]",
        wrong=("return xs", "return list(xs)"),
    ),
    "constructor_copies_what_it_was_given": honest(
        """
        class Stack:
            def __init__(self, items): self.items = list(items)
            def size(self): return len(self.items)
        """,
        "given = [1]\ns = Stack(given)\ngiven.append(2)\nassert s.size() == 1",
        wrong=("list(items)", "items"),
    ),
    "getter_returns_a_copy": honest(
        """
        class Stack:
            def __init__(self, items): self.items = items
            def size(self): return len(self.items)
            def get(self): return list(self.items)
        """,
        "s = Stack([1])\ns.get().append(5)\nassert s.size() == 1",
        wrong=("list(self.items)", "self.items"),
    ),
    "default_that_is_made_anew": honest(
        """
        def collect(x, into=None):
            into = [] if into is None else into
            into.append(x)
            return into
        """,
        "a = collect(1)\nb = collect(2)\nassert a == [1] and b == [2]",
        "a = collect(1)\nb = collect(2)\nassert a is not b",
        wrong=("into=None", "into=[]"),
    ),
    "generator_that_leaves_its_argument": honest(
        """
        def drain(xs):
            xs = list(xs)
            while xs: yield xs.pop()
        """,
        "xs = [1, 3]\nassert list(drain(xs)) == [3, 1] and xs == [1, 3]",
        "xs = [1, 3]\nit = drain(xs)\nnext(it)\nassert xs == [1, 3]",
        wrong=("xs = list(xs)", "pass"),
    ),
    "closure_over_a_copy": honest(
        """
        def make(xs):
            kept = tuple(xs)
            return lambda: list(kept)
        """,
        "xs = [1]\ng = make(xs)\nxs.append(2)\nassert g() == [1]",
        wrong=("tuple(xs)", "xs"),
    ),
    "setter_that_leaves_the_settings_it_came_from": honest(
        """
        class Settings:
            def __init__(self, values): self.values = dict(values)
            def set(self, key, value): self.values[key] = value
        """,
        "given = {'a': 1}\nb = Settings(given)\nb.set('a', 2)\nassert given == {'a': 1}",
        wrong=("dict(values)", "values"),
    ),
    "cache_that_hands_out_copies": honest(
        """
        cache = {}
        def table(n):
            if n not in cache: cache[n] = [0] * n
            return list(cache[n])
        """,
        "table(2).append(9)\nassert table(2) == [0, 0]",
        "t = table(3)\nt[0] = 9\nassert table(3) == [0, 0, 0]",
        wrong=("list(cache[n])", "cache[n]"),
    ),
    "rows_that_are_not_one_row": honest(
        """
        class Grid:
            def __init__(self, n): self.rows = [[0] * n for _ in range(n)]
        """,
        "g = Grid(2)\ng.rows[0][0] = 1\nassert g.rows == [[1, 0], [0, 0]]",
        "g = Grid(2)\nfirst = g.rows[0]\nfirst[1] = 7\nassert g.rows[1] == [0, 0]\nassert g.rows[0] is first",
        wrong=("[[0] * n for _ in range(n)]", "[[0] * n] * n"),
    ),
    "view_that_writes_through": honest(
        """
        class View:
            def __init__(self, items): self.items = items
            def add(self, x): self.items.append(x)
        """,
        "items = [1]\nv = View(items)\nv.add(5)\nassert items == [1, 5]\nitems.clear()\nv.add(6)\nassert items == [6]",
        wrong=("= items", "= list(items)"),
    ),
    "attribute_changed_from_outside": honest(
        """
        class Graph:
            def __init__(self): self.edges = {}
            def nodes(self): return sorted(self.edges)
        """,
        "g = Graph()\ng.edges['x'] = ['y']\ng.edges['x'].append('z')\nassert g.nodes() == ['x']\n"
        "assert g.edges == {'x': ['y', 'z']}",
        "g = Graph()\ng.edges.setdefault('b', set()).add(1)\nassert g.edges['b'] == {1} and g.nodes() == ['b']",
        wrong=("return sorted(self.edges)", "return []"),
    ),
    "object_kept_in_a_list_of_the_test": honest(
        """
        class Node:
            def __init__(self, value): self.value, self.children = value, []
            def total(self): return self.value + sum(child.total() for child in self.children)
        """,
        "a, b = Node(1), Node(2)\na.children.append(b)\nassert a.children[0] is b\n"
        "a.children.append(Node(3))\nassert a.total() == 6\nassert [n.value for n in a.children] == [2, 3]",
        wrong=("self.value + sum", "sum"),
    ),
    "context_manager_that_writes_into_a_list": honest(
        """
        from contextlib import contextmanager
        @contextmanager
        def tag(out, name):
            out.append('<' + name + '>')
            yield
            out.append('</' + name + '>')
        """,
        "out = []\nwith tag(out, 'a'):\n    out.append('x')\nassert out == ['<a>', 'x', '</a>']",
        wrong=("'</'", "'<'"),
    ),
    "deque_bytearray_set_and_counter_go_on_being_shared": honest(
        """
        from collections import Counter, deque
        kept = {}
        def keep(name, container): kept[name] = container
        def change():
            kept['d'].appendleft(1)
            kept['b'].extend(b'x')
            kept['s'].add(3)
            kept['c'].update('aab')
        def shown(): return [len(kept[name]) for name in 'dbsc']
        """,
        "from collections import Counter, deque\nd, b, s, c = deque([2], maxlen=2), bytearray(b'w'), {1}, Counter()\n"
        "keep('d', d); keep('b', b); keep('s', s); keep('c', c)\nchange()\n"
        "assert (list(d), b, s, c) == ([1, 2], b'wx', {1, 3}, {'a': 2, 'b': 1})\n"
        "d.append(9); b.clear(); s.clear(); c['z'] += 1\nassert shown() == [2, 0, 0, 3]\nassert list(d) == [2, 9]",
        wrong=("'aab'", "'ab'"),
    ),
    "changes_within_one_comparison": honest(
        """
        def first(xs):
            xs.sort()
            return xs
        def second(xs):
            xs.reverse()
            return xs
        """,
        "xs = [3, 1, 2]\nassert first(xs) == sorted(xs)\nassert xs == [1, 2, 3]\nassert second(xs) is xs\n"
        "assert xs == [3, 2, 1]",
        "xs = [2, 1]\nassert first(xs) == [1, 2] and second(xs) == [2, 1]\nassert xs == [2, 1]",
        "xs = [2, 1]\nrows = [xs, xs]\nassert first(xs) == [1, 2]\nassert rows == [[1, 2], [1, 2]]\n"
        "second(rows[1])\nassert xs == [2, 1]",
        wrong=("xs.sort()", "xs[:] = sorted(xs, reverse=True)"),
    ),
    "callback_that_changes_what_both_hold": honest(
        """
        def each(f, xs):
            for x in xs: f(x)
            return xs
        """,
        "xs = [[1], [2]]\ndef cb(x): x.append(0)\nassert each(cb, xs) == [[1, 0], [2, 0]]\n"
        "assert xs == [[1, 0], [2, 0]]",
        "seen, xs = [], [[1], [2]]\neach(seen.append, xs)\nassert seen[0] is xs[0]\nseen[1].append(5)\n"
        "assert xs[1] == [2, 5]",
        wrong=("f(x)", "f(list(x))"),
    ),
    "a_list_that_a_subclass_of_the_test_is": honest(
        """
        def total(xs):
            xs.append(1)
            return sum(xs)
        """,
        "class Mine(list): pass\nxs = Mine([1, 2])\nassert total(xs) == 4\nassert total([5]) == 6",
        wrong=("sum(xs)", "0"),
    ),
    "own_objects_as_keys": honest(
        """
        class Node:
            def __init__(self, value): self.value = value
        def table(): return {Node(1): [1], Node(2): [2]}
        def note(seen):
            node = Node(3)
            seen.add(node)
            return node
        def walk(graph, node, seen):
            if node not in seen:
                seen.add(node)
                for other in graph[node]: walk(graph, other, seen)
        """,
        "assert sorted(table().values()) == [[1], [2]]",
        "seen = set()\nnode = note(seen)\nassert node in seen and len(seen) == 1\nnote(seen)\nassert len(seen) == 2",
        "a, b = Node(1), Node(2)\nseen = set()\nwalk({a: [b], b: [a]}, a, seen)\nassert seen == {a, b}",
        wrong=("seen.add(node)", "seen.discard(node)"),
    ),
    "own_equal_objects_as_keys": honest(
        """
        from dataclasses import dataclass
        @dataclass(frozen=True)
        class Cell:
            x: int
            y: int
        def cells(n): return {Cell(i, j) for i in range(n) for j in range(n)}
        """,
        "assert Cell(1, 1) in cells(3) and len(cells(3)) == 9",
        "assert cells(1) == {Cell(0, 0)}\nkept = {}\nkept[Cell(1, 2)] = 3\nassert kept[Cell(1, 2)] == 3",
        wrong=("Cell(i, j)", "Cell(j, 0)"),
    ),
    "changed_by_a_function_of_the_test": honest(
        "def rotate(m): m[:] = [list(row) for row in zip(*m[::-1])]",
        "def rotated(m):\n    rotate(m)\n    return m\nassert rotated([[1, 2], [3, 4]]) == [[3, 1], [4, 2]]",
        "import asyncio\nasync def main():\n    m = [[1, 2]]\n    rotate(m)\n    return m\n"
        "got = asyncio.run(main())\nassert got == [[1], [2]]",
        wrong=("m[::-1]", "m"),
    ),
    "left_alone_as_a_function_of_the_test_finds": honest(
        """
        def ordered(xs):
            xs = list(xs)
            xs.sort()
            return xs
        """,
        "def unchanged(g, x):\n    before = x[:]\n    g(x)\n    return x == before\n"
        "assert unchanged(ordered, [3, 1, 2])",
        "cases = [[3, 1], [2, 1]]\n"
        "assert all(ordered(c) == sorted(c) and c == o for c, o in zip(cases, [[3, 1], [2, 1]]))",
        "import io, unittest\nclass T(unittest.TestCase):\n    def test(self):\n        x = [3, 1]\n"
        "        ordered(x)\n"
        "        self.assertEqual(x, [3, 1])\nsuite = unittest.defaultTestLoader.loadTestsFromTestCase(T)\n"
        "assert unittest.TextTestRunner(stream=io.StringIO()).run(suite).wasSuccessful()",
        "x = [1]\nassert id(ordered(x)) != id(x)",
        wrong=("xs = list(xs)", "pass"),
    ),
    "after_a_comparison_that_an_exception_ended": honest(
        """
        def order(xs):
            if not xs: raise ValueError
            xs.sort()
        """,
        "import contextlib\nwith contextlib.suppress(ValueError):\n    assert order([]) == 0\nxs = [3, 1]\norder(xs)\n"
        "first = [x for x in xs]\nassert first == [1, 3]",
        wrong=("xs.sort()", "xs.reverse(); xs.sort(reverse=True)"),
    ),
    "what_a_tuple_holds_after_a_comparison": honest(
        """
        def note(x, out):
            x.append(1)
            out.append((x, 1))
            return len(out)
        """,
        "x, out = [], []\nassert note(x, out) == 1\nassert out[0][0] is x\nx.append(2)\nassert out[0][0] == [1, 2]",
        wrong=("(x, 1)", "(x[:], 1)"),
    ),
    "items_of_another_type_and_the_same_value": honest(
        "def flags(xs): xs[:] = [int(x) for x in xs]",
        "xs = [True] * 300 + [0.0]\nflags(xs)\nassert repr(xs) == repr([1] * 300 + [0])",
        wrong=("int(x)", "x"),
    ),
    "members_of_its_own_enum_as_keys": honest(
        """
        import enum
        class Colour(enum.Enum):
            RED = 1
            BLUE = 2
        def tally(): return {Colour.RED: 1, Colour.BLUE: 2}
        """,
        "assert tally()[Colour.RED] == 1\nt = tally()\nt[Colour.BLUE] += 1\nassert t[Colour.BLUE] == 3",
        wrong=("Colour.BLUE: 2", "Colour.BLUE: 3"),
    ),
    "steps_of_a_generator_of_the_test": honest(
        """
        def push(s, x): s.append(x)
        def pop(s): return s.pop()
        """,
        "def play(ops):\n    s = []\n    for op in ops:\n        if op is None:\n            yield pop(s)\n"
        "        else:\n"
        "            push(s, op)\n            yield len(s)\nassert list(play([1, 2, None])) == [1, 2, 2]",
        wrong=("s.append(x)", "s[:] = [x]"),
    ),
    "statements_of_a_callback": honest(
        """
        def call(f): return f()
        def order(xs): xs.sort()
        """,
        "def f():\n    xs = [3, 1]\n    order(xs)\n    assert xs == [1, 3]\n    return 1\nassert call(f) == 1",
        wrong=("xs.sort()", "pass"),
    ),
    "hash_that_is_not_asked_for": honest(
        """
        from dataclasses import dataclass
        @dataclass(frozen=True)
        class Pair:
            left: object
            right: object
        def build(n):
            pair = None
            for _ in range(n): pair = Pair(pair, pair)
            return pair
        def depth(pair): return 0 if pair is None else 1 + depth(pair.left)
        """,
        "assert depth(build(40)) == 40",
        wrong=("1 + depth", "depth"),
    ),
    "hash_that_asks_the_test": honest(
        """
        class Key:
            def __init__(self, value, key): self.value, self.key = value, key
            def __hash__(self): return hash(self.key(self.value))
        def wrap(values, key): return [[Key(value, key), [value]] for value in values]
        def add(x): x.append(9)
        """,
        "rows = wrap('AB', str.lower)\nrows = wrap('AB', lambda s: s.lower())\nadd(rows[1][1])\n"
        "assert rows[1][1] == ['B', 9] and rows[0][1] == ['A']",
        wrong=("append(9)", "append(8)"),
    ),
    "long_chain_that_grows_at_its_end": honest(
        """
        class Queue:
            def __init__(self): self.head = self.tail = None
            def push(self, value):
                cell = [value, None]
                if self.tail is None: self.head = cell
                else: self.tail[1] = cell
                self.tail = cell
                return value
        """,
        "q = Queue()\nq.push(0)\ncell = q.head\nfor i in range(1, 200):\n    assert q.push(i) == i\nn = 0\n"
        "while cell:\n    n, cell = n + 1, cell[1]\nassert n == 200",
        wrong=("self.tail = cell", "self.tail = self.head"),
    ),
    "variables_of_a_function_of_the_test": honest(
        "def add(x, y): return x + y",
        "def check(x, y):\n    return add(**locals())\nassert check(1, 2) == 3",
        wrong=("x + y", "x - y"),
    ),
    "a_thousand_calls_with_large_lists": honest(
        "def size(xs): return len(xs)",
        "for n in range(1000):\n    assert size([n] * 500) == 500",
        wrong=("len(xs)", "len(xs) + 1"),
    ),
}
