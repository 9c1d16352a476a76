"""Problems on disk: they read back equal, one by one, and memory does not grow with them."""

import json
import os
import subprocess
import sys
from dataclasses import fields

import pytest

from trl_rlvr.data import DataConfig, LoadOptions, load_data, problems_to_dataset
from trl_rlvr.data.cache import folder_while_alive
from trl_rlvr.data.stored import LazyProblems
from trl_rlvr.problem import CodeProblem, IOTest

FEW, MANY, INPUT_CHARS = 1_000, 4_000, 10_000
PEAK = """
import sys
from trl_rlvr.data import LoadOptions, load_data, problems_to_dataset
import datasets
datasets.disable_progress_bars()

def anonymous_kib():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("RssAnon")).split()[1])

used_kib = []
for place, name in enumerate(sys.argv[1:]):
    train = load_data(name, "train", LoadOptions(unusable="skip", heldout_share=0.1, cache=name + " cache"))
    dataset = problems_to_dataset(train.problems, folder=name + " rows")
    assert len(dataset) == len(train.problems) > 800
    used_kib.append(anonymous_kib())
print(used_kib[1] - used_kib[0])
"""
"""Says how much more memory a second, larger set takes than the first, which has filled all buffers."""


def own_row(number):
    return {
        "task_id": f"add-{number}",
        "prompt": f"Write add_{number}(x), which adds {number} to a number.",
        "tests": [f"assert add_{number}({x}) == {x + number}" for x in range(2)],
        "reference_solution": f"def add_{number}(x):\n    return x + {number}\n",
    }


def program_row(number):
    case = {"input": f"{number:0{INPUT_CHARS}}\n", "output": f"{number}\n"}
    return {"task_id": f"print-{number}", "prompt": f"Print a number, as {number}.", "io_tests": [case]}


def write(path, count, row_of=own_row):
    path.write_text("".join(json.dumps(row_of(number)) + "\n" for number in range(count)))
    return str(path)


def loaded(tmp_path, count=20, **options):
    options = {"unusable": "skip", "cache": str(tmp_path / "cache")} | options
    return load_data(write(tmp_path / "own.jsonl", count), options.pop("split", None), LoadOptions(**options))


def test_problems_on_disk_are_those_of_memory(tmp_path):
    on_disk, in_memory = loaded(tmp_path).problems, loaded(tmp_path, cache=None).problems

    assert isinstance(on_disk, LazyProblems)
    assert isinstance(in_memory, list)
    assert [*on_disk] == in_memory
    assert (on_disk[-1], [*on_disk[3:5]]) == (in_memory[-1], in_memory[3:5])
    with pytest.raises(IndexError):
        on_disk[20]


def test_every_field_of_a_problem_comes_back_from_disk(tmp_path, monkeypatch):
    io_problem = CodeProblem(
        task_id="io",
        prompt="Add.\u2028",
        io_tests=(IOTest("1\r\n", "\u00e9"),),
        setup_code="def check_output(given, printed, expected):\n    return True\n",
        reference_solution="print(1)",
        reference_cpu_s=0.25,
        messages=(("system", "Be short."), ("user", "Add.")),
        io_numbers="value",
        io_case="any",
    )
    tests_problem = CodeProblem(
        task_id="tests",
        prompt="Add.",
        tests=("assert add(1) == LIMIT", "assert add(2) == 3"),
        setup_code="LIMIT = 2",
        prelude="import math",
        entry_points=("add", "more"),
        entry_point="add",
        visible_limit=1,
        isolation="together",
        augmented=1,
    )
    given = {"io": io_problem, "tests": tests_problem}
    (tmp_path / "two.jsonl").write_text('{"task_id": "io"}\n{"task_id": "tests"}\n')
    monkeypatch.setattr("trl_rlvr.data.load.mapping_source", lambda columns: b"")
    monkeypatch.setattr("trl_rlvr.data.intake.row_mapping", lambda columns: lambda row: given[row["task_id"]])

    back = load_data(str(tmp_path / "two.jsonl"), None, LoadOptions(cache=str(tmp_path / "cache"))).problems

    assert [*back] == [io_problem, tests_problem]
    default = {one.name: one.default for one in fields(CodeProblem)}
    differs = {name for name in default for one in back if getattr(one, name) != default[name]}
    assert differs == default.keys()  # a new field must be tried here, and kept


def test_both_sides_of_a_division_are_the_same_from_disk(tmp_path):
    for split in ("train", "test"):
        options = {"split": split, "heldout_share": 0.2}
        on_disk, in_memory = loaded(tmp_path, **options), loaded(tmp_path, cache=None, **options)

        assert [*on_disk.problems] == in_memory.problems
        assert isinstance(on_disk.problems, LazyProblems)


def test_what_is_known_twice_is_found_without_memory(tmp_path):
    path = tmp_path / "own.jsonl"
    rows = [own_row(1), own_row(2), own_row(1), own_row(2) | {"task_id": "other"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    found = load_data(str(path), None, LoadOptions(unusable="skip", cache=str(tmp_path / "cache")))

    assert [problem.task_id for problem in found.problems] == ["add-1", "add-2"]
    assert [(one.where[-6:], one.what[-6:]) for one in found.set_aside] == [("line 3", "line 1"), ("line 4", "line 2")]


def test_a_mix_reads_each_problem_when_it_is_asked_for(tmp_path):
    names = [write(tmp_path / name, 10 + place) for place, name in enumerate(("a.jsonl", "b.jsonl"))]
    (tmp_path / "b.jsonl").write_text((tmp_path / "b.jsonl").read_text().replace("add", "sum").replace("Mind", "Heed"))
    options = {"data_mix": dict.fromkeys(names, 1), "data_train_split": "all", "data_train_limit": 12}

    on_disk = DataConfig(**options, data_cache=str(tmp_path / "cache")).load_train()
    in_memory = DataConfig(**options).load_train()

    assert isinstance(on_disk, LazyProblems)
    assert isinstance(in_memory, list)
    assert [*on_disk] == in_memory
    assert len(in_memory) == 12


def test_an_incomplete_outcome_is_made_anew(tmp_path):
    first = [*loaded(tmp_path).problems]
    (kept,) = (tmp_path / "cache").iterdir()
    with (kept / "problems.jsonl").open("ab") as stream:
        stream.truncate(100)

    assert [*loaded(tmp_path).problems] == first
    assert [*(tmp_path / "cache").iterdir()] == [kept]


def test_a_folder_that_cannot_be_written_to_keeps_nothing(tmp_path, caplog):
    (tmp_path / "cache").write_text("a file")

    found = loaded(tmp_path)

    assert isinstance(found.problems, list)
    assert len(found.problems) == 20
    assert "is held in memory" in caplog.text


def test_very_many_problems_in_memory_are_worth_a_hint(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("trl_rlvr.data.load.MANY", 20)

    loaded(tmp_path)
    assert caplog.text == ""
    loaded(tmp_path, cache=None)
    assert "holds 20 problems in memory; data_cache" in caplog.text


def test_other_code_that_maps_rows_reads_anew(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "maps_rows_of_stored.py"

    def first_prompt(prompt):
        module.write_text(f"def to_row(row):\n    return row | {{'prompt': {prompt!r}}}\n")
        sys.modules.pop("maps_rows_of_stored", None)
        os.utime(module, (len(prompt), len(prompt)))
        return loaded(tmp_path, 1, columns="maps_rows_of_stored:to_row").problems[0].prompt

    assert [first_prompt("one"), first_prompt("three")] == ["one", "three"]


def test_a_trainers_data_set_may_be_on_disk(tmp_path):
    problems = loaded(tmp_path).problems
    folder = folder_while_alive(str(tmp_path / "cache"))

    on_disk = problems_to_dataset(problems, folder=folder)

    assert on_disk.cache_files
    assert not problems_to_dataset([*problems]).cache_files
    assert on_disk.to_list() == problems_to_dataset([*problems]).to_list()
    assert (
        problems_to_dataset(problems[:0], folder=folder).to_list() == on_disk.to_list()
    )  # as another process wrote it


def test_the_folder_of_a_process_that_was_killed_goes(tmp_path):
    alive = folder_while_alive(str(tmp_path))
    gone = tmp_path / os.path.basename(alive).replace(str(os.getpid()), "999999999")
    gone.mkdir()

    folder_while_alive(str(tmp_path))

    assert os.path.isdir(alive)
    assert not gone.exists()


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_memory_does_not_grow_with_the_set(tmp_path):
    names = [write(tmp_path / f"{count}.jsonl", count, program_row) for count in (FEW, MANY)]

    found = subprocess.run([sys.executable, "-c", PEAK, *names], check=True, capture_output=True, text=True)

    assert int(found.stdout) < os.path.getsize(names[1]) / 1024 / 4
