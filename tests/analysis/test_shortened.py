"""Sources that are looked at without a tree: they must say what a parser says."""

import pytest

from trl_rlvr.analysis.shortened import all_compile, asserted_name, compiles

GOOD = ["assert f(1) == 2", " assert f([1, 2], x=3) == {'a': 1}\n", "assert Solution().f('it''s') == b''"]


def test_asserts_that_parse_one_by_one_parse_at_once():
    assert all(asserted_name(source) and compiles(source) for source in GOOD)
    assert all_compile(GOOD)


@pytest.mark.parametrize(
    "sources",
    [
        ["assert f((1) == 2", "assert f(1)) == 2"],  # brackets that only fit together
        ["assert f(''' ') == 1", "assert f(' ''') == 1"],  # text that only ends in another
        ['assert f(""" ") == 1', 'assert f(" """) == 1'],
        ["assert f(1) == ", "assert f(2) == 2"],
        ["assert f(1) == g(2)"],
        ["x = 1", *GOOD],
    ],
)
def test_what_does_not_parse_alone_is_left_to_a_parser(sources):
    assert not all_compile(sources)
