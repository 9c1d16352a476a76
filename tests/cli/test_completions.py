"""Completion files: read whole and checked before anything runs."""

import gzip
import json

import pytest

from trl_rlvr.cli.completions import read_completions
from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem

PROBLEMS = {"7": CodeProblem("7", "Add one.", tests=("assert inc(1) == 2",))}
GOOD = {"task_id": 7, "completion": "def inc(x): return x + 1"}


def written(tmp_path, *rows):
    path = tmp_path / "completions.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return str(path)


def test_a_number_names_the_task_that_a_string_names(tmp_path):
    rows = read_completions(written(tmp_path, GOOD, GOOD | {"task_id": "7"}), PROBLEMS)

    assert [row.problem.task_id for row in rows] == ["7", "7"]
    assert [row.task_id for row in rows] == [7, "7"]


def test_solution_is_code_and_completion_is_text(tmp_path):
    rows = read_completions(written(tmp_path, GOOD, {"task_id": 7, "solution": "x = 1"}), PROBLEMS)

    assert [(row.is_code, row.text) for row in rows] == [(False, GOOD["completion"]), (True, "x = 1")]


def test_a_gzipped_file_is_read_as_it_is(tmp_path):
    path = tmp_path / "completions.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(GOOD).encode()))

    assert len(read_completions(str(path), PROBLEMS)) == 1


def test_blank_lines_are_skipped_and_still_counted(tmp_path):
    with pytest.raises(DataError, match="line 3 is not JSON"):
        read_completions(written(tmp_path, GOOD, "", "{"), PROBLEMS)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("nonsense", "line 1 is not JSON"),
        ("[1]", "line 1 is list, not an object"),
        ({"completion": "x"}, "task_id None; give it a string or a whole number"),
        ({"task_id": True, "completion": "x"}, "task_id True"),
        ({"task_id": 7.0, "completion": "x"}, "task_id 7.0"),
        ({"task_id": 8, "completion": "x"}, "names task_id 8, which is none of the 1 problems"),
        ({"task_id": 7}, "has neither completion nor solution"),
        ({"task_id": 7, "completion": "x", "solution": "x"}, "has both completion and solution"),
        ({"task_id": 7, "solution": ["x"]}, "has a solution of type list; give it a string"),
        ("[" * 100_000, "line 1 is not JSON"),
    ],
)
def test_a_malformed_row_is_named_with_its_line(tmp_path, row, complaint):
    with pytest.raises(DataError, match=complaint):
        read_completions(written(tmp_path, row), PROBLEMS)


def test_an_empty_file_is_malformed(tmp_path):
    with pytest.raises(DataError, match="holds no rows"):
        read_completions(written(tmp_path, ""), PROBLEMS)


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*absent\.jsonl"):
        read_completions(str(tmp_path / "absent.jsonl"), PROBLEMS)


def test_bytes_that_are_not_text_are_one_sentence(tmp_path):
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(DataError, match="cannot read"):
        read_completions(str(tmp_path / "binary.jsonl"), PROBLEMS)
