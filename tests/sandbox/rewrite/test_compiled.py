"""What a worker compiles of a problem's tests, once for all programs."""

import marshal

import pytest

from trl_rlvr.sandbox.protocol.control import pack_work
from trl_rlvr.sandbox.protocol.tests import CompiledTest, CompiledTests
from trl_rlvr.sandbox.rewrite.compiled import compiled_tests


def compiled(*tests: str, setup: str = "", names: tuple[str, ...] = ("f",)) -> CompiledTests:
    return CompiledTests(*marshal.loads(compiled_tests(pack_work((names, setup, tests)))))


@pytest.mark.parametrize(
    ("setup", "not_hidden"),
    [("import math", ()), ("from math import *", ("f", "sqrt")), ("from math import *\ndef f(x): return x", ("sqrt",))],
)
def test_a_star_in_the_setup_hides_no_entry_point_that_it_does_not_bind(setup: str, not_hidden: tuple[str]) -> None:
    assert compiled("assert f(1) == sqrt(1)", setup=setup, names=("f", "sqrt")).not_hidden == {*not_hidden}


def test_what_the_tests_take_from_the_library_is_known_by_its_module() -> None:
    assert compiled("assert f(sqrt(4)) == datetime.datetime.min").origins == {
        "sqrt": ("math", "sqrt"),
        "datetime": ("datetime", ""),
    }


@pytest.mark.parametrize(
    ("test", "fault"),
    [
        ("assert f(1)\nreturn", "does not compile: SyntaxError"),
        ("assert f(", "does not parse"),
        (f"assert {'-' * 250}f(1) == 1", "nested more than 200 levels"),
    ],
)
def test_one_test_that_cannot_run_leaves_the_others(test: str, fault: str) -> None:
    broken, whole = (CompiledTest(*fields) for fields in compiled(test, "assert f(1) == 1").tests)

    assert (fault in broken.fault, broken.code) == (True, None)
    assert (whole.fault, whole.shown) == ("", "assert f(1) == 1")


@pytest.mark.parametrize("setup", ["x = (", "return", f"x = {'-' * 250}1"])
def test_no_test_runs_behind_a_setup_that_cannot(setup: str) -> None:
    (fields,) = compiled("assert f(1) == 1", setup=setup).tests

    assert CompiledTest(*fields).fault.startswith("the setup code ")


def test_warnings_of_the_compiler_go_nowhere(recwarn: pytest.WarningsRecorder) -> None:
    (fields,) = compiled("assert f(1) is 1 and '\\d'").tests

    assert (CompiledTest(*fields).fault, recwarn.list) == ("", [])


def test_patterns_may_name_what_the_solution_defines() -> None:
    (fields,) = compiled("match f(1):\n    case Point(x=Color.RED):\n        pass", names=("f", "Point", "Color")).tests

    assert CompiledTest(*fields).fault == ""
