"""New inputs are like the known ones: of the same types, within what all known ones share."""

from random import Random

import pytest

from trl_rlvr.hardening.input_domain import Places
from trl_rlvr.hardening.inputs import new_inputs


def made(*known, count=60, constants=()):
    found = new_inputs(known, count, Random(0), constants)
    assert found
    return found


def test_inputs_are_new_and_distinct():
    known = [([3, 1], 2), ([5], 1)]

    found = made(*known)

    assert len({repr(args) for args in [*known, *found]}) == len(known) + len(found)


def test_the_same_seed_gives_the_same_inputs():
    assert made((5, "ab"), (9, "cd")) == made((5, "ab"), (9, "cd"))


def test_known_inputs_are_not_changed():
    known = ([[1, 2], [3]],)

    made(known)

    assert known == ([[1, 2], [3]],)


@pytest.mark.parametrize(
    "value", [7, 2.5, "abc", [1, 2], (1, 2), {1, 2}, {"a": 1, "b": 2}, [(1, "x"), (2, "y")], [[1], [2]], True]
)
def test_values_keep_their_types(value):
    shape = [type(item) for item in value] if isinstance(value, list) else []

    for (new,) in made((value,)):
        assert type(new) is type(value)
        assert {type(item) for item in new} <= set(shape) if shape else True


def test_numbers_stay_on_their_side_of_zero():
    assert all(n > 0 for (n,) in made((1,), (9,)))
    assert all(n >= 0 for (n,) in made((0,), (9,)))
    assert any(n < 0 for (n,) in made((-5,), (9,)))


def test_sequences_that_are_never_empty_stay_filled():
    assert all(items for (items,) in made(([1],), ([2, 3],)))
    assert all(text for (text,) in made(("a",), ("bc",)))


def test_sorted_lists_stay_sorted():
    assert all(items == sorted(items) for (items,) in made(([1, 4, 6],), ([2, 3],)))


def test_a_number_that_is_a_length_stays_one():
    assert all(size == len(items) for items, size in made(([1, 4, 2], 3), ([2, 3], 2)))


def test_texts_keep_their_characters_and_punctuation():
    for (text,) in made(("12/10/2020",), ("01/02/1999",)):
        day, month, year = text.split("/")
        assert (day + month + year).isdigit()
        assert len(text) == 10


def test_lists_of_zeros_and_ones_hold_nothing_else():
    assert all({*items} <= {0, 1} for (items,) in made(([0, 1, 1, 0],), ([1, 0],), ([1, 1, 0],)))


def test_an_item_that_is_always_in_the_list_stays_in_it():
    assert all(item in items for items, item in made(([1, 4, 2], 4), ([2, 3], 2)))


def test_rows_of_a_table_keep_one_length():
    for (table,) in made(([[1, 2], [3, 4]],), ([[5, 6], [7, 8], [9, 1]],)):
        assert len({len(row) for row in table}) == 1


def test_constants_of_the_reference_are_tried():
    assert (18,) in made((3,), (40,), constants=[17, 18, 19])


def test_calls_without_arguments_have_no_other_inputs():
    assert new_inputs([(), ()], 5, Random(0)) == []


@pytest.mark.parametrize(
    ("known", "refused"),
    [
        ([(1, 5), (2, 9)], (5, 1)),
        ([("Ab",), ("Cd",)], ("AC",)),
        ([([1, 2],), ([3, 5, 4],)], ([1, 1],)),
        ([({"a": 1},), ({"b": 2},)], ({"a": "x"},)),
        ([((1, "x"),), ((2, "y"),)], (("x", 1),)),
        ([(None,), (None,)], (1,)),
        ([("a",), ("b",)], (1,)),
        ([([[1], [2, 2], [3, 3]],), ([[4], [5, 5]],)], ([[1], [2], [3, 3]],)),
        ([([("a", 2), ("b", 1)],), ([("c", 3)],)], ([("a", 2), ("b", 2)],)),
        ([([1, 2, 2],), ([3, 3, 2],)], ([1, 1, 2, 2],)),
        ([({"a": 1}, {"b": 2}), ({"a": 3}, {"a": 3})], ({"a": 1}, {"a": 2})),
    ],
)
def test_what_the_known_inputs_share_is_asked_of_new_ones(known, refused):
    places = Places.learn(known)

    assert (all(map(places.allow, known)), places.allow(refused)) == (True, False)
