"""Invariants that hold for all known inputs: equal items count as one, whatever their type, in linear time."""

import pytest

from trl_rlvr.hardening.input_invariants import (
    SEQUENCE_INVARIANTS,
    TEXT_INVARIANTS,
    _distinct,
    _one_most_common,
    invariants_of,
)


@pytest.mark.parametrize(
    ("values", "distinct", "one_most_common"),
    [
        ([], True, True),
        ([1, 2], True, False),
        ([1, 1.0, 2], False, True),
        ([True, 1, 0], False, True),
        ([[1], [1.0], (1,)], False, True),
        ([[1], (1,)], True, False),
        ([{"a": [1]}, {"a": [1]}], False, True),
        ([{1, 2}, frozenset({1, 2})], False, True),
        ("abca", False, True),
        ("abab", False, False),
    ],
)
def test_equal_items_count_as_one(values, distinct, one_most_common):
    assert (_distinct(values), _one_most_common(values)) == (distinct, one_most_common)


def test_texts_and_lists_of_a_million_items_are_read_once():
    text, items = "ab" * 500_000, list(range(500_000)) * 2

    assert not {_distinct, _one_most_common} & {*invariants_of(TEXT_INVARIANTS, [text])}
    assert not {_distinct, _one_most_common} & {*invariants_of(SEQUENCE_INVARIANTS, [items])}
