"""The bundled starter set keeps what its docstrings promise."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import trl_rlvr

ROOT = Path(__file__).resolve().parent.parent
STARTER = Path(trl_rlvr.__file__).parent / "data" / "starter"
SPLITS = {
    split: [json.loads(line) for line in (STARTER / f"{split}.jsonl").read_text("utf-8").splitlines()]
    for split in ("train", "test")
}
PROBLEMS = SPLITS["train"] + SPLITS["test"]
SCHEMA = {
    "task_id": int,
    "text": str,
    "code": str,
    "test_list": list,
    "test_setup_code": str,
    "challenge_test_list": list,
    "kind": str,
}


def passed(code, problem):
    """How many of a problem's tests this code passes; the code is ours, so it may run here."""
    namespace = {}
    exec(code, namespace)
    count = 0
    for test in problem["test_list"]:
        try:
            exec(test, dict(namespace))
        except Exception:
            continue
        count += 1
    return count


def signature(problem):
    """The line that opens the reference solution."""
    return problem["code"].splitlines()[0]


def of_kind(kind):
    """A kind's family and its operations, each with the family."""
    family, *operations = kind.split("/")
    return {(family, slot, operation) for slot, operation in enumerate(operations)}


def test_there_are_at_least_two_hundred_problems_and_a_hundred_to_hold_out():
    assert (len(SPLITS["train"]), len(SPLITS["test"])) == (240, 100)


def test_every_row_has_the_schema_of_mbpp_and_a_kind():
    assert [{key: type(value) for key, value in problem.items()} for problem in PROBLEMS] == [SCHEMA] * len(PROBLEMS)


def test_task_ids_are_unique():
    assert len({problem["task_id"] for problem in PROBLEMS}) == len(PROBLEMS)


def test_statements_are_unique_within_a_kind():
    assert len({(problem["kind"], problem["text"]) for problem in PROBLEMS}) == len(PROBLEMS)


def test_no_kind_of_the_test_split_occurs_in_the_training_split():
    kinds = {split: {problem["kind"] for problem in problems} for split, problems in SPLITS.items()}

    assert not kinds["train"] & kinds["test"]


def test_every_operation_of_the_test_split_occurs_in_the_training_split():
    operations = {
        split: set().union(*(of_kind(problem["kind"]) for problem in problems)) for split, problems in SPLITS.items()
    }

    assert operations["test"] <= operations["train"]


def test_every_problem_has_three_tests_that_compare_with_a_literal():
    heads = [f"assert {problem['code'][4 : problem['code'].index('(')]}(" for problem in PROBLEMS]

    assert all(
        len(problem["test_list"]) >= 3 and all(t.startswith(head) and " == " in t for t in problem["test_list"])
        for problem, head in zip(PROBLEMS, heads, strict=True)
    )


def test_every_reference_passes_all_its_tests():
    assert [passed(problem["code"], problem) for problem in PROBLEMS] == [
        len(problem["test_list"]) for problem in PROBLEMS
    ]


def test_a_stub_passes_no_test():
    assert {passed(f"{signature(problem)}\n    return None", problem) for problem in PROBLEMS} == {0}


def test_no_constant_answer_passes_all_tests():
    answers = [[test.split(" == ")[-1] for test in problem["test_list"]] for problem in PROBLEMS]

    assert all(len(set(expected)) == len(expected) for expected in answers)


def test_returning_the_argument_passes_not_all_tests():
    for problem in PROBLEMS:
        argument = signature(problem).partition("(")[2].rstrip("):")

        assert passed(f"{signature(problem)}\n    return {argument}", problem) < len(problem["test_list"])


@pytest.mark.parametrize(
    ("right", "slip"),
    [
        (r"v % 2 == 0", r"v % 2 == 1"),
        (r" > ([1-9])", r" >= \1"),
        (r" >= ", r" > "),
        (r" < ([1-9])", r" <= \1"),
        (r"v \* v", r"v * 2"),
        (r"v // 2", r"v % 2"),
        (r"range\(1, n \+ 1\)", r"range(1, n)"),
        (r"s.split\(\)", r"s"),
        (r"max\(", r"min("),
        (r"sorted\(", r"("),
        (r"\[::-1\]", r""),
        (r"\[-1\]", r"[0]"),
        (r"set\(", r"list("),
        (r"sum\(", r"len("),
    ],
)
def test_the_tests_catch_a_typical_slip(right, slip):
    wrong = {p["task_id"]: (re.sub(right, slip, p["code"]), p) for p in PROBLEMS if re.search(right, p["code"])}

    assert wrong
    assert [task for task, (code, p) in wrong.items() if passed(code, p) == len(p["test_list"])] == []


def test_the_script_makes_the_bundled_set_again(tmp_path):
    script = ROOT / "tools" / "make_starter_set.py"
    if not script.exists():
        pytest.skip("the tools folder is not part of an installed package")

    subprocess.run([sys.executable, str(script), "--output", str(tmp_path)], check=True)

    for split in SPLITS:
        assert (tmp_path / f"{split}.jsonl").read_bytes() == (STARTER / f"{split}.jsonl").read_bytes()
