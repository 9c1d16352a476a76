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
        ("assert dict(f(1)) == {}", {"keys"}),
        ("assert {**f(1)} == {}", {"keys"}),
        ("assert g(**f(1)) == {}", {"keys"}),
        ("d = {}\nd.update(f(1))", {"keys", "update"}),
    ],
)
def test_an_attribute_is_mentioned_by_name(test, expected):
    assert mentioned(test) == expected
