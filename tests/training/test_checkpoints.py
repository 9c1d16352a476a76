"""Which checkpoint a run goes on from: the latest that is whole."""

import json
import shutil

import pytest
import torch
from safetensors.torch import save_file
from small_run import small_spec

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.checkpoints import checkpoints_in, flaw_of
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.resume import Start, starting_point


def write_checkpoint(folder, step):
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    save_file({"w": torch.zeros(64)}, path / "model.safetensors")
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth"):
        torch.save({"state": torch.zeros(64)}, path / name)
    (path / "trainer_state.json").write_text(json.dumps({"global_step": step}))
    return path


def cut(path):
    path.write_bytes(path.read_bytes()[:-9])


DAMAGES = {
    "no state": lambda c: (c / "trainer_state.json").unlink(),
    "half a state": lambda c: cut(c / "trainer_state.json"),
    "half the weights": lambda c: cut(c / "model.safetensors"),
    "half an optimizer": lambda c: cut(c / "optimizer.pt"),
    "no optimizer": lambda c: (c / "optimizer.pt").unlink(),
    "no weights": lambda c: (c / "model.safetensors").unlink(),
    "an empty file": lambda c: (c / "rng_state.pth").write_bytes(b""),
}


def test_a_whole_checkpoint_has_no_flaw(tmp_path):
    assert flaw_of(write_checkpoint(tmp_path, 3)) is None


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_last_skips_what_is_half_written(tmp_path, damage):
    write_checkpoint(tmp_path, 3)
    damage(write_checkpoint(tmp_path, 10))

    start = starting_point(small_spec(tmp_path, resume_from_checkpoint="last"))

    assert (start.checkpoint, start.step) == (tmp_path / "checkpoint-3", 3)
    assert "checkpoint-10 is skipped" in start.notes[0]


@pytest.mark.parametrize("said", ["last", "true", "True"])
def test_last_in_an_empty_folder_starts_from_the_beginning(tmp_path, said):
    start = starting_point(small_spec(tmp_path / "new", resume_from_checkpoint=said))

    assert start.checkpoint is None
    assert "starting from the beginning" in start.notes[0]


def test_a_curriculum_is_part_of_a_whole_checkpoint(tmp_path):
    write_checkpoint(tmp_path, 3)
    options = {"resume_from_checkpoint": "last", "curriculum_focus": 1.0}

    start = starting_point(small_spec(tmp_path, **options))

    assert start.checkpoint is None
    assert "lacks curriculum.json" in start.notes[0]


def test_a_checkpoint_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot resume from checkpoint 'nowhere': there is no such folder"):
        starting_point(small_spec(tmp_path, resume_from_checkpoint="nowhere"))


def test_a_half_written_checkpoint_that_was_named_is_refused(tmp_path):
    path = write_checkpoint(tmp_path, 3)
    cut(path / "optimizer.pt")

    with pytest.raises(ConfigError, match=r"optimizer\.pt is not whole"):
        starting_point(small_spec(tmp_path / "other", resume_from_checkpoint=path))


def test_a_folder_with_a_run_in_it_is_refused(tmp_path):
    write_checkpoint(tmp_path, 3)

    with pytest.raises(ConfigError, match=r"holds a run already \(checkpoint-3\).*overwrite_run true"):
        starting_point(small_spec(tmp_path))


def test_a_folder_with_a_run_in_it_may_be_overwritten(tmp_path):
    write_checkpoint(tmp_path, 3)

    assert starting_point(small_spec(tmp_path, overwrite_run=True)) == Start()


def test_overwriting_removes_the_run_and_nothing_else(tmp_path):
    write_checkpoint(tmp_path, 3)
    (tmp_path / "notes.txt").write_text("mine")
    RunFolder(tmp_path).report.write_text("{}")

    RunFolder(tmp_path).remove_run()

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(("option", "value"), [("data_name", "mbpp"), ("adapter_name_or_path", "elsewhere")])
def test_last_does_not_go_on_with_another_run(tmp_path, option, value):
    write_checkpoint(tmp_path, 3)
    RunFolder(tmp_path).begin(small_spec(tmp_path), ["trl-rlvr"], 3)

    with pytest.raises(ConfigError, match=f"holds another run .*{option}"):
        starting_point(small_spec(tmp_path, resume_from_checkpoint="last", **{option: value}))


def test_another_number_of_steps_is_the_same_run(tmp_path):
    write_checkpoint(tmp_path, 3)
    RunFolder(tmp_path).begin(small_spec(tmp_path), ["trl-rlvr"], 3)

    assert starting_point(small_spec(tmp_path, resume_from_checkpoint="last", max_steps=9)).step == 3


def test_checkpoints_are_sorted_by_number(tmp_path):
    for step in (9, 10, 2):
        write_checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-x").mkdir()

    assert [path.name for path in checkpoints_in(tmp_path)] == ["checkpoint-10", "checkpoint-9", "checkpoint-2"]
    shutil.rmtree(tmp_path / "checkpoint-10")
    assert checkpoints_in(tmp_path)[0].name == "checkpoint-9"
