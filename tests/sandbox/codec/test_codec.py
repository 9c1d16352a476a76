import collections
import contextlib
import datetime
import decimal
import enum
import fractions
import math
import pathlib

import pytest

from trl_rlvr.sandbox.codec import Budget, Decoder, Encoder, Opaque, RefusedValue, tags

Pair = collections.namedtuple("Pair", "left right")


def crossed(value):
    encoder = Encoder()
    encoder.value(value)
    return Decoder(bytes(encoder.out)).value()


PLAIN = [
    None, True, False, 0, -64, 127, 128, -65, 10**50, -(10**50), 1.5, math.inf, 1 + 2j, "é\ud800", b"ab", [1, [2]],
    (1, (2,)), {1, 2}, frozenset({1}), {"a": [1]}, range(1, 10, 2), bytearray(b"x"), collections.deque([1, 2], 3),
    collections.Counter("aab"), collections.OrderedDict(a=1), collections.defaultdict(int, {1: 2}),
    decimal.Decimal("1.50"), decimal.Decimal("-inf"),
    fractions.Fraction(-1, 3), datetime.date(2020, 1, 2), datetime.time(1, 2, 3),
    datetime.datetime(2020, 1, 2, 3, 4, 5, 6, datetime.UTC), datetime.timedelta(1, 2, 3),
    pathlib.PurePosixPath("/a/b"), int, len, math.sqrt, Ellipsis,
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: f"{type(value).__name__}-{value!r:.20}")
def test_plain_value_crosses_with_its_type(value):
    result = crossed(value)

    assert (type(result), result) == (type(value), value)


def test_negative_zero_keeps_its_sign():
    assert math.copysign(1, crossed(-0.0)) == -1


def test_nan_stays_nan():
    assert math.isnan(crossed(math.nan))


def test_named_tuple_keeps_its_field_names():
    result = crossed(Pair(1, 2))

    assert (result, result.right) == ((1, 2), 2)


def test_list_that_holds_itself_still_does():
    value = []
    value.append(value)

    result = crossed(value)

    assert result[0] is result


def test_shared_list_stays_shared():
    row = [1]

    first, second, (third,) = crossed([row, row, (row,)])

    assert first is second is third


class LyingInt(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__

    def __index__(self):
        return 99


class LyingList(list):
    def __iter__(self):
        return iter([9])

    def __len__(self):
        return 1


class LyingDict(dict):
    def items(self):
        return [("expected", 1)]


class LyingStr(str):
    def __str__(self):
        return "expected"

    def encode(self, *args):
        return b"expected"


class Level(enum.IntEnum):
    LOW = 1


@pytest.mark.parametrize(
    ("liar", "held"),
    [(LyingInt(5), 5), (LyingList([1, 2]), [1, 2]), (LyingDict(a=2), {"a": 2}), (LyingStr("x"), "x"), (Level.LOW, 1)],
)
def test_subclass_crosses_as_the_base_value_that_it_holds(liar, held):
    result = crossed(liar)

    assert type(result) is type(held)
    assert result == held


class AlwaysEqual:
    def __eq__(self, other):
        return True


def test_object_crosses_as_opaque_that_equals_nothing():
    result = crossed(AlwaysEqual())

    assert isinstance(result, Opaque)
    assert result != result


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [nested(tags.MAX_DEPTH + 1), 1 << (8 * tags.MAX_INT_BYTES + 8)], ids=["depth", "integer"]
)
def test_encoder_refuses_what_is_too_large(value):
    with pytest.raises(RefusedValue):
        crossed(value)


@pytest.mark.parametrize(
    "value",
    [
        range(10**18),
        collections.Counter(a=10**18),
        decimal.Decimal("1e999999"),
        fractions.Fraction(1, 1 << (tags.MAX_RATIONAL_BITS + 1)),
        {n * (2**61 - 1): 0 for n in range(1, tags.MAX_COLLISIONS + 2)},
        {(n * (2**61 - 1),) for n in range(1, tags.MAX_COLLISIONS + 2)},
    ],
    ids=["range", "counter", "decimal", "fraction", "colliding keys", "colliding tuples"],
)
def test_decoder_refuses_what_would_expand_or_collide(value):
    encoder = Encoder()
    encoder.value(value)

    with pytest.raises(RefusedValue):
        Decoder(bytes(encoder.out)).value()


def test_equal_keys_of_many_rows_are_no_collision():
    rows = [{1: n} for n in range(1000)]

    assert crossed(rows) == rows


def test_fraction_that_is_not_in_lowest_terms_is_refused():
    encoder = Encoder()
    encoder.out.append(tags.FRACTION)
    encoder.value(2)
    encoder.value(4)

    with pytest.raises(RefusedValue, match="lowest terms"):
        Decoder(bytes(encoder.out)).value()


def test_budget_is_shared_by_all_messages_of_a_program():
    budget = Budget(nodes=6)
    encoder = Encoder()
    encoder.value([1, 2])
    Decoder(bytes(encoder.out), budget).value()
    Decoder(bytes(encoder.out), budget).value()

    with pytest.raises(RefusedValue, match="too many values"):
        Decoder(bytes(encoder.out), budget).value()


@pytest.mark.parametrize("seed", range(300))
def test_random_bytes_are_a_value_or_refused(seed):
    import random

    data = random.Random(seed).randbytes(40)

    with contextlib.suppress(RefusedValue):
        Decoder(bytes([seed % 70]) + data).value()
