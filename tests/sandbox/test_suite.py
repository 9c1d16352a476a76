import marshal

import pytest

from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox.protocol.control import LITERAL, ROUNDS, SOURCE, STDIO
from trl_rlvr.sandbox.suite import compile_suite


def kind_of(*tests, setup_code=""):
    return compile_suite(CodeProblem("t", "", tests, setup_code, entry_point="f")).kind


@pytest.mark.parametrize(
    "test",
    [
        "assert f(1) == 2",
        "assert (f([1, -2], key='a')) == {'x': (1, None)}, 'message'",
        "assert 2 == f(1)",
        "assert f(1+2j) == -1.5",
        "assert f(1) is True",
        "assert not f(1)",
        "assert f(*[1]) == 1",
        "x = 1\nassert f(x) == 1",
    ],
)
def test_call_compared_with_a_literal_is_plain(test):
    assert kind_of(test) == LITERAL


@pytest.mark.parametrize(
    "test",
    [
        "assert f(1) == g",
        "assert f(**{'a': 1}) == 1",
        "assert f(f(1)) == 1",
        "assert f(1) == 1 == 1",
        "assert set(f(1)) == {1}",
    ],
)
def test_any_other_form_is_general(test):
    assert kind_of(test) == SOURCE


def test_one_general_test_makes_the_suite_general():
    assert kind_of("assert f(1) == 1", "assert f(f(2)) == 2") == SOURCE


@pytest.mark.parametrize(
    "tests",
    [
        ("assert f('plain') == 'secret'", "assert f(['secret']) == ['plain']"),
        ("assert f('plain') == 'secret'", "assert f('a secret thing') == 'x'"),
        ("assert f([3, 1, 2]) == [1, 2, 3]", "assert f((1, 2, 3)) == [1, 2, 3]"),
        ("assert f([3, 1, 2]) == (1, 2, 3)", "assert f([0, [1, 2], 3]) == (0,)"),
        ("assert f('ab') == b'plain text'", "assert f('plain text') == b''"),
        ("assert f(1) == 2345.0", "assert f(2345) == 7.0"),
        ("assert f('ab') == {'a': 1, 'b': 1}", "assert f([('a', 1), ('b', 1)]) == {}"),
        ("assert f(10) == 50", "assert f(50) == 10"),
        ("assert f('10') == '50'", "assert f(50) == 10"),
        ("assert f(1) in (2, 3)", "assert f([3]) == 9"),
    ],
)
def test_a_call_whose_arguments_hold_an_earlier_answer_is_sent_when_that_was_given(tests):
    suite = compile_suite(CodeProblem("t", "", tests, entry_point="f"))

    assert suite.kind == ROUNDS
    assert len(marshal.loads(suite.calls)) == 1


def test_an_answer_that_its_own_arguments_hold_is_no_news_in_later_ones():
    assert kind_of("assert f([1, 2, 9]) == (1, 2)", "assert f([1, 2, 8]) == (1, 2)") == LITERAL


@pytest.mark.parametrize("setup", ["x = 1", "import os\nfrom math import *", "class Node:\n    def m(self): ..."])
def test_setup_that_only_defines_other_names_is_not_run(setup):
    assert kind_of("assert f(1) == 1", setup_code=setup) == LITERAL


@pytest.mark.parametrize(
    "setup", ["x = g()", "f = len", "def f(): ...", "from os import getcwd as f", "@g\ndef h(): ..."]
)
def test_setup_that_does_more_makes_the_suite_general(setup):
    assert kind_of("assert f(1) == 1", setup_code=setup) == SOURCE


def test_standard_input_tests_keep_their_inputs_apart():
    suite = compile_suite(CodeProblem("t", "", io_tests=(IOTest("1\n", "2\n"), IOTest("3\n", "4\n"))))

    assert (suite.kind, suite.inputs) == (STDIO, (b"1\n", b"3\n"))


def test_candidate_gets_no_expected_value():
    suite = compile_suite(CodeProblem("t", "", ("assert f('question') == 'secret answer'",)))

    work = suite.works("def f(x): ...")[0]

    assert b"question" in work
    assert b"secret answer" not in work


def test_strings_of_a_subclass_are_packed_as_the_strings_that_they_hold():
    class Text(str):
        pass

    problem = CodeProblem("t", "", (Text("assert f(1) == 2"),), Text(""), Text("f"), entry_points=(Text("f"),))

    source, names, calls, _ = marshal.loads(compile_suite(problem).works(Text("def f(x): return 2"))[0])

    assert (source, names, marshal.loads(calls)) == ("def f(x): return 2", ("f",), [(0, "f", "", (1,), {}, False)])


def test_importing_the_solutions_own_names_needs_no_source_suite():
    test = "def test_it():\n    assert f(1) == 2"

    assert compile_suite(CodeProblem("t", "", (test,), "from solution import f")).kind == LITERAL
    assert compile_suite(CodeProblem("t", "", (test,), "from solution import g as f")).kind == SOURCE
