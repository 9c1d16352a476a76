import pytest

from trl_rlvr.analysis.parsing import (
    MAX_SOURCE_CHARS,
    describe_syntax_error,
    parse_source,
    top_level_bindings,
    try_parse,
)


def error_of(source):
    with pytest.raises(SyntaxError) as caught:
        parse_source(source)
    return describe_syntax_error(caught.value)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = 1\ny = )", "line 2: unmatched ')'"),
        ("\0", "source code string cannot contain null bytes"),
        ("'\ud800'", "code with a lone surrogate"),
        ("-" * 100_000 + "1", "code too deeply nested for the parser"),
        ("#" * (MAX_SOURCE_CHARS + 1), "262145 characters of code, more than 262144"),
    ],
)
def test_whatever_does_not_parse_is_a_syntax_error(source, line):
    assert error_of(source) == line


def test_the_longest_allowed_source_parses():
    assert try_parse("#" * MAX_SOURCE_CHARS) is not None


def test_a_terminal_sequence_in_an_error_is_escaped():
    described = describe_syntax_error(SyntaxError("bad \x1b[2J\n name"))

    assert described == "bad \\x1b[2J\\n name"


def test_each_name_comes_with_the_node_that_binds_it():
    tree = parse_source("x = 1\nif x:\n    def f():\n        y = 2\n")

    found = {name: node.lineno for name, node in top_level_bindings(tree)}

    assert found == {"x": 1, "f": 3}
