import gc
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from trl_rlvr.analysis.parsing import (
    MAX_SOURCE_CHARS,
    describe_syntax_error,
    parse_source,
    top_level_bindings,
    try_parse,
    unbound_names,
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


@pytest.mark.parametrize(
    "source",
    [
        "import a" + ".a" * 100_000,
        "import os, a" + " . a" * 50_000,
        "from a" + ".\\\na" * 50_000 + " import b",
        "f'" + "{a}" * 80_000 + "'",
        "f'''" + "{a!r}\n" * 40_000 + "'''",
    ],
)
def test_what_would_cost_the_parser_minutes_or_gigabytes_is_refused_unparsed(source):
    with pytest.raises(SyntaxError, match=r"200 dots|too many braces"):
        parse_source(source)


@pytest.mark.parametrize("source", ["{" + "{1: 2}," * 30_000 + "}", "x = '" + "a.b " * 40_000 + "'"])
def test_large_tables_and_long_texts_are_not_refused(source):
    assert parse_source(source)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(x): return g(x) + math.pi", {"g", "math"}),
        ("import math\nfrom m import g\ndef f(x): return g(x) + math.pi", set()),
        ("def f(x):\n    g = 1\n    return g\ndef h(): return g", {"g"}),
        ("def f():\n    global g\n    g = 1\nprint(g, len)", set()),
        ("class A(B):\n    x: C = [y for y in range(3)]", {"B", "C"}),
        ("return 1", set()),
    ],
)
def test_the_names_that_a_program_lacks(source, names):
    assert unbound_names(source) == names


@pytest.fixture
def thread_switches_while_parsing():
    """Let other threads run whenever the garbage collector does, which is often in the middle of making a tree."""

    def give_way(phase, info):
        time.sleep(0)

    before = gc.get_threshold()
    gc.callbacks.append(give_way)
    gc.set_threshold(5)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(give_way)


@pytest.mark.usefixtures("thread_switches_while_parsing")
def test_threads_that_parse_at_once_do_not_upset_one_another():
    wide, deep = "x = [" + "(1, [2, (3,)]), " * 200 + "]", "x = " + "[" * 50 + "]" * 50

    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(try_parse, [wide, deep] * 40))

    assert None not in trees
