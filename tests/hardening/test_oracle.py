"""References answer in the sandbox; only answers that are data, quick and the same each time come out."""

import ast

import pytest

from trl_rlvr.hardening.oracle import Inquiry, ask_references
from trl_rlvr.hardening.reference_probe import MAX_ANSWER_CHARS, literal
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox.backends.fake import FakeSandbox
from trl_rlvr.verdict import ExecutionResult, Verdict


def inquiry(reference, *questions):
    return Inquiry(CodeProblem("1", "", tests=("assert f(1) == 1",), reference_solution=reference), questions)


def answers(sandbox, reference, *questions):
    (found,) = ask_references([inquiry(reference, *questions)], sandbox)
    return found


@pytest.mark.parametrize(
    "value",
    [None, True, -3, 0.5, "it's\n  \xe9 \ud800", b"\0a", [1, (2,), ()], {3, 1}, set(), {"k": {1: None}}, "a   b"],
)
def test_plain_data_comes_back_as_it_was(value, sandbox):
    (text,) = answers(sandbox, f"def f(x):\n    return {value!r}", "f(1)")

    assert ast.literal_eval(text) == value


def test_questions_may_use_builtins_and_the_standard_names(sandbox):
    found = answers(sandbox, "def f(x):\n    return [x, x]", "sorted(f(2))", "Counter(f(2))", "math.floor(f(2.5)[0])")

    assert found == ["[2, 2]", "{2: 2}", "2"]


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError(x)",
        "return object()",
        "return float('nan')",
        "return (n for n in [x])",
        f"return 'a' * {MAX_ANSWER_CHARS}",
        "__import__('sys').exit(0)",
        "while True:\n        x += 1",
        "import random\n    return random.random()",
    ],
)
def test_no_answer_and_the_next_question_is_asked_all_the_same(body, sandbox):
    found = answers(sandbox, f"def f(x):\n    if x < 0:\n        return x\n    {body}", "f(1)", "f(-1)")

    assert found == [None, "-1"]


@pytest.mark.parametrize(
    "body",
    [
        "return list(set(x))",
        "return list({*x})",
        "return [n for n in {2 * n for n in x}]",
        "return list(frozenset(x) | {7})",
        "s = set(x)\n    return s.pop()",
        "return ''.join(map(str, set(x).union([7])))",
    ],
)
def test_an_answer_that_rests_on_the_order_of_a_set_is_none(body, sandbox):
    assert answers(sandbox, f"def f(x):\n    {body}", "f([1, 2, 3])") == [None]


@pytest.mark.parametrize(
    "body", ["return sorted(set(x))", "return set(x) & {1, 2, 3}", "return len({*x})", "return set(x) == {3, 2, 1}"]
)
def test_a_set_whose_order_does_not_show_is_no_matter(body, sandbox):
    assert answers(sandbox, f"def f(x):\n    {body}", "f([3, 1, 2])") != [None]


def test_a_reference_that_does_not_load_answers_nothing(sandbox):
    assert answers(sandbox, "raise ImportError", "f(1)", "f(2)") == [None, None]


def test_each_inquiry_gets_its_own_answers(sandbox):
    two = [inquiry("def f(x):\n    return x", "f(1)"), inquiry("", *()), inquiry("def f(x):\n    return -x", "f(1)")]

    assert ask_references(two, sandbox) == [["1"], [], ["-1"]]


def test_an_answer_that_is_no_literal_is_none():
    def forged(program):
        return ExecutionResult.uniform(Verdict.RUNTIME_ERROR, program.problem.total, "Answer: __import__('os')")

    assert answers(FakeSandbox(forged), "", "f(1)") == [None]


def test_a_literal_of_a_set_has_one_order():
    assert literal({"b", "c", "a"}) == "{'a', 'b', 'c'}"
