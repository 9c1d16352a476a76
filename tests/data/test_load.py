import gzip
import json
import os
import tracemalloc
from pathlib import Path

import pytest

from trl_rlvr.data import load_problems, problems_from_columns, problems_to_dataset
from trl_rlvr.data.load import LoadOptions, load_data
from trl_rlvr.data.loaded import write_set_aside
from trl_rlvr.errors import DataError
from trl_rlvr.extraction import extract_code

MBPP_FILE = Path(os.environ.get("TRL_RLVR_MBPP", Path(__file__).parents[2] / "../shared/data/mbpp.jsonl"))


def mbpp_row(task_id):
    return {"task_id": task_id, "text": "Add.", "test_list": [f"assert add({task_id}, 1) == {task_id} + 1"]}


def humaneval_row(number):
    test = "def check(candidate):\n    assert candidate(1) == 2\n"
    return {"task_id": f"Own/{number}", "prompt": "def f(x):\n", "entry_point": "f", "test": test}


def stdin_row(task_id):
    return {"task_id": task_id, "prompt": "Add up.", "io_tests": [{"input": "1 2", "output": "3"}]}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def ids(name, split=None):
    return [problem.task_id for problem in load_problems(str(name), split)]


def refusal(name, split=None):
    with pytest.raises(DataError) as caught:
        load_problems(str(name), split)
    return str(caught.value)


@pytest.fixture(scope="module")
def mbpp():
    if not MBPP_FILE.is_file():
        pytest.skip("no local file of MBPP; set TRL_RLVR_MBPP to its path")
    return load_problems(str(MBPP_FILE))


def test_all_of_mbpp_loads(mbpp):
    assert len(mbpp) == 974
    assert sum(problem.total for problem in mbpp) == 2922


@pytest.mark.parametrize(("split", "size", "first"), [("prompt", 10, "1"), ("test", 500, "11"), ("train", 374, "601")])
def test_mbpp_has_its_official_splits(mbpp, split, size, first):
    found = ids(MBPP_FILE, split)

    assert (len(found), found[0]) == (size, first)


def test_every_entry_point_of_mbpp_is_one_that_its_reference_defines(mbpp):
    wrong = [p.task_id for p in mbpp if extract_code(p.reference_solution, p.entry_point).code != p.reference_solution]

    assert wrong == []


def test_only_three_problems_of_mbpp_ask_for_more_than_one_name(mbpp):
    assert [p.task_id for p in mbpp if len(p.entry_points) > 1] == ["367", "601", "927"]


def test_mbpp_survives_the_round_trip_through_a_data_set(mbpp):
    pytest.importorskip("datasets")

    back = problems_from_columns(problems_to_dataset(mbpp)[:], 974)

    assert [p.suite_key for p in back] == [p.suite_key for p in mbpp]


def test_the_starter_set_needs_no_network_and_has_two_splits():
    train, test = ids("starter", "train"), ids("starter", "test")

    assert min(len(train), len(test)) >= 50
    assert ids("starter") == train + test


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.jsonl.gz", "a.json.gz", "a.gz"])
@pytest.mark.parametrize("as_array", [False, True])
def test_each_kind_of_file_is_read_by_what_it_holds(tmp_path, name, as_array):
    rows = [mbpp_row(1), mbpp_row(2)]
    text = json.dumps(rows, indent=1) if as_array else "\n\n".join(map(json.dumps, rows))
    raw = text.encode("utf-8-sig")
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)

    assert ids(tmp_path / name) == ["1", "2"]


def test_a_split_of_part_of_mbpp_follows_the_task_id(tmp_path):
    name = write(tmp_path / "part.jsonl", [mbpp_row(task_id) for task_id in (700, 601, 600, 510, 511, 11, 10)])

    assert ids(name, "train") == ["601", "700"]
    assert ids(name, "validation") == ["511", "600"]
    assert ids(name, "test") == ["11", "510"]
    assert ids(name, "prompt") == ["10"]


def test_humaneval_is_all_test(tmp_path):
    name = write(tmp_path / "he.jsonl", [humaneval_row(0), humaneval_row(1)])

    assert ids(name, "test") == ["Own/0", "Own/1"]
    assert refusal(name, "train") == f"{name!r} has no split 'train'; choose one of all, test"


def test_an_unknown_split_of_mbpp_names_the_known_ones(tmp_path):
    name = write(tmp_path / "part.jsonl", [mbpp_row(1)])

    assert refusal(name, "dev") == f"{name!r} has no split 'dev'; choose one of all, prompt, test, validation, train"


def test_a_split_without_rows_is_refused(tmp_path):
    name = write(tmp_path / "part.jsonl", [mbpp_row(1)])

    assert "no row of" in refusal(name, "train")
    assert "(task_id 601 to 974)" in refusal(name, "train")


@pytest.mark.parametrize("rows", [[stdin_row("a")], [mbpp_row(975)], [mbpp_row(1), mbpp_row("2")]])
def test_a_file_without_known_splits_has_only_all(tmp_path, rows):
    name = write(tmp_path / "own.jsonl", rows)

    assert len(ids(name, "all")) == len(rows)
    assert "choose 'all', or give a folder with one file a split, such as train.jsonl" in refusal(name, "train")


def test_a_folder_has_one_file_a_split(tmp_path):
    write(tmp_path / "test.jsonl", [stdin_row("b")])
    write(tmp_path / "train.jsonl", [stdin_row("a")])

    assert (ids(tmp_path, "train"), ids(tmp_path, "test"), ids(tmp_path)) == (["a"], ["b"], ["a", "b"])
    assert "has no split 'dev'; choose one of all, train, test" in refusal(tmp_path, "dev")


def test_a_folder_with_two_files_for_a_split_is_refused(tmp_path):
    write(tmp_path / "train.json", [stdin_row("a")])
    write(tmp_path / "train.jsonl", [stdin_row("a")])

    assert "holds both train.json and train.jsonl" in refusal(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    assert "holds no .jsonl, .json, .gz or .parquet file" in refusal(tmp_path)


def test_a_broken_row_names_file_and_line(tmp_path):
    name = write(tmp_path / "own.jsonl", [mbpp_row(1), {**mbpp_row(2), "test_list": ["assert add("]}])

    assert refusal(name).startswith(f"{name}, line 2, field 'test_list[0]': does not parse as Python: ")


def test_a_task_id_used_twice_names_both_lines(tmp_path):
    name = write(tmp_path / "own.jsonl", [mbpp_row(1), mbpp_row(2), mbpp_row(1)])

    assert refusal(name) == f"{name}, line 3, field 'task_id': '1' was used before, in {name}, line 1"


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "holds no rows"),
        (b"\n\n", "holds no rows"),
        (b"[]", "holds no rows"),
        (b'{"task_id": 1', "line 1: not valid JSON: "),
        (b"\n[1]", "item 1: is 1, not an object with fields"),
        (b"5\n", "line 1: is 5, not an object with fields"),
        (b'{"a": ' + b"9" * 5000 + b"}", "line 1: JSON that Python cannot read: "),
        (b'{"a": ' + b"[" * 100_000, "line 1: JSON that Python cannot read: "),
        (b'{"a": "\xff"}', "is not UTF-8: byte 7 of its text is 0xff"),
    ],
)
def test_a_broken_file_is_one_clear_sentence(tmp_path, raw, what):
    path = tmp_path / "own.jsonl"
    path.write_bytes(raw)

    assert what in refusal(path)
    assert str(path) in refusal(path)


@pytest.mark.parametrize("raw", [b"{}", gzip.compress(b"{}" * 100, mtime=0)[:-9]])
def test_a_broken_archive_is_one_clear_sentence(tmp_path, raw):
    path = tmp_path / "own.gz"
    path.write_bytes(raw)

    assert refusal(path).startswith(f"cannot read {path}: ")


def test_a_missing_file_is_named(tmp_path):
    assert refusal(tmp_path / "none.jsonl") == f"no such file: {str(tmp_path / 'none.jsonl')!r}"


def test_an_unknown_name_lists_what_is_allowed():
    assert refusal("mbbp").startswith("unknown data set 'mbbp'; give one of ambiguous, bigcodebench, ")


def skip(**options):
    return LoadOptions(unusable="skip", **options)


def test_rows_that_cannot_be_used_are_left_out_and_named(tmp_path):
    broken = [
        {**mbpp_row(2), "test_list": ["assert add("]},
        {**mbpp_row(3), "text": None},
        {"task_id": 4},
        mbpp_row(1),
        {**mbpp_row(1), "task_id": 9},
    ]
    name = write(tmp_path / "own.jsonl", [mbpp_row(1), *broken, mbpp_row(5)])
    with open(name, "a") as file:
        file.write("{not json\n")

    loaded = load_data(name, None, skip())

    assert [problem.task_id for problem in loaded.problems] == ["1", "5"]
    assert [(one.where.rpartition(" ")[2], one.field) for one in loaded.set_aside] == [
        ("2", "test_list[0]"),
        ("3", "prompt"),
        ("4", None),
        ("5", "task_id"),
        ("6", None),
        ("8", None),
    ]
    assert loaded.set_aside[4].what == f"is the same problem as {name}, line 1"
    assert (loaded.rows, len(loaded.unusable)) == (8, 5)


def test_names_with_escapes_and_parent_folders_are_names_and_no_paths(tmp_path):
    name = write(tmp_path / "own.jsonl", [{**mbpp_row(1), "task_id": "../../\x1b[31mpasswd"}, mbpp_row(2)])
    tests = "from evil import add\n\ndef test_add():\n    assert add(1, 1) == 2\n"
    module = write(tmp_path / "module.jsonl", [{"instructions": "Add.", "tests": tests, "module": "../evil"}])

    assert ids(name) == ["../../\x1b[31mpasswd", "2"]
    assert "field 'module': '../evil' is not a name in Python" in refusal(module)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["module.jsonl", "own.jsonl"]


def test_the_list_of_rows_left_out_is_one_json_line_each(tmp_path):
    name = write(tmp_path / "own.jsonl", [mbpp_row(1), {"task_id": "\x1b[31m"}])
    path = tmp_path / "out" / "set_aside.jsonl"

    assert write_set_aside([load_data(name, None, skip())], path) == 1
    row = json.loads(path.read_text())
    assert (row["where"], row["used"], row["what"][:31]) == (
        f"{name}, line 2",
        False,
        "no tests among its fields ('tas",
    )


def test_more_unusable_rows_than_the_share_stop(tmp_path):
    name = write(tmp_path / "own.jsonl", [mbpp_row(1), {"task_id": 2}])

    with pytest.raises(DataError, match=r"1 of 2 rows of .* share 0.4 .* the first: .*line 2: no tests among"):
        load_data(name, None, skip(unusable_share=0.4))


def test_what_a_file_was_taken_for_is_said(tmp_path):
    name = write(tmp_path / "own.jsonl", [mbpp_row(1)])

    assert load_data(name).describe() == f"{name}: 1 problems of 1 rows (taken for MBPP: it has 'test_list')"


def test_a_statement_that_allows_several_outputs_is_noted_and_used(tmp_path):
    name = write(tmp_path / "own.jsonl", [{**stdin_row("a"), "prompt": "Of many answers print any of them."}])

    loaded = load_data(name)

    assert (len(loaded.problems), [one.used for one in loaded.set_aside]) == (1, [True])
    assert "allows several outputs" in loaded.set_aside[0].what


def test_a_file_without_splits_is_divided_by_content_and_seed(tmp_path):
    rows = [stdin_row(f"a{n}") | {"prompt": f"Add up {n}."} for n in range(20)]
    forward, backward = write(tmp_path / "a.jsonl", rows), write(tmp_path / "b.jsonl", rows[::-1])

    def side(name, split, seed=1):
        return {p.task_id for p in load_problems(name, split, LoadOptions(heldout_share=0.25, seed=seed))}

    assert side(forward, "test") == side(backward, "test")
    assert (len(side(forward, "test")), side(forward, "train") & side(forward, "test")) == (5, set())
    assert side(forward, "test") != side(forward, "test", seed=2)


def test_columns_of_any_names_become_problems(tmp_path):
    row = {"question": "Double.", "cases": [{"input": "1", "output": "2"}], "answer": "print(2 * int(input()))"}
    name = write(tmp_path / "own.jsonl", [row])
    columns = {"prompt": "question", "tests": "cases", "reference": "answer"}

    (problem,) = load_problems(name, None, LoadOptions(columns=columns))

    assert (problem.prompt, problem.io_tests[0].output, problem.reference_solution) == ("Double.", "2", row["answer"])


def test_a_function_maps_rows_and_leaves_some_out(tmp_path, monkeypatch):
    (tmp_path / "my_mapping.py").write_text(
        "def to_row(row):\n    return None if row['n'] == 2 else {'task_id': row['n'], 'prompt': 'Add.', "
        "'tests': ['assert add(1, 1) == 2']}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    name = write(tmp_path / "own.jsonl", [{"n": 1}, {"n": 2}, {"n": 3}])

    assert [p.task_id for p in load_problems(name, None, LoadOptions(columns="my_mapping:to_row"))] == ["1", "3"]


@pytest.mark.parametrize("wanted", ["easy", ["Easy", "trivial"]])
def test_a_filter_keeps_rows_with_a_value(tmp_path, wanted):
    rows = [stdin_row("a") | {"meta": {"level": "Easy"}}, stdin_row("b") | {"meta": {"level": "hard"}}]
    name = write(tmp_path / "own.jsonl", rows)

    assert [p.task_id for p in load_problems(name, None, LoadOptions(filters={"meta.level": wanted}))] == ["a"]


def test_what_was_read_is_kept_by_content(tmp_path, monkeypatch):
    name = write(tmp_path / "own.jsonl", [mbpp_row(1), {**stdin_row("b"), "io_numbers": "value"}])
    options = skip(cache=str(tmp_path / "kept"))
    first = load_data(name, None, options)
    monkeypatch.setattr("trl_rlvr.data.intake.problem_from_row", None)

    again = load_data(name, None, options)

    assert [*again.problems] == [*first.problems]
    assert (again.schemas, again.rows) == (first.schemas, first.rows)
    write(tmp_path / "own.jsonl", [mbpp_row(2)])
    with pytest.raises(TypeError):
        load_data(name, None, options)


def test_a_file_that_unpacks_to_very_much_costs_a_sentence(tmp_path):
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(b"0" * (1 << 27)))
    tracemalloc.start()

    assert "unpacks to more than 200 times" in refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 28
    tracemalloc.stop()


def test_a_long_array_is_read_piece_by_piece(tmp_path):
    path = tmp_path / "long.json"
    rows = [mbpp_row(n) | {"filler": "\u00e9" * (n * 997)} for n in range(1, 60)]
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False))

    assert ids(path) == [str(n) for n in range(1, 60)]


def test_a_parquet_file_is_read(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    pyarrow = pytest.importorskip("pyarrow")
    parquet.write_table(pyarrow.Table.from_pylist([mbpp_row(1), mbpp_row(2)]), tmp_path / "own.parquet")

    assert ids(tmp_path / "own.parquet") == ["1", "2"]


def test_a_file_of_very_many_rows_that_are_none_is_given_up(tmp_path):
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b"[" + b"0" * 100_000))

    with pytest.raises(DataError, match=r"10000 of 10000 rows of .* cannot be used"):
        load_data(str(path), None, skip(unusable_share=0.2))
