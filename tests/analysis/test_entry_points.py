import pytest

from trl_rlvr.analysis.entry_points import candidate_names, infer_entry_point
from trl_rlvr.analysis.entry_points import test_side_constants as constants_of


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        (["assert add(1, 2) == 3"], "add"),
        (["assert set(common([1], [2])) == set()"], "common"),
        (["assert not is_even(3)"], "is_even"),
        (["import math\nassert math.isclose(area(2), 3.14)"], "area"),
        (["assert isclose(area(2), 3.14)"], "area"),
        (["assert Counter(letters('a')) == Counter('a')"], "letters"),
        (["x = 1", "assert double(x) == 2"], "double"),
        (["assert 3 == add(1, 2)", "assert sub(2, 1) == 1"], "add"),
        (["assert sum([1, 2]) == 3"], "sum"),
        (["assert gcd(4, 6) == 2"], "gcd"),
        (["def check(c):\n    assert c(1) == 2\ncheck(add_one)"], "add_one"),
        (["def check(c):\n    assert list(c(1)) == [2]\ncheck(add_one)"], "add_one"),
        (["helper = 1\nfor i in range(3):\n    assert f(i) == helper"], "f"),
        (["assert Stack().empty()"], "Stack"),
        (["from solution import area\nassert isclose(area(2), 3.14)"], "area"),
        (["from solution import area as a\nassert len(a(2)) == 3"], "area"),
        (["from solution import Node, height\nassert height(Node(1)) == 1"], "height"),
        (["import solution\nassert solution.area(2) == 3"], "area"),
        (["import solution as s\nassert abs(s.gcd(2, 4)) == 2"], "gcd"),
        (["from solution import *\nassert abs(area(2)) == 3"], "area"),
        (["def test():\n    from solution import sum\n    assert len(sum(2)) == 3"], "sum"),
        (["assert mean([1, 2]) == 1.5"], "mean"),
        (["assert isclose(median([1, 2]), 1.5)"], "median"),
        (["with raises(ValueError):\n    cache(Odd, 1)"], "cache"),
        (["out = StringIO()\nassert render(out) is None"], "render"),
        (["def check(f):\n    sleep(0.1)\n    assert f(StringIO()) == 1\ncheck(render)"], "render"),
        (["def check(f):\n    assert f(1) == 1\ncheck(median)"], "median"),
        (["assert calendar(2024) == 1"], "calendar"),
        (["assert os.path.exists(make_file())"], "make_file"),
        (["def check(f):\n    assert f(io.StringIO()) == 1\ncheck(render)"], "render"),
        (["assert 1 == 1"], None),
        (["assert ("], None),
        ([], None),
    ],
)
def test_the_entry_point_follows_from_the_tests(tests, expected):
    assert infer_entry_point(tests) == expected


def test_a_function_of_the_setup_is_not_the_entry_point():
    assert infer_entry_point(["assert close(area(2), 3)"], "def close(a, b):\n    return a == b") == "area"


def test_with_a_reference_only_its_own_definitions_are_the_candidates():
    reference = "import math\nclass Node: pass\ndef height(n): return 0\ndef inner(): pass"

    names = candidate_names(["assert height(Node(math.floor(1.5))) == unknown"], "", "height", reference)

    assert names == ("height", "Node")


def test_a_definition_under_if_is_the_candidates():
    reference = "if True:\n    class Pair: pass\ndef chain(p): return 1"

    assert candidate_names(["assert chain([Pair(1, 2)]) == 1"], "", "chain", reference) == ("chain", "Pair")


@pytest.mark.parametrize("reference", [None, "print 'python 2'"])
def test_without_a_reference_that_parses_nobody_elses_names_are_the_candidates(reference):
    tests = ["assert height(Node(1)) == math.floor(max(Decimal(1), limit))"]

    assert candidate_names(tests, "limit = 2", "height", reference) == ("height", "Node")


def test_what_the_setup_defines_is_never_the_candidates():
    reference = "def poly(x): return x\ndef solve(c): return 0"

    assert candidate_names(["assert poly(solve(1)) == 0"], "def poly(x): return x", "solve", reference) == ("solve",)


def test_an_entry_point_named_like_a_builtin_is_the_candidates():
    assert candidate_names(["assert sum([1]) == 1"], "", "sum", None) == ("sum",)


def test_what_tests_import_from_the_solution_is_the_candidates():
    tests = ["m = []\nm.append(height(1))", "assert m.height(n(1)) == m.gcd(4, 6)"]

    names = candidate_names(tests, "import solution as m\nfrom solution import Node as n", "height", None)

    assert names == ("height", "Node", "gcd")


def test_with_a_reference_an_imported_name_is_the_candidates_if_the_reference_defines_it():
    tests = ["from solution import height, Node\nassert height(Node(1)) == 1"]

    assert candidate_names(tests, "", "height", "def height(n): return 1") == ("height",)
    assert candidate_names(tests, "", "height", "class Node: pass\ndef height(n): return 1") == ("height", "Node")


@pytest.mark.parametrize("test", ["assert x == median([1, 2])", "assert io.StringIO().tell() == 0"])
def test_no_solution_answers_for_a_name_that_tests_must_import(test):
    assert candidate_names(["x = middle([1, 2])", test], "", "middle", None) == ("middle",)


def test_a_name_that_tests_must_import_is_the_candidates_if_the_reference_defines_it():
    tests = ["assert mean([1, 2]) == median([1, 2])"]

    assert candidate_names(tests, "", "mean", "def mean(xs): pass\ndef median(xs): pass") == ("mean", "median")
    assert candidate_names(tests, "", "mean", "from statistics import median\ndef mean(xs): pass") == ("mean",)


def test_what_a_star_brings_is_nobodys_but_the_modules():
    tests = ("from math import *\nassert isclose(area(2), tau * expm1(log1p(2)))",)

    assert infer_entry_point(tests, "") == "area"
    assert candidate_names(tests, "from itertools import *", "area", None) == ("area",)


def test_a_star_from_the_solution_or_from_a_module_that_nobody_knows_brings_no_names():
    tests = ("from solution import *\nfrom elsewhere import *\nassert area(2) == half * 4",)

    assert candidate_names(tests, "", "area", None) == ("area", "half")


def test_a_name_that_a_star_brings_is_the_candidates_if_nothing_else_is_called():
    assert infer_entry_point(("assert dist((0, 0), (3, 4)) == 5",), "from math import *") == "dist"


LOCAL = [
    "def expected(xs):\n    return sorted(xs)[0]\n\ndef test_least():\n    least = expected([3])\n",
    "for xs in ([3, 1], [2]):\n    assert least(xs) == expected(xs)\n",
]


def test_a_local_variable_of_a_helper_hides_no_entry_point():
    assert infer_entry_point(LOCAL) == "least"
    assert candidate_names(LOCAL, "", "least", "def least(xs):\n    return min(xs)") == ("least",)


@pytest.mark.parametrize(
    "test",
    [
        "assert [f for f in g(1)] == [1]",
        "assert (lambda f: f)(g(1)) == 1",
        "class T:\n    f = 1\n    def test_it(self):\n        assert g(self.f) == 1",
        "def test_it(f=1):\n    assert g(f) == 1",
        "def test_it():\n    for f in [1]:\n        assert g(f) == 1",
        "def test_it():\n    assert [(f := n) for n in g(1)] == [f]",
        "try:\n    g(1)\nexcept ValueError as f:\n    assert f",
    ],
)
def test_a_name_that_is_bound_where_it_is_read_is_not_asked_for(test):
    assert candidate_names([test], "", "g", None) == ("g",)


@pytest.mark.parametrize(
    "test",
    [
        "def test_it():\n    f = 1\nassert g(f) == 1",
        "class T:\n    f = 1\n    def test_it(self):\n        assert g(f) == 1",
        "assert [f for n in f] == g(1)",
    ],
)
def test_a_name_that_another_scope_binds_is_asked_for(test):
    assert candidate_names([test], "", "g", None) == ("g", "f")


def test_what_the_reference_defines_goes_before_a_builtin():
    tests = ["assert isinstance(sum([1]), int)"]

    assert infer_entry_point(tests, "", "def sum(xs):\n    return 1") == "sum"


def test_plain_constants_of_the_reference_are_the_tests_own():
    reference = "EPS = 1e-6\nMOD: int = 10 ** 9 + 7\nnext_id = iter([1])\ndef root(x):\n    return x ** 0.5"
    tests = ["assert abs(root(4) - 2) < EPS", "assert root(1) % MOD == 1", "assert next_id"]

    assert constants_of(tests, "", reference) == {"EPS": "1e-06", "MOD": "10 ** 9 + 7"}
    assert candidate_names(tests, "", "root", reference) == ("root", "next_id")


def test_a_constant_that_tests_import_is_the_candidates():
    tests = ["from solution import SUBLIST, compare\nassert compare([1], [1, 2]) == SUBLIST"]

    assert candidate_names(tests, "", "compare", "SUBLIST = 1\ndef compare(a, b):\n    return 1") == (
        "compare",
        "SUBLIST",
    )
