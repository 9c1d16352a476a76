import ast

import pytest

from trl_rlvr.analysis.attributes import mentioned_attributes


def mentioned(*tests):
    return mentioned_attributes(map(ast.parse, tests))


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("assert f(1).size == 2", {"size"}),
        ("f(1).size = 2", {"size"}),
        ("assert getattr(f(1), 'size') == hasattr(f(2), 'left')", {"size", "left"}),
        ("assert math.floor(2) == array.array", set()),
        ("import array\nassert array.array('i')", set()),
        ("array = f(1)\nassert array.size == 1", {"size"}),
        ("assert 'size left' == f(1)", set()),
        ("for name in ['size', 'is_left', '_hidden']: assert getattr(f(1), name)", {"size", "is_left"}),
        ("assert sorted(f(1), key=attrgetter('left.size'))", {"left", "size"}),
        ("import operator\nassert operator.methodcaller('size', 'x')(f(1))", {"size", "x"}),
        ("assert eval('f(1).size2 + 1') == 2", {"f", "size2"}),
        ("assert '{0.size}'.format(f(1)) == '2'", {"format", "size"}),
        ("assert '{:.2f}'.format(f(1)) == '2'", {"format"}),
        ("assert '{}, size'.format(f(1)) == '2'", {"format"}),
        ("assert dict(f(1)) == {}", {"keys"}),
        ("assert {**f(1)} == {}", {"keys"}),
        ("assert g(**f(1)) == {}", {"keys"}),
        ("d = {}\nd.update(f(1))", {"keys", "update"}),
    ],
)
def test_an_attribute_is_mentioned_by_name_or_where_a_text_names_it(test, expected):
    assert mentioned(test) == expected


def test_the_strings_of_one_test_count_for_what_another_looks_up():
    assert mentioned("NAMES = ['size']", "assert [getattr(f(1), name) for name in NAMES]") == {"size"}
