"""What is read out of tests before any of them runs."""

import pytest

from trl_rlvr.analysis.refusals import refusal


def found(*tests: str, setup: str = "") -> str | None:
    return refusal(tests, setup, ("f",))


@pytest.mark.parametrize(
    ("test", "what"),
    [
        ("assert eval(f(1)) == 2", "eval"),
        ("exec(f(1))", "exec"),
        ("assert compile(f(1), 'x', 'eval')", "compile"),
        ("assert open(f(1)).read() == ''", "open"),
        ("assert __import__(f(1))", "__import__"),
        ("import builtins\nassert builtins.eval(f(1))", "eval"),
        ("import pickle\nassert pickle.loads(f(1)) == 1", "pickle.loads"),
        ("import zlib\nassert zlib.decompress(f(b'x')) == b'x'", "zlib.decompress"),
        ("import importlib\nassert importlib.import_module(f(1))", "importlib.import_module"),
        ("import re\nassert re.match(f(1), 'a')", "re.match"),
        ("import re\nassert re.search(string='a', pattern=f(1))", "re.search"),
        ("from re import match as m\nassert m(f(1), 'a')", "re.match"),
        ("import os as o\no.system(f(1))", "os.system"),
        ("code = f(1)\nboth = [code]\nassert eval(both[0]) == 2", "eval"),
        ("for code in f(3):\n    eval(code)", "eval"),
        ("assert [eval(code) for code in f(3)] == []", "eval"),
        ("assert eval(code := f(1))", "eval"),
        ("def check(candidate):\n    assert eval(candidate(1)) == 2\ncheck(f)", "eval"),
        ("def wrapped(x):\n    return f(x)\nassert eval(wrapped(1)) == 2", "eval"),
        ("g = f\nassert eval(g(1)) == 2", "eval"),
        ("from solution import f as g\nassert eval(g(1)) == 2", "eval"),
        ("import solution as s\nassert eval(s.f(1)) == 2", "eval"),
    ],
)
def test_what_executes_or_expands_an_answer_is_found(test: str, what: str) -> None:
    assert found(test) == f"test 0 hands the candidate's value to {what}"


@pytest.mark.parametrize(
    "test",
    [
        "assert f('eval') == 2",
        "assert f(eval('1 + 1')) == 2",
        "import re\nassert re.match('a+', f(1))",
        "import re\nassert re.sub('a', 'b', f(1)) == 'b'",
        "import math\nassert math.isclose(f(1), 0.1)",
        "assert sorted(f(1)) == [1]",
        "assert f(1).eval == 2",
        "assert f(1) is None",
        "assert f(1) is not True",
        "assert isinstance(f(1), int)",
        "assert isinstance(f(1), (list, tuple))",
        "assert not f(1)",
    ],
)
def test_what_only_compares_data_is_not(test: str) -> None:
    assert found(test) is None


def test_the_reason_names_the_test() -> None:
    tests = ["assert f(1) == 1", "assert eval(f(1)) == eval(f(2))"]

    assert found(*tests) == "test 1 hands the candidate's value to eval"


def test_the_setup_code_is_read_with_the_test_that_uses_it() -> None:
    setup = "def value(x):\n    return eval(x)"

    reason = found("assert value(f(1)) == 2", setup=setup)
    assert reason == "the setup code hands the candidate's value to eval"
    assert found("assert f(value('1')) == 2", setup=setup) is None


def test_one_tests_variables_do_not_taint_anothers() -> None:
    assert found("x = f(1)\nassert x == 1", "x = '1'\nassert eval(x) == f(1)") is None


def test_a_test_that_does_not_parse_is_not_refused() -> None:
    assert found("assert f(1) ==", "assert f(1) == 1") is None
