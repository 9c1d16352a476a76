"""A row of each family, made up, becomes a problem that says what the row says."""

import base64
import json
import pickle
import zlib

import pytest

from trl_rlvr.data.schemas import SCHEMAS, problem_from_row, schema_of
from trl_rlvr.errors import DataError
from trl_rlvr.problem import IOTest

DOUBLE = "def double(x):\n    return 2 * x\n"
METHOD = "class Solution:\n    def double(self, x: int) -> int:\n        return 2 * x\n"
CHECK = "def check(candidate):\n    assert candidate(x = 1) == 2\n    assert candidate(x = 3) == 6\n"
TABLE = """import numpy as np

def is_floats(x) -> bool:
    return isinstance(x, float)


def assertion(out, exp, atol):
    if atol == 0 and is_floats(exp):
        atol = 1e-6
    if out != exp and atol != 0:
        assert np.allclose(out, exp, rtol=1e-07, atol=atol)
    else:
        assert out == exp, f"out: {out}, exp: {exp}"


inputs = [[1], [-2], [0.5]]
results = [2, -4, 1.0]
for i, (inp, exp) in enumerate(zip(inputs, results)):
    assertion(double(*inp), exp, 0)
"""
MODULE = """from solution import double

def test_one():
    assert double(1) == 2

def test_two():
    assert double(2) == 4
"""
STREAMS = {"inputs": ["1\n", "2\n"], "outputs": ["2\n", "4\n"]}
CALLS = {"fn_name": "double", "inputs": [[1], [2]], "outputs": [[2], [4]]}
ASSERTS = ("assert double(1) == 2", "assert double(2) == 4")
METHODS = ("assert Solution().double(1) == 2", "assert Solution().double(2) == 4")
IO = (IOTest("1\n", "2\n"), IOTest("2\n", "4\n"))


def packed(cases):
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(cases)))).decode()


ROWS = {
    "MBPP": {"task_id": 1, "text": "Double.", "code": DOUBLE, "test_list": list(ASSERTS)},
    "MBPP+": {"task_id": 1, "prompt": "Double.", "code": DOUBLE, "test_list": ["assert double(1) == 2"], "test": TABLE},
    "EvalPlus' own file": {
        "task_id": "Mbpp/1",
        "prompt": '"""\nDouble.\n"""\n',
        "entry_point": "double",
        "canonical_solution": DOUBLE,
        "base_input": [[1]],
        "plus_input": [[2]],
        "atol": 0,
        "assertion": "assert double(1) == 2",
    },
    "HumanEval or HumanEval+": {
        "task_id": "Own/0",
        "prompt": "def double(x):\n",
        "canonical_solution": "    return 2 * x\n",
        "entry_point": "double",
        "test": "def check(candidate):\n    assert candidate(1) == 2\n",
    },
    "HumanEval-X": {
        "task_id": "Python/0",
        "prompt": "def double(x):\n",
        "declaration": "def double(x):\n",
        "canonical_solution": "    return 2 * x\n",
        "test": "def check(double):\n    assert double(1) == 2\n\ncheck(double)",
    },
    "LeetCodeDataset": {
        "task_id": "double",
        "prompt": "from typing import *\n",
        "query": "Double.",
        "completion": METHOD,
        "entry_point": "Solution().double",
        "test": CHECK,
    },
    "KodCode": {"question_id": "k1", "question": "Double.", "solution": DOUBLE, "test_code": MODULE},
    "AceCode": {"id": "a1", "question": "Double.", "test_cases": list(ASSERTS), "inferences": []},
    "ClassEval": {
        "task_id": "c1",
        "class_name": "Box",
        "skeleton": "class Box:\n    pass\n",
        "solution_code": "class Box:\n    size = 1\n",
        "import_statement": ["import math"],
        "test": "import unittest\n\nclass BoxTest(unittest.TestCase):\n    def test_size(self):\n"
        "        self.assertEqual(Box().size, 1)\n    def test_floor(self):\n"
        "        self.assertEqual(math.floor(1.5), 1)\n",
    },
    "BigCodeBench": {
        "task_id": "b1",
        "complete_prompt": "import math\ndef double(x):\n",
        "code_prompt": "import math\ndef double(x):\n",
        "instruct_prompt": "Double.",
        "canonical_solution": "    return 2 * x\n",
        "entry_point": "double",
        "test": "import unittest\n\nclass TestCases(unittest.TestCase):\n    def test_one(self):\n"
        "        self.assertEqual(double(1), 2)\n",
    },
    "CRUXEval": {"id": "s1", "code": "def f(x):\n    return 2 * x", "input": "1", "output": "2"},
    "APPS or TACO": {"question": "Double.", "solutions": json.dumps([DOUBLE]), "input_output": json.dumps(CALLS)},
    "PrimeIntellect or SYNTHETIC": {
        "problem_id": "p1",
        "prompt": "Double.",
        "gold_standard_solution": "```python\nprint(2 * int(input()))\n```",
        "verification_info": repr({"test_cases": [{"type": "stdin_stdout", "input": "1\n", "output": "2\n"}]}),
    },
    "DeepCoder": {"problem": "Double.", "solutions": [], "tests": json.dumps(STREAMS)},
    "LiveCodeBench": {
        "question_id": "l1",
        "question_content": "Double.",
        "starter_code": "class Solution:\n    def double(self, x: int) -> int:\n        ",
        "metadata": json.dumps({"func_name": "double"}),
        "public_test_cases": json.dumps([{"input": "1", "output": "2", "testtype": "functional"}]),
        "private_test_cases": packed([{"input": "2", "output": "4", "testtype": "functional"}]),
    },
    "verl": {
        "data_source": "x",
        "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Double."}],
        "reward_model": {"style": "rule", "ground_truth": json.dumps(STREAMS)},
    },
    "NeMo Gym or Nemotron": {
        "hash_id": "n1",
        "responses_create_params": {"input": [{"role": "user", "content": "Double."}]},
        "verifier_metadata": {"unit_tests": STREAMS},
    },
    "CodeContests": {
        "name": "1_A",
        "description": "Double.",
        "public_tests": {"input": ["1\n"], "output": ["2\n"]},
        "private_tests": {"input": ["2\n"], "output": ["4\n"]},
        "solutions": {"language": [2, 3], "solution": ["int main", "print(2 * int(input()))"]},
    },
    "exercism": {
        "name": "double",
        "instructions": "Double.",
        "solution": DOUBLE,
        "test": MODULE.replace("solution", "doubling"),
    },
    "questions with worked examples": {
        "question": "Double.\n\nExample\nInput\n1\n\nOutput\n2\n",
        "answer": "print(2 * int(input()))",
    },
    "this package's own": {"task_id": "o1", "prompt": "Double.", "tests": list(ASSERTS)},
}


def read(family, **changes):
    return problem_from_row({**ROWS[family], **changes}, "my.jsonl, line 3")


def test_every_family_has_a_row_here():
    assert set(ROWS) == {schema.name for schema in SCHEMAS}


@pytest.mark.parametrize("family", ROWS)
def test_a_row_is_taken_for_its_own_family_and_says_why(family):
    schema, why = schema_of(ROWS[family], "x")

    assert (schema.name, why[:7]) == (family, "it has ")


@pytest.mark.parametrize(
    ("family", "tests"),
    [
        (
            "MBPP+",
            (
                "assert double(1) == 2",
                "assert double(-2) == -4",
                "assert np.allclose(double(0.5), 1.0, rtol=1e-07, atol=1e-06)",
            ),
        ),
        ("EvalPlus' own file", ("assert double(1) == 2", "assert agrees(double(2), reference_of_double(2), 0)")),
        ("HumanEval-X", ("def check(candidate):\n    assert candidate(1) == 2\n\ncheck(double)",)),
        ("LeetCodeDataset", ("assert Solution().double(x = 1) == 2", "assert Solution().double(x = 3) == 6")),
        ("AceCode", ASSERTS),
        ("CRUXEval", ("assert f(1) == 2",)),
        ("APPS or TACO", ASSERTS),
        ("LiveCodeBench", METHODS),
    ],
)
def test_the_tests_of_a_function(family, tests):
    assert read(family).tests == tests


@pytest.mark.parametrize(
    ("family", "io_tests"),
    [
        ("PrimeIntellect or SYNTHETIC", IO[:1]),
        ("DeepCoder", IO),
        ("verl", IO),
        ("NeMo Gym or Nemotron", IO),
        ("CodeContests", IO),
        ("questions with worked examples", IO[:1]),
    ],
)
def test_the_tests_of_a_program(family, io_tests):
    assert read(family).io_tests == io_tests


@pytest.mark.parametrize("family", ["KodCode", "exercism"])
def test_functions_of_a_test_module_count_one_by_one(family):
    problem = read(family)

    assert problem.tests == ("def test_one():\n    assert double(1) == 2", "def test_two():\n    assert double(2) == 4")
    assert (problem.setup_code, problem.entry_points) == ("from solution import double", ("double",))


def test_methods_of_a_test_class_count_one_by_one():
    problem = read("ClassEval")

    assert len(problem.tests) == 2
    assert all(test.startswith("class BoxTest") and test.count("def test_") == 1 for test in problem.tests)
    assert (problem.prelude, problem.setup_code, problem.entry_points) == ("import math", "import unittest", ("Box",))


def test_tests_that_do_something_when_imported_stay_whole():
    source = MODULE + "print('at import')\n"

    assert read("KodCode", test_code=source).tests == (source,)


def test_tests_that_mention_each_other_stay_whole():
    source = MODULE + "\ndef test_both():\n    test_one()\n"

    assert read("KodCode", test_code=source).tests == (source,)


@pytest.mark.parametrize(
    ("family", "reference"),
    [
        ("APPS or TACO", DOUBLE),
        ("PrimeIntellect or SYNTHETIC", "print(2 * int(input()))"),
        ("CodeContests", "print(2 * int(input()))"),
        ("LeetCodeDataset", METHOD),
        ("BigCodeBench", "import math\ndef double(x):\n    return 2 * x\n"),
    ],
)
def test_the_reference_is_python(family, reference):
    assert read(family).reference_solution == reference


def test_a_conversation_stays_as_it_is():
    problem = read("verl")

    assert problem.messages == (("system", "Be brief."), ("user", "Double."))
    assert problem.prompt == "Double."


def test_the_function_of_a_class_is_called_on_a_new_object():
    problem = read("APPS or TACO", starter_code="class Solution:\n    def double(self, x):\n        pass")

    assert (problem.tests, problem.entry_points) == (METHODS, ("Solution",))


@pytest.mark.parametrize(
    ("truth", "tests"),
    [
        (list(ASSERTS), ASSERTS),
        (json.dumps(CALLS), ASSERTS),
        (json.dumps({"functional": "\n".join(ASSERTS)}), ("\n".join(ASSERTS),)),
        (
            json.dumps({"import_prefix": "", "test_code": CHECK, "entry_point": "double"}),
            ("assert double(x = 1) == 2", "assert double(x = 3) == 6"),
        ),
    ],
)
def test_the_forms_of_ground_truth(truth, tests):
    assert read("verl", reward_model={"ground_truth": truth}).tests == tests


def test_an_assertion_that_asserts_nothing_leaves_the_base_tests_and_a_note():
    notes = []
    source = TABLE.replace("assert np", "np").replace("assert out", "out")
    problem = problem_from_row({**ROWS["MBPP+"], "test": source}, "x", notes)

    assert problem.tests == ("assert double(1) == 2",)
    assert notes == [("test", "its `assertion` asserts nothing, so that any program passes; only test_list counts")]


def test_a_reference_that_computes_the_results_stays_on_the_tests_side():
    source = (
        TABLE.replace("results = [2, -4, 1.0]\n", "")
        .replace("(inp, exp)", "inp")
        .replace("zip(inputs, results)", "inputs")
    )
    source = source.replace("inputs =", "def ref_func(x):\n    return 2 * x\n\n\ninputs =").replace(
        "exp, 0)", "ref_func(*inp), 0)"
    )

    problem = read("MBPP+", test=source)

    assert problem.tests[1] == "assertion(double(1), ref_func(1), 0)"
    assert "def ref_func" in problem.setup_code


def test_evalplus_inputs_get_back_the_tuples_that_json_has_not():
    changes = {"assertion": "assert double((1, 2)) == 3", "base_input": [[[1, 2]]], "plus_input": [[[3, 4]]]}

    assert "double((3, 4))" in read("EvalPlus' own file", **changes).tests[1]
    nested = {
        "assertion": "assert double((1, (2, 3))) == 3",
        "base_input": [[[1, [2]]]],
        "plus_input": [[[1, [2, [3]]]]],
    }
    assert "double((1, (2, (3,))))" in read("EvalPlus' own file", **nested).tests[1]


@pytest.mark.parametrize(
    ("family", "changes", "field", "what"),
    [
        (
            "KodCode",
            {"test_code": DOUBLE + "def test_it():\n    assert double(1) == 2\n"},
            "test_code",
            "its own solution",
        ),
        ("APPS or TACO", {"input_output": "{"}, "input_output", "not an object with 'inputs'"),
        ("APPS or TACO", {"input_output": json.dumps({"inputs": [], "outputs": []})}, "input_output", "holds no cases"),
        (
            "APPS or TACO",
            {"input_output": json.dumps({"inputs": ["1"], "outputs": []})},
            "input_output",
            "not as many outputs",
        ),
        (
            "PrimeIntellect or SYNTHETIC",
            {"verification_info": "{'language': 'rust'}"},
            "verification_info",
            "not Python",
        ),
        ("LiveCodeBench", {"private_test_cases": "%%"}, "private_test_cases", "neither JSON nor packed"),
        ("LiveCodeBench", {"metadata": "{}"}, "metadata", "names no 'func_name'"),
        ("LeetCodeDataset", {"entry_point": "1 + .5"}, "entry_point", "is no name"),
        ("CodeContests", {"input_file": "in.txt"}, "input_file", "would read a file"),
        ("AceCode", {"test_cases": []}, "test_cases", "is empty"),
        ("HumanEval-X", {"declaration": "int double(int x) {"}, "declaration", "declares no function"),
        ("this package's own", {"task_id": "x" * 201}, "task_id", "at most 200 characters"),
    ],
)
def test_a_row_that_cannot_be_used_names_field_and_fault(family, changes, field, what):
    with pytest.raises(DataError, match=what) as caught:
        read(family, **changes)

    assert f"field {field!r}" in str(caught.value)


def test_a_pickle_that_asks_for_code_runs_nothing(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    private = base64.b64encode(zlib.compress(pickle.dumps(Evil()))).decode()

    with pytest.raises(DataError, match="only text is unpacked"):
        read("LiveCodeBench", private_test_cases=private)
    assert not (tmp_path / "ran").exists()


def test_a_row_that_two_families_claim_names_both():
    with pytest.raises(DataError, match=r"AceCode .* and .*APPS or TACO"):
        problem_from_row({**ROWS["AceCode"], "input_output": "{}"}, "x")


def test_a_row_of_very_many_fields_is_refused():
    with pytest.raises(DataError, match="has 1001 fields"):
        problem_from_row({f"c{n}": 1 for n in range(1001)}, "x")
