import pytest

from trl_rlvr.sandbox.harness.stdio_suite import same_output


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (b"3\n", "3"),
        (b"1  2 \n3\n\n", "1 2\n3\n"),
        (b"0.3333333\n", "0.33333333333"),
        (b"1e3\n", "1000.0"),
        (b"nan\n", "nan"),
        ("é\n".encode(), "é"),
    ],
)
def test_equal_outputs_are_the_same(printed, expected):
    assert same_output(printed, expected) == ""


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (b"1\n2", "1\n2\n3"),
        (b"1\n2\n3\n4", "1\n2\n3"),
        (b"1 2", "1 2 3"),
        (b"", "1"),
        (b"3.001", "3"),
        (b"7", "8"),
        (b"nan", "1.0"),
        (b"inf", "1e308"),
        ("٣".encode(), "3"),
        (b"\xff", "1"),
        (b"1\x0b2", "1\n2"),
        (b"1\r2", "1\n2"),
        (b"9e999", "1.5e400"),
        (b"0e99999", "0e4620974"),
        (b"0.0", "0e12"),
    ],
    ids=[
        "prefix", "more lines", "fewer tokens", "empty", "float for a whole number", "other number", "nan", "inf",
        "other digits", "not UTF-8", "vertical tab for newline", "carriage return for newline",
        "both infinite as floats", "hashes that read as zero", "zero for a hash",
    ],
)  # fmt: skip
def test_different_outputs_differ(printed, expected):
    assert same_output(printed, expected) != ""


@pytest.mark.parametrize(
    ("printed", "same"), [("2.0", True), ("2.000", True), ("+2.", True), ("2.1", False), ("2e0", False)]
)
def test_by_value_a_whole_number_may_have_a_fraction_of_zeros(printed, same):
    assert (same_output(printed.encode(), "2", numbers="value") == "") is same
    assert same_output(printed.encode(), "2") != ""


def test_by_value_large_whole_numbers_must_be_the_same_digit_by_digit():
    assert same_output(b"9007199254740993.0", "9007199254740993", numbers="value") == ""
    assert same_output(b"9007199254740992.0", "9007199254740993", numbers="value") != ""


def test_case_counts_unless_told_otherwise():
    assert same_output(b"Yes\n", "YES\n", case="any") == ""
    assert same_output(b"Yes\n", "YES\n") != ""
