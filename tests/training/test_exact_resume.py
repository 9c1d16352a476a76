"""A run that is killed and goes on ends where an unbroken one does; a run that is asked to stop says how to go on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file
from small_run import small_spec
from transformers import TrainerCallback

from trl_rlvr.errors import RunInterruptedError
from trl_rlvr.json_lines import read_rows
from trl_rlvr.training import run, train
from trl_rlvr.training.checkpoints import checkpoints_in
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.measure import measure

pytestmark = pytest.mark.slow

OPTIONS = {"max_steps": 4, "curriculum_focus": 1.0, "heldout_every": 2, "hub_token": "hf_notarealtoken", "seed": 5}

KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from small_run import small_spec
from trl_rlvr.training import train
from trl_rlvr.training.folder import RunFolder

write, step = RunFolder.write_completions, int(sys.argv[3])

def die(self, at, rows, **options):
    write(self, at, rows, **options)
    if at == step:
        os.kill(os.getpid(), signal.SIGKILL)

RunFolder.write_completions = die
train(small_spec(sys.argv[2], **eval(sys.argv[4])))
"""

VOLATILE = {"step_time", "verification_s", "sandbox/programs", "sandbox/retried", "sandbox/restarts"}


def steady(rows):
    """Leave out of log records what a clock, or a verdict remembered by the killed process, decides."""
    return [{key: value for key, value in row.items() if key not in VOLATILE} for row in rows]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """A run that nothing disturbs, and what trackers were told."""
    folder, told = tmp_path_factory.mktemp("unbroken"), []

    class Tracker(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **kwargs):
            told.append((state.global_step, dict(logs)))

    build = run.build_trainer

    def build_with_tracker(*parts):
        trainer = build(*parts)
        trainer.add_callback(Tracker())
        return trainer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "build_trainer", build_with_tracker)
        report = train(small_spec(folder, **OPTIONS))
    return RunFolder(folder), report, told


def test_trackers_get_the_held_out_figures_before_between_and_after(unbroken):
    told = [(step, logs["heldout/pass@1"]) for step, logs in unbroken[2] if "heldout/pass@1" in logs]

    assert [step for step, _ in told] == [0, 2, 4]
    assert (told[0][1], told[-1][1]) == (unbroken[1].baseline.pass_at(1), unbroken[1].trained.pass_at(1))


def test_no_file_of_the_run_holds_the_token(unbroken):
    holding = [p for p in unbroken[0].path.rglob("*") if p.is_file() and b"hf_notarealtoken" in p.read_bytes()]

    assert holding == []


def test_what_is_published_names_no_folder_of_this_host(unbroken):
    folder = unbroken[0].path
    for path in (folder / "rlvr_report.json", folder / "training_args.bin", folder / "metrics.jsonl"):
        assert str(folder.parent).encode() not in path.read_bytes()


def test_each_update_has_its_record_and_its_completions(unbroken):
    folder = unbroken[0]

    assert [row["step"] for row in read_rows(folder.metrics)] == [1, 2, 3, 4]
    assert [row["label"] for row in folder.heldout_rows()] == ["baseline", "step 2", "trained"]
    for step in range(1, 5):
        rows = read_rows(folder.completions_of(step))
        assert len(rows) == 16
        assert {row["step"] for row in rows} == {step}
        rewards = [row["rewards"]["graded"] for row in rows]
        assert sum(rewards) / 16 == pytest.approx(read_rows(folder.metrics)[step - 1]["reward"])
        assert all(len(row["tests"]) == row["total"] and "error" not in row for row in rows)


def test_a_killed_run_that_goes_on_ends_as_an_unbroken_one(unbroken, tmp_path, monkeypatch):
    measured = []
    monkeypatch.setattr(
        run, "measure", lambda *args, label, **more: measured.append(label) or measure(*args, label=label, **more)
    )
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(tmp_path), "3", repr(OPTIONS)]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-3000:]

    report = train(small_spec(tmp_path, resume_from_checkpoint="last", **OPTIONS))

    whole, resumed = unbroken[0], RunFolder(tmp_path)
    for name, tensor in load_file(whole.path / "model.safetensors").items():
        assert tensor.equal(load_file(tmp_path / "model.safetensors")[name]), name
    curricula = [json.loads((f.path / "checkpoint-4" / "curriculum.json").read_text()) for f in (whole, resumed)]
    assert curricula[0] == curricula[1]
    assert steady(read_rows(resumed.metrics)) == steady(read_rows(whole.metrics))
    assert resumed.heldout_rows() == whole.heldout_rows()
    assert [read_rows(resumed.completions_of(n)) for n in range(1, 5)] == [
        read_rows(whole.completions_of(n)) for n in range(1, 5)
    ]
    assert (report.baseline, report.trained) == (unbroken[1].baseline, unbroken[1].trained)
    assert "baseline" not in measured


def test_a_finished_run_makes_no_further_update(unbroken, capsys):
    folder = unbroken[0]
    before = read_rows(folder.metrics)

    report = train(small_spec(folder.path, resume_from_checkpoint="last", **OPTIONS))

    assert "all 4 updates are made: nothing is left to train" in capsys.readouterr().out
    assert read_rows(folder.metrics) == before
    assert checkpoints_in(folder.path)[0].name == "checkpoint-4"
    assert report.trained == unbroken[1].trained


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_a_checkpoint_and_says_how_to_go_on(tmp_path, monkeypatch, number):
    write = RunFolder.write_completions

    def write_and_ask(self, step, rows, **options):
        write(self, step, rows, **options)
        os.kill(os.getpid(), number)

    monkeypatch.setattr(RunFolder, "write_completions", write_and_ask)

    with pytest.raises(RunInterruptedError) as stopped:
        train(small_spec(tmp_path, heldout_samples=0, max_steps=3, save_strategy="no"))

    assert stopped.value.exit_status == 128 + number
    assert str(stopped.value) == (
        f"stopped behind update 1; {tmp_path / 'checkpoint-1'} is saved: go on with the same command and "
        "--resume_from_checkpoint last"
    )


def test_ctrl_c_ends_the_command_in_one_sentence_with_no_process_left(tmp_path):
    command = [
        *(sys.executable, "-m", "trl_rlvr", "train", "--output_dir", "out", "--max_steps", "500"),
        *("--per_device_train_batch_size", "16", "--num_generations", "4", "--data_check", "none"),
        *("--heldout_samples", "0", "--sandbox_workers", "1", "--max_completion_length", "32"),
    ]
    out = (tmp_path / "told").open("w+")
    started = subprocess.Popen(command, cwd=tmp_path, stdout=out, stderr=out, start_new_session=True)
    while not (tmp_path / "out" / "completions" / "step-000001.jsonl").is_file():
        assert started.poll() is None
    os.killpg(started.pid, signal.SIGINT)

    status = started.wait(timeout=300)

    told = Path(out.name).read_text()
    assert status == 130, told[-2000:]
    assert "Traceback" not in told
    assert told.splitlines()[-1].startswith("trl-rlvr train: stopped behind update ")
    assert [path.name for path in checkpoints_in(tmp_path / "out")] != []
    with pytest.raises(ProcessLookupError):
        os.killpg(started.pid, 0)
