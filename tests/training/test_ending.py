"""The end of a run: what fails loses nothing that came before it, and is said in one sentence."""

import json
from types import SimpleNamespace
from typing import ClassVar

import pytest
from small_run import small_spec

from trl_rlvr.errors import ConfigError, SandboxFaultRateError, TrainingError
from trl_rlvr.evaluation import Evaluation, ProblemOutcome
from trl_rlvr.training import ending as ending_module
from trl_rlvr.training.ending import ENDING, Ending, finish
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.publish import push_run
from trl_rlvr.verdict import Verdict

BEFORE = Evaluation((ProblemOutcome("a", (Verdict.PASSED,), (1.0,)), ProblemOutcome("b", (Verdict.TIMEOUT,), (-0.5,))))
AFTER = Evaluation((ProblemOutcome("a", (Verdict.PASSED,), (1.0,)), ProblemOutcome("b", (Verdict.PASSED,), (1.0,))))


class Trainer:
    """What the phases use of a trainer."""

    def __init__(self, folder):
        self.folder = folder
        self.accelerator = SimpleNamespace(is_main_process=True)
        self.state = SimpleNamespace(global_step=7)
        self.disk_is_full = False

    def save_model(self, path, _internal_call):
        assert _internal_call, "transformers would push here"
        if self.disk_is_full:
            raise OSError(28, "No space left on device")
        (self.folder.path / "model.safetensors").write_bytes(b"weights")


class Hub:
    """A Hub that takes what it is given, or fails at the commit."""

    pushed: ClassVar[list[tuple[str, dict]]] = []
    fails = False

    def __init__(self, token=None):
        pass

    def create_repo(self, name, **_):
        return SimpleNamespace(repo_id=f"me/{name}")

    def list_repo_files(self, repo, **_):
        return [".gitattributes"]

    def create_commit(self, repo, operations, **_):
        if Hub.fails:
            raise RuntimeError("503 Server Error\nlong page")
        Hub.pushed.append((repo, {add.path_in_repo: add.path_or_fileobj for add in operations}))
        return "https://hub/me/run/commit/1"


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    Hub.pushed, Hub.fails = [], False
    return Hub


@pytest.fixture
def end(tmp_path):
    folder, told = RunFolder(tmp_path / "run"), []
    folder.path.mkdir()
    made = Ending(
        spec=small_spec(folder.path, push_to_hub=True, hub_token="hf_abcdefghij"),
        trainer=Trainer(folder),
        folder=folder,
        baseline=BEFORE,
        measure=lambda label: AFTER,
        details=lambda: {"seed": 1},
        say=told.append,
    )
    return made, told


def written(end):
    return json.loads(end.folder.report.read_text())


def test_the_phases_come_in_the_order_that_is_promised():
    assert [phase.name for phase in ENDING] == [
        *("measure", "report", "table", "advice", "save", "page", "card", "push"),
    ]


def test_all_phases_leave_their_results(end, hub):
    report = finish(end[0])

    assert report.improvement == 0.5
    assert (written(end[0])["improvement"]["pass_at_1"], written(end[0])["steps"]) == (0.5, 7)
    assert "FINAL RESULTS" in end[1][0]
    assert end[1][-2:] == [
        f"to look at: {end[0].folder.path / 'report.html'}",
        "pushed: https://hub/me/run/commit/1",
    ]
    assert hub.pushed[0][1].keys() == {"README.md", "model.safetensors", "rlvr_report.json"}


def test_a_push_that_fails_loses_nothing_and_says_how_to_push_again(end, hub):
    hub.fails = True

    with pytest.raises(TrainingError) as failed:
        finish(end[0])

    path = end[0].folder.path
    assert str(failed.value) == (
        f"the push to 'run' failed (503 Server Error); the model and its report are safe in '{path}': "
        f"push again with `trl-rlvr push {path}`"
    )
    assert (failed.value.exit_status, written(end[0])["improvement"]["pass_at_1"]) == (1, 0.5)
    assert (path / "model.safetensors").is_file()
    assert "FINAL RESULTS" in end[1][0]


def test_a_measure_that_fails_loses_neither_model_nor_baseline(end, hub):
    def fail(label):
        raise SandboxFaultRateError("9 of 10 programs could not be verified")

    end[0].measure = fail

    with pytest.raises(TrainingError, match=r"measure: 9 of 10 programs.*the report .*the model.*trl-rlvr push"):
        finish(end[0])

    assert (written(end[0])["baseline"]["samples"], written(end[0])["rlvr"]) == (2, None)
    assert (end[0].folder.path / "model.safetensors").is_file()
    assert hub.pushed == []


def test_a_full_disk_at_saving_leaves_measure_and_table(end, hub):
    end[0].trainer.disk_is_full = True

    with pytest.raises(TrainingError, match=r"save: .*No space left.*the measure.*the table"):
        finish(end[0])

    assert written(end[0])["improvement"]["pass_at_1"] == 0.5
    assert hub.pushed == []


def test_a_page_that_cannot_be_written_loses_nothing(end, hub, monkeypatch):
    def fail(run):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ending_module, "write_page", fail)

    with pytest.raises(TrainingError, match=r"page: .*No space left.*the table, the advice, the model"):
        finish(end[0])

    assert written(end[0])["improvement"]["pass_at_1"] == 0.5
    assert hub.pushed[0][1].keys() == {"README.md", "model.safetensors", "rlvr_report.json"}


def test_what_the_metrics_call_for_is_said_once(end, hub):
    for step in range(1, 7):
        end[0].folder.add_metrics(step, {"reward": -0.5, "pass_rate": 0.0})

    finish(end[0])

    assert [line for line in end[1] if line.startswith("advice: ")] == [
        next(line for line in end[1] if "no completion passes (pass_rate is 0 in all 6 logged updates)" in line)
    ]


def test_without_a_measure_there_is_a_report_still(end, hub):
    end[0].baseline = None

    assert finish(end[0]) is None
    assert {key: written(end[0])[key] for key in ("baseline", "rlvr", "seed", "steps")} == {
        "baseline": None, "rlvr": None, "seed": 1, "steps": 7,
    }  # fmt: skip


def test_a_phase_may_be_put_between_others(end, hub):
    seen = []
    phases = [*ENDING[:2], ending_module.Phase("page", lambda e: seen.append(e.report), "the page"), *ENDING[2:]]

    finish(end[0], phases)

    assert seen[0].improvement == 0.5


def test_pushing_again_takes_the_folder_to_the_repository_of_the_run(end, hub, capsys):
    from trl_rlvr.cli import main

    folder = end[0].folder
    folder.begin(small_spec(folder.path, hub_model_id="me/mine"), ["trl-rlvr"], 0)
    (folder.path / "model.safetensors").write_bytes(b"weights")

    assert main(["push", str(folder.path)]) == 0
    assert (hub.pushed[0][0], capsys.readouterr().out) == (
        "me/me/mine",
        "pushed: https://hub/me/run/commit/1\n",
    )


def test_only_what_is_of_use_elsewhere_is_published(tmp_path, hub):
    folder = RunFolder(tmp_path)
    files = (
        *("adapter_model.safetensors", "metrics.jsonl", "heldout.jsonl", "_rlvr_config.yaml", "rlvr_eval.json"),
        *("completions/step-000001.jsonl", "checkpoint-1/optimizer.pt", "runs/Nov30_host/events", ".cache/x"),
    )
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("")
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "/home/alice/models/llama"}')

    push_run(folder, "mine")

    pushed = hub.pushed[0][1]
    assert pushed.keys() == {"adapter_config.json", "adapter_model.safetensors", "heldout.jsonl", "metrics.jsonl"}
    assert json.loads(pushed["adapter_config.json"]) == {"base_model_name_or_path": "llama"}


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_folder_without_a_model_is_not_pushed(tmp_path, monkeypatch, folder, capsys):
    from trl_rlvr.cli import main

    monkeypatch.chdir(tmp_path)

    assert main(["push", folder]) == 2
    assert "give the output_dir of a run" in capsys.readouterr().err


def test_only_a_model_can_be_pushed(tmp_path, hub):
    (tmp_path / "checkpoint-3").mkdir()

    with pytest.raises(ConfigError, match=r"holds no saved model \(it has checkpoint-3\)"):
        push_run(RunFolder(tmp_path))
