import json

import pytest

from trl_rlvr.cli import main
from trl_rlvr.data import load_problems

ROWS = [
    {"question_id": "a", "question": "Double.", "solution": "def double(x):\n    return 2 * x\n", "test_code": test}
    for test in ("from solution import double\n\ndef test_it():\n    assert double(1) == 2\n", "def test_(")
]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def convert(*arguments):
    return main(["convert", *map(str, arguments)])


def test_a_data_set_becomes_a_file_that_loads_to_equal_problems(source, tmp_path, capsys):
    status = convert(source, "--output", tmp_path / "out.jsonl", "--data_unusable_share", "0.5")

    (problem,) = load_problems(str(tmp_path / "out.jsonl"))
    assert (status, problem) == (0, load_problems(str(tmp_path / "out.jsonl"))[0])
    assert (problem.task_id, problem.entry_points, problem.total) == ("a", ("double",), 1)
    assert "taken for KodCode" in capsys.readouterr().err


def test_rows_left_out_are_listed_beside_the_output(source, tmp_path):
    convert(source, "--output", tmp_path / "out.jsonl", "--data_unusable_share", "0.5")

    row = json.loads((tmp_path / "out-set_aside.jsonl").read_text())
    assert (row["where"], row["field"]) == (f"{source}, line 2", "test_code")


def test_too_many_rows_that_cannot_be_used_leave_no_file(source, tmp_path, capsys):
    assert convert(source, "--output", tmp_path / "out.jsonl") != 0

    assert "1 of 2 rows of" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.jsonl"]


def test_columns_are_given_as_json(tmp_path):
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps({"q": "Add up.", "t": ["assert add(1, 2) == 3"]}))

    convert(path, "--output", tmp_path / "out.jsonl", "--data_columns", '{"prompt": "q", "tests": "t"}')

    assert load_problems(str(tmp_path / "out.jsonl"))[0].tests == ("assert add(1, 2) == 3",)


def test_an_output_that_cannot_be_written_is_one_sentence(source, tmp_path, capsys):
    assert convert(source, "--output", tmp_path / "none" / "o.jsonl", "--data_unusable_share", "0.5") != 0

    assert "cannot write" in capsys.readouterr().err
