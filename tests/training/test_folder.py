"""The files of a run's folder: half lines of a killed run, later ones of a resumed run, the options as a YAML file."""

import pytest
from small_run import small_spec

from trl_rlvr.json_lines import append_row, read_rows, write_rows
from trl_rlvr.training import parse
from trl_rlvr.training.folder import RunFolder, flat
from trl_rlvr.training.records import CompletionsFile


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def test_a_half_written_line_is_not_read(tmp_path):
    append_row(tmp_path / "a.jsonl", {"step": 1, "x": float("nan")})
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write('{"step": 2, "x"')

    assert read_rows(tmp_path / "a.jsonl") == [{"step": 1, "x": None}]


def test_a_run_that_goes_on_keeps_what_was_before_its_checkpoint(folder, tmp_path):
    for step in (1, 2, 3):
        folder.add_metrics(step, {"reward": 0.5})
        folder.write_completions(step, [{"step": step}], again=False)
    folder.add_heldout({"step": 0, "label": "baseline"})
    folder.add_heldout({"step": 3, "label": "trained"})

    folder.begin(small_spec(tmp_path), ["trl-rlvr"], 2)

    assert [row["step"] for row in read_rows(folder.metrics)] == [1, 2]
    assert [row["label"] for row in folder.heldout_rows()] == ["baseline"]
    assert sorted(path.name for path in folder.completions.iterdir()) == ["step-000001.jsonl", "step-000002.jsonl"]


def test_the_kept_options_make_the_same_run_again(folder, tmp_path):
    spec = small_spec(tmp_path, learning_rate=2e-4, reward_scores="binary", steps_per_generation=2)

    folder.begin(spec, ["trl-rlvr", "train", "--hub_token", "abc"], 0)

    assert "abc" not in folder.config.read_text()
    assert flat(parse(["--config", str(folder.config)])) == flat(spec)


def test_completions_have_one_schema_and_no_word_about_hidden_tests(folder):
    row = {
        "task_id": "a", "prompt": "p", "completion": "c", "code": "x", "verdict": "wrong_answer", "passed": 1,
        "isolation": "apart", "total": 2, "test_verdicts": "passed wrong_answer",
        "test_tiers": "visible 1 hidden 1 augmented 0", "reward_hacking": "exit", "error": "got 1, expected 777",
        "test_errors": "\ngot 1, expected 777",
        "rewards": {"graded": 0.5}, "advantage": 0.25,
    }  # fmt: skip
    write = CompletionsFile(folder, is_main=True, with_errors=False)

    write(1, [row])
    write(1, [row])

    rows = read_rows(folder.completions_of(1))
    assert len(rows) == 2
    assert list(rows[0]) == [
        "step", "task_id", "prompt", "completion", "code", "verdict", "isolation", "passed", "total", "tests",
        "test_tiers", "reward_hacking", "rewards", "advantage",
    ]  # fmt: skip
    assert rows[0]["test_tiers"] == {"visible": 1, "hidden": 1, "augmented": 0}
    assert rows[0]["tests"] == ["passed", "wrong_answer"]
    shown = CompletionsFile(folder, is_main=True, with_errors=True).row(1, row)
    assert (shown["error"], shown["test_errors"]) == ("got 1, expected 777", ["", "got 1, expected 777"])


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    write_rows(tmp_path / "a.jsonl", [{"n": 1}])

    with pytest.raises(ZeroDivisionError):
        write_rows(tmp_path / "a.jsonl", ({"n": 1 // n} for n in (1, 0)))

    assert read_rows(tmp_path / "a.jsonl") == [{"n": 1}]
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
