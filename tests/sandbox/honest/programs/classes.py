"""Honest programs with class hierarchies, subclasses of plain types, linked structures and exceptions of their own."""

from support.honest import honest

from programs.objects import POINT

PROGRAMS = {
    "context_manager_by_a_generator": honest(
        """
        from contextlib import contextmanager
        log = []
        @contextmanager
        def guard(x):
            log.append(x)
            yield x + 1
            log.append(-x)
        def seen(): return log
        """,
        "with guard(1) as y:\n    assert y == 2\nassert seen() == [1, -1]",
        wrong=("append(-x)", "append(x)"),
        entry_points=("guard", "seen"),
    ),
    "int_subclass": honest(
        "class Age(int): pass\ndef make(n): return Age(n + 1)",
        "assert make(4) == 5",
        "assert make(4) + 1 == 6",
        wrong=("n + 1", "n + 2"),
    ),
    "named_tuple": honest(
        "from collections import namedtuple\nPair = namedtuple('Pair', 'left right')\ndef make(a): return Pair(a, -a)",
        "assert make(1) == (1, -1)",
        "assert make(1).right == -1",
        "left, right = make(2)\nassert left == 2",
        wrong=("(a, -a)", "(-a, -a)"),
    ),
    "typed_named_tuple": honest(
        """
        from typing import NamedTuple
        class Pair(NamedTuple):
            left: int
            right: int = 9
        def make(a): return Pair(a)
        """,
        "assert make(1) == (1, 9)",
        "assert make(1).right == 9",
        wrong=("= 9", "= 8"),
        entry_points=("make",),
    ),
    "instance_of_a_named_tuple": honest(
        """
        from collections import namedtuple
        P, Q = namedtuple('P', 'x'), namedtuple('Q', 'x')
        def make(a): return P(a)
        """,
        "assert isinstance(make(1), P) and not isinstance(make(1), Q) and make(1) == P(1)",
        wrong=("return P(a)", "return Q(a)"),
        entry_points=("make", "P", "Q"),
    ),
    "generic_class": honest(
        """
        from typing import Generic, TypeVar
        T = TypeVar('T')
        class Stack(Generic[T]):
            def __init__(self, *items): self.items = list(items)
            def top(self) -> T: return self.items[-1]
        """,
        "s: Stack[int] = Stack(1, 2)\nassert s.top() == 2",
        "assert Stack[str]('a').top() == 'a'",
        wrong=("[-1]", "[0]"),
        entry_points=("Stack",),
    ),
    "attributes_called_as_methods_of_plain_types_are": honest(
        """
        import functools
        def counted(f):
            @functools.wraps(f)
            def wrapper(*args):
                wrapper.count += 1
                return f(*args)
            wrapper.count = 0
            return wrapper
        @counted
        def double(x): return 2 * x
        """,
        "assert double(2) == 4 and double.count == 1\ndouble(1)\nassert double.count == 2",
        "assert double.__wrapped__(3) == 6",
        wrong=("+= 1", "+= 2"),
        entry_points=("double", "counted"),
    ),
    "augmented_assignment": honest(
        """
        class Vector:
            def __init__(self, x): self.x = x
            def __iadd__(self, other):
                self.x += other
                return self
            def __imul__(self, other):
                return Vector(self.x * other)
        """,
        "v = w = Vector(1)\nv += 3\nassert v.x == 4 and v is w",
        "v = w = Vector(2)\nv *= 3\nassert v.x == 6 and w.x == 2",
        wrong=("self.x * other", "self.x + other"),
    ),
    "inheritance_and_super": honest(
        """
        class Animal:
            def __init__(self, name): self.name = name
            def speak(self): return f'{self.name} makes {self.sound()}'
            def sound(self): return 'noise'
        class Dog(Animal):
            def sound(self): return super().sound() + '!'
        """,
        "assert Dog('Rex').speak() == 'Rex makes noise!'",
        "assert isinstance(Dog('a'), Animal)",
        "assert issubclass(Dog, Animal)",
        wrong=("+ '!'", "+ '?'"),
        entry_points=("Dog", "Animal"),
    ),
    "abstract_base_class": honest(
        """
        from abc import ABC, abstractmethod
        class Shape(ABC):
            @abstractmethod
            def area(self): ...
        class Square(Shape):
            def __init__(self, a): self.a = a
            def area(self): return self.a ** 2
        """,
        "assert Square(3).area() == 9",
        "try:\n    Shape()\nexcept TypeError:\n    pass\nelse:\n    assert False",
        wrong=("** 2", "* 4"),
        entry_points=("Square", "Shape"),
    ),
    "properties_and_class_methods": honest(
        """
        class Temperature:
            zero = -273
            def __init__(self, c): self._c = c
            @property
            def kelvin(self): return self._c - self.zero
            @kelvin.setter
            def kelvin(self, k): self._c = k + self.zero
            @classmethod
            def boiling(cls): return cls(100)
            @staticmethod
            def unit(): return 'C'
        """,
        "assert Temperature(0).kelvin == 273",
        "t = Temperature(0)\nt.kelvin = 300\nassert t.kelvin == 300",
        "assert Temperature.boiling().kelvin == 373",
        "assert Temperature.unit() == 'C' and Temperature.zero == -273",
        wrong=("- self.zero", "+ self.zero"),
        entry_points=("Temperature",),
    ),
    "callable_object": honest(
        "class Adder:\n    def __init__(self, k): self.k = k\n    def __call__(self, x): return x + self.k",
        "assert Adder(2)(3) == 5",
        "assert list(map(Adder(1), [1, 2])) == [2, 3]",
        "assert callable(Adder(1))",
        wrong=("x + self.k", "x - self.k"),
        entry_points=("Adder",),
    ),
    "iterator_class": honest(
        """
        class Down:
            def __init__(self, n): self.n = n
            def __iter__(self): return self
            def __next__(self):
                if self.n == 0: raise StopIteration
                self.n -= 1
                return self.n
        """,
        "assert list(Down(3)) == [2, 1, 0]",
        "assert sum(Down(4)) == 6",
        "assert [x for x in Down(2)] == [1, 0]",
        wrong=("self.n -= 1", "self.n -= 1; self.n = abs(self.n) // 2"),
        entry_points=("Down",),
    ),
    "linked_list_built_by_the_setup": honest(
        """
        class Node:
            def __init__(self, value, next=None): self.value, self.next = value, next
        def reverse(head):
            back = None
            while head: head.next, back, head = back, head, head.next
            return back
        """,
        """
        head = reverse(chain([1, 2, 3]))
        assert head.value == 3
        assert head.next.value == 2
        assert head.next.next.next is None
        """,
        "assert values(reverse(chain([1, 2]))) == [2, 1]",
        wrong=("return back", "return back.next"),
        setup="""
            def chain(xs):
                node = None
                for x in reversed(xs): node = Node(x, node)
                return node
            def values(node):
                out = []
                while node is not None:
                    out.append(node.value)
                    node = node.next
                return out
        """,
        entry_points=("reverse", "Node"),
    ),
    "tree_built_by_the_setup": honest(
        """
        class Node:
            def __init__(self, data): self.data, self.left, self.right = data, None, None
        def height(node): return 0 if node is None else 1 + max(height(node.left), height(node.right))
        """,
        "assert height(root) == 3",
        "assert height(None) == 0",
        wrong=("max(", "min("),
        setup="root = Node(1)\nroot.left = Node(2)\nroot.right = Node(3)\nroot.left.left = Node(4)",
        entry_points=("height", "Node"),
    ),
    "object_of_the_tests_own_class_as_argument": honest(
        "def names(people): return sorted(p.name for p in people)",
        "assert names([Person('b'), Person('a')]) == ['a', 'b']",
        wrong=("sorted", "list"),
        setup="class Person:\n    def __init__(self, name): self.name = name",
    ),
    "own_exception_caught_by_name": honest(
        """
        class TooSmall(ValueError):
            def __init__(self, n):
                super().__init__(f'{n} is too small')
                self.n = n
        def check_size(n):
            if n < 3: raise TooSmall(n)
            return n
        """,
        """
        try:
            check_size(1)
        except TooSmall as error:
            assert error.n == 1 and str(error) == '1 is too small'
        else:
            assert False
        """,
        "try:\n    check_size(1)\nexcept ValueError:\n    pass\nelse:\n    assert False",
        "assert check_size(3) == 3",
        wrong=("n < 3", "n < 1"),
        entry_points=("check_size", "TooSmall"),
    ),
    "total_ordering_and_sorting": honest(
        """
        from functools import total_ordering
        @total_ordering
        class Version:
            def __init__(self, text): self.parts = [int(p) for p in text.split('.')]
            def __eq__(self, other): return self.parts == other.parts
            def __lt__(self, other): return self.parts < other.parts
            def __str__(self): return '.'.join(map(str, self.parts))
        """,
        "assert Version('1.2') < Version('1.10')",
        "assert Version('2.0') >= Version('1.9')",
        "assert str(max(Version('1.2'), Version('1.10'))) == '1.10'",
        "assert [str(v) for v in sorted([Version('3.1'), Version('3.0')])] == ['3.0', '3.1']",
        wrong=("[int(p) for p in text.split('.')]", "text.split('.')"),
        entry_points=("Version",),
    ),
    "objects_kept_in_containers_of_the_test": honest(
        POINT,
        """
        points = [Point(3, 0), Point(1, 0), Point(2, 0)]
        points.sort(key=lambda p: p.x)
        assert [p.x for p in points] == [1, 2, 3]
        """,
        "assert [Point(1), Point(2)] == [Point(1), Point(2)]",
        "assert Point(2) in [Point(1), Point(2)]",
        "assert (Point(1), 5) == (Point(1), 5)",
        wrong=("x: int", "a: int\n    x: int = 5"),
        entry_points=("Point",),
    ),
    "class_returned_by_a_function": honest(
        """
        def make(base):
            class Made:
                factor = base
                def times(self, x): return x * self.factor
            return Made
        """,
        "assert make(3)().times(4) == 12",
        "assert make(5).factor == 5",
        wrong=("x * self", "x + self"),
    ),
    "exception_class_inside_a_class": honest(
        """
        class Stack:
            class Empty(LookupError): pass
            def __init__(self): self.items = []
            def push(self, item): self.items.append(item)
            def pop(self):
                if not self.items: raise Stack.Empty('nothing there')
                return self.items.pop()
        """,
        """
        try:
            Stack().pop()
        except Stack.Empty as error:
            assert error.args == ('nothing there',)
        else:
            assert False
        """,
        "s = Stack()\ntry:\n    s.pop()\n    assert False\nexcept (KeyError, s.Empty):\n    pass",
        "from contextlib import suppress\ns = Stack()\nwith suppress(Stack.Empty):\n    s.pop()\n    assert False",
        "class Own(Exception): pass\ntry:\n    Stack().push(1)\n    raise Own(2)\nexcept Own as own:\n    assert own",
        wrong=("if not self.items", "if False"),
    ),
    "type_passed_as_an_argument": honest(
        "def only(xs, kind): return [x for x in xs if isinstance(x, kind)]",
        "assert only([1, 'a', 2.0, 3], int) == [1, 3]",
        "assert only([1, 'a'], str) == ['a']",
        wrong=("if isinstance", "if not isinstance"),
    ),
}
