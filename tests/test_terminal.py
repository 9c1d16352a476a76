"""Text of others cannot move the cursor, forge a line or turn the reading direction."""

import pytest

from trl_rlvr.terminal import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with ü and 中", "plain, with ü and 中"),
        ("a\nb\r\t", r"a\nb\r\t"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_does_not_print_is_escaped(text, shown):
    assert printable(text) == shown
