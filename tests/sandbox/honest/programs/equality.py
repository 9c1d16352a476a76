"""Honest classes that say themselves what they equal, above all what they do not."""

from support.honest import honest

POINT = """
class Point:
    def __init__(self, x, y): self.x, self.y = x, y
    def __eq__(self, other):
        if not isinstance(other, Point): return NotImplemented
        return (self.x, self.y) == (other.x, other.y)
"""
KIND_IS_CHECKED = "        if not isinstance(other, Point): return NotImplemented\n"
PROGRAMS = {
    "unequal_to_anything_of_another_type": honest(
        POINT,
        "assert Point(1, 2) == Point(1, 2) and Point(1, 2) != 'not a point'",
        "assert not (Point(1, 2) == None)",
        "assert Point(1, 2) not in [1, 'a', (1, 2)]",
        "assert [Point(1, 2)] != [{'x': 1}] and 5 != Point(1, 2)",
        """
        import unittest
        class TestPoint(unittest.TestCase):
            def test_eq(self):
                self.assertNotEqual(Point(1, 2), (1, 2))
                self.assertFalse(Point(1, 2) == 'ace')
        """,
        "assert Point(1, 2).__eq__('x') is NotImplemented",
        wrong=(KIND_IS_CHECKED, ""),
        entry_points=("Point",),
    ),
    "equality_that_raises_for_another_type": honest(
        """
        class Money:
            def __init__(self, cents): self.cents = cents
            def __eq__(self, other):
                if not isinstance(other, Money): raise TypeError('money only')
                return self.cents == other.cents
        """,
        "try:\n    Money(5) == 5\nexcept TypeError as error:\n    assert 'only' in str(error)\nelse:\n    assert False",
        "try:\n    Money(5) != None\nexcept TypeError:\n    pass\nelse:\n    assert False",
        wrong=("raise TypeError('money only')", "return False"),
    ),
    "unequal_to_other_plain_values_of_a_type_that_it_knows": honest(
        """
        class Vec:
            def __init__(self, *items): self.items = items
            def __eq__(self, other):
                if isinstance(other, Vec): other = other.items
                if isinstance(other, (int, float)): return len(self.items) == 1 and self.items[0] == other
                return len(self.items) == len(other) and all(a == b for a, b in zip(self.items, other))
        """,
        "assert Vec(3) != 5 and Vec(3) != 0.5 and not Vec(1, 2) == (3, 4)",
        "assert Vec() != [1] and Vec(1) not in ['ab', {}]",
        "assert Vec(1, 2) == Vec(1, 2) != Vec(2, 1)",
        wrong=("len(self.items) == 1 and self.items[0] == other", "True"),
    ),
    "inequality_of_its_own": honest(
        """
        class Version:
            def __init__(self, text): self.parts = text.split('.')
            def __eq__(self, other): return isinstance(other, Version) and self.parts == other.parts
            def __ne__(self, other): return not self == other
        """,
        "assert Version('1.2') != Version('1.3') and not Version('1.2') != Version('1.2')",
        "assert Version('1.2') != '1.2'",
        wrong=("return not self == other", "return False"),
    ),
    "equality_whose_answer_is_no_bool": honest(
        """
        class Flags:
            def __init__(self, bits): self.bits = bits
            def __eq__(self, other): return self.bits & other.bits
        """,
        "assert Flags(5) == Flags(4) and Flags(5) != Flags(2)",
        wrong=("&", "|"),
    ),
    "unequal_to_itself": honest(
        "class Missing:\n    def __eq__(self, other): return False\n    def __ne__(self, other): return True",
        "missing = Missing()\nassert missing != missing and not missing == missing and missing in [missing]",
        wrong=("return False", "return True"),
    ),
}
