"""Honest programs whose answers are objects of their own classes, used by operators and protocols."""

from support.honest import honest

POINT = """
from dataclasses import dataclass
@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0
    def norm(self): return abs(self.x) + abs(self.y)
def shift(p, dx): return Point(p.x + dx, p.y)
"""
VECTOR = """
class Vec:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, other): return Vec(self.x + other.x, self.y + other.y)
    def __mul__(self, k): return Vec(self.x * k, self.y * k)
    __rmul__ = __mul__
    def __neg__(self): return Vec(-self.x, -self.y)
    def __eq__(self, other): return isinstance(other, Vec) and (self.x, self.y) == (other.x, other.y)
    def __hash__(self): return hash((self.x, self.y))
    def __lt__(self, other): return abs(self) < abs(other)
    def __abs__(self): return (self.x ** 2 + self.y ** 2) ** 0.5
    def __repr__(self): return f'Vec({self.x}, {self.y})'
    def __bool__(self): return bool(self.x or self.y)
    def __iter__(self): return iter((self.x, self.y))
    def __len__(self): return 2
    def __getitem__(self, i): return (self.x, self.y)[i]
def make(x, y): return Vec(x, y)
"""
STACK = """
class Stack:
    def __init__(self): self.items = []
    def push(self, x):
        self.items.append(x)
        return self
    def pop(self):
        if not self.items: raise IndexError('empty')
        return self.items.pop()
    def __len__(self): return len(self.items)
    def __contains__(self, x): return x in self.items
"""
PROGRAMS = {
    "attribute_deleted_by_a_test": honest(
        """
        class Config:
            def __init__(self): self.debug = True
            @property
            def pi(self): return 3
        """,
        "c = Config()\ntry:\n    del c.pi\nexcept AttributeError:\n    pass\nelse:\n    assert False\nassert c.pi == 3",
        "c = Config()\ndel c.debug\nassert not hasattr(c, 'debug')",
        wrong=("@property\n", "@staticmethod\n"),
    ),
    "copied_by_a_test": honest(
        """
        class Grid:
            def __init__(self, rows): self.rows = rows
            def put(self, value): self.rows[0][0] = value
        """,
        "import copy\ng = Grid([[1]])\nh = copy.deepcopy(g)\nh.put(5)\nassert g.rows == [[1]] and h.rows == [[5]]",
        "import copy\ng = Grid([[1]])\nh = copy.copy(g)\nh.put(5)\nassert g.rows == [[5]] and h is not g",
        wrong=("= value", "= 0"),
    ),
    "copies_of_a_tests_objects": honest(
        "import copy\ndef clone(x):\n    new = copy.deepcopy(x)\n    new.tags.append('new')\n    return new",
        "class Item:\n    def __init__(self): self.tags = ['old']\na = Item()\nb = clone(a)\n"
        "assert a.tags == ['old'] and b.tags == ['old', 'new'] and b is not a",
        wrong=("deepcopy", "copy"),
    ),
    "asynchronous_protocols": honest(
        """
        import asyncio
        class Pool:
            def __init__(self): self.used = 0
            async def __aenter__(self):
                self.used += 1
                return self
            async def __aexit__(self, kind, error, trace):
                self.used -= 1
                return False
            async def items(self):
                for n in range(3):
                    await asyncio.sleep(0)
                    yield n * self.used
        """,
        """
        import asyncio
        async def main():
            async with Pool() as pool:
                assert [n async for n in pool.items()] == [0, 1, 2]
            return pool.used
        assert asyncio.run(main()) == 0
        """,
        """
        import asyncio
        async def main():
            try:
                async with Pool():
                    raise ValueError(3)
            except ValueError as error:
                return error.args
        assert asyncio.run(main()) == (3,)
        """,
        wrong=("n * self.used", "n + self.used"),
    ),
    "dataclass_compared_by_equality": honest(
        POINT,
        "assert shift(Point(1, 2), 3) == Point(4, 2)",
        "assert shift(Point(1, 2), 3) != Point(1, 2)",
        "assert Point(1) == Point(1, 0)",
        wrong=("p.x + dx", "p.x - dx"),
        entry_points=("shift", "Point"),
    ),
    "dataclass_asked_for_its_fields": honest(
        POINT,
        "p = shift(Point(1, 2), 3)\nassert p.x == 4 and p.y == 2",
        "assert Point(3, -4).norm() == 7",
        wrong=("p.x + dx", "p.x - dx"),
        entry_points=("shift", "Point"),
    ),
    "dataclass_in_a_set_and_as_a_key": honest(
        POINT,
        "assert len({Point(1, 2), Point(1, 2), Point(2, 2)}) == 2",
        "assert {Point(1, 2): 'a'}[Point(1, 2)] == 'a'",
        wrong=("frozen=True", "eq=False"),
        entry_points=("Point",),
    ),
    "repr_of_a_dataclass": honest(
        POINT, "assert repr(Point(1, 2)) == 'Point(x=1, y=2)'", wrong=("y: int", "z: int"), entry_points=("Point",)
    ),
    "enumeration_members": honest(
        """
        from enum import Enum
        class Colour(Enum):
            RED = 1
            BLUE = 2
        def pick(n): return Colour(n)
        """,
        "assert pick(1) == Colour.RED",
        "assert pick(2) is Colour.BLUE",
        "assert pick(1).name == 'RED' and pick(1).value == 1",
        "assert pick(1) != Colour.BLUE",
        wrong=("Colour(n)", "Colour(3 - n)"),
        entry_points=("pick", "Colour"),
    ),
    "singleton_by_identity": honest(
        """
        class Config:
            made = None
            def __new__(cls):
                if cls.made is None: cls.made = super().__new__(cls)
                return cls.made
        """,
        "assert Config() is Config()",
        wrong=("if cls.made is None: ", ""),
        entry_points=("Config",),
    ),
    "operators_of_returned_objects": honest(
        VECTOR,
        "assert make(1, 2) + make(3, 4) == make(4, 6)",
        "assert make(1, 2) + make(3, 4) != make(0, 0)",
        "assert -make(1, 2) == make(-1, -2)",
        "assert make(1, 1) < make(2, 2)",
        "assert abs(make(3, 4)) == 5.0",
        wrong=("+ other.x", "- other.x"),
        entry_points=("make", "Vec"),
    ),
    "object_times_number": honest(
        VECTOR,
        "assert make(1, 2) * 3 == make(3, 6)",
        "assert 3 * make(1, 2) == make(3, 6)",
        wrong=("self.x * k", "self.x + k"),
        entry_points=("make", "Vec"),
    ),
    "truth_length_iteration_and_index": honest(
        VECTOR,
        "assert make(1, 0) and not make(0, 0)",
        "assert len(make(1, 2)) == 2",
        "assert list(make(1, 2)) == [1, 2]",
        "x, y = make(1, 2)\nassert (x, y) == (1, 2)",
        "assert make(1, 2)[1] == 2",
        "assert sorted([make(5, 5), make(1, 1)])[0] == make(1, 1)",
        wrong=("iter((self.x, self.y))", "iter((self.y, self.x))"),
        entry_points=("make", "Vec"),
    ),
    "repr_str_and_format": honest(
        VECTOR,
        "assert repr(make(1, 2)) == 'Vec(1, 2)'",
        "assert str(make(1, 2)) == 'Vec(1, 2)'",
        "assert f'{make(1, 2)}' == 'Vec(1, 2)'",
        wrong=("'Vec({self.x}", "'Vec({self.y}"),
        entry_points=("make",),
    ),
    "method_with_a_name_of_the_executors": honest(
        "class Person:\n    def introduce(self): return 'I am'\n    def remember_hash(self, n): return n",
        "assert Person().introduce() == 'I am' and Person().remember_hash(3) == 3",
        wrong=("'I am'", "''"),
    ),
    "stateful_object": honest(
        STACK,
        "s = Stack()\ns.push(1)\ns.push(2)\nassert s.pop() == 2\nassert len(s) == 1",
        "assert len(Stack().push(1).push(2)) == 2",
        "assert Stack().push([1, 2]).pop() == [1, 2]",
        wrong=("self.items.pop()", "self.items.pop(0)"),
        entry_points=("Stack",),
    ),
    "membership_in_an_object": honest(
        STACK,
        "assert 3 in Stack().push(3)",
        "assert 4 not in Stack().push(3)",
        wrong=("return x in", "return x not in"),
        entry_points=("Stack",),
    ),
    "exception_of_an_object_expected": honest(
        STACK,
        """
        try:
            Stack().pop()
        except IndexError as error:
            assert str(error) == 'empty'
        else:
            assert False
        """,
        wrong=("IndexError", "KeyError"),
        entry_points=("Stack",),
    ),
    "attribute_set_by_the_test": honest(
        "class Box:\n    def __init__(self): self.value = 0\n    def double(self): return 2 * self.value",
        "b = Box()\nb.value = 4\nassert b.double() == 8",
        wrong=("2 *", "3 *"),
        entry_points=("Box",),
    ),
    "items_set_and_deleted_by_the_test": honest(
        """
        class Table:
            def __init__(self): self.d = {}
            def __setitem__(self, k, v): self.d[k.lower()] = v
            def __getitem__(self, k): return self.d[k.lower()]
            def __delitem__(self, k): del self.d[k.lower()]
            def __len__(self): return len(self.d)
        """,
        "t = Table()\nt['A'] = 1\nassert t['a'] == 1\ndel t['A']\nassert len(t) == 0",
        wrong=("self.d[k.lower()] = v", "self.d[k] = v"),
        entry_points=("Table",),
    ),
    "context_manager_of_the_solution": honest(
        """
        class Guard:
            def __init__(self): self.log = []
            def __enter__(self):
                self.log.append('in')
                return self
            def __exit__(self, *error):
                self.log.append('out')
        """,
        "g = Guard()\nwith g as inner:\n    assert inner.log == ['in']\nassert g.log == ['in', 'out']",
        wrong=("'out'", "'in'"),
        entry_points=("Guard",),
    ),
}
