"""Pushes while training goes on: what each `hub_strategy` puts on the Hub, and that none of them can end a run."""

from types import SimpleNamespace

import pytest
from hub_server import serving_hub

from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.hub.checkpoints import CheckpointPushes

MODEL = {"README.md", "metrics.jsonl", "adapter_model.safetensors", "adapter_config.json"}
CHECKPOINT = {"adapter_model.safetensors", "adapter_config.json", "optimizer.pt", "trainer_state.json"}


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with serving_hub(monkeypatch, tmp_path) as hub:
        yield hub


@pytest.fixture
def run(tmp_path):
    """The folder of a run with two checkpoints, a card and what is not to leave this host."""
    files = {
        "README.md": "# card",
        "metrics.jsonl": "{}\n",
        "set_aside.jsonl": "{}\n",
        "_rlvr_config.yaml": "a: 1\n",
        "completions/step-000001.jsonl": "{}\n",
    }
    for step in (1, 2):
        files |= {f"checkpoint-{step}/{name}": f"{name} {step}" for name in CHECKPOINT}
        files[f"checkpoint-{step}/trainer_state.json"] = '{"best_model_checkpoint": "/home/alice/out/checkpoint-1"}'
    for name, text in files.items():
        (tmp_path / "run" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "run" / name).write_text(text)
    return RunFolder(tmp_path / "run")


def pushes(folder, *, tags=False, **changes):
    options = {
        "hub_token": None,
        "hub_model_id": "me/run",
        "hub_private_repo": None,
        "hub_revision": None,
        "hub_strategy": "every_save",
        "hub_always_push": True,
    }
    return CheckpointPushes(folder, SimpleNamespace(**options | changes), tags=tags)


def push_both(folder, **changes):
    pushed = pushes(folder, **changes)
    for step in (1, 2):
        pushed(folder.path / f"checkpoint-{step}", step)
        pushed.wait()


@pytest.mark.parametrize(
    ("strategy", "places"),
    [("every_save", ()), ("checkpoint", ("last-checkpoint",)), ("all_checkpoints", ("checkpoint-1", "checkpoint-2"))],
)
def test_a_strategy_decides_which_checkpoints_are_on_the_hub(hub, run, strategy, places):
    push_both(run, hub_strategy=strategy)

    files = hub.model("me/run").files()
    assert files.keys() == MODEL | {f"{place}/{name}" for place in places for name in CHECKPOINT}
    assert files["adapter_model.safetensors"] == b"adapter_model.safetensors 2"


def test_the_state_of_a_checkpoint_names_no_folder_of_this_host(hub, run):
    push_both(run, hub_strategy="checkpoint")

    assert hub.model("me/run").files()["last-checkpoint/trainer_state.json"] == (
        b'{"best_model_checkpoint": "checkpoint-1"}'
    )


def test_nothing_is_pushed_before_the_end_where_that_was_asked_for(hub, run):
    push_both(run, hub_strategy="end")

    assert hub.calls == []


def test_a_branch_and_tags_are_made_where_they_were_asked_for(hub, run):
    push_both(run, hub_revision="trial", tags=True)

    repo = hub.model("me/run")
    assert repo.refs.keys() == {"main", "trial", "step-1", "step-2"}
    assert repo.files("step-1")["adapter_model.safetensors"] == b"adapter_model.safetensors 1"
    assert repo.files("main") == {}


def test_a_push_that_fails_is_said_and_the_next_one_is_made(hub, run, capsys):
    hub.failures = [("/commit/", 403, 1)]

    push_both(run)

    assert "the push of checkpoint-1 failed: the token may not write there (403)" in capsys.readouterr().out
    assert hub.model("me/run").files()["adapter_model.safetensors"] == b"adapter_model.safetensors 2"


def test_weights_of_another_kind_make_way_for_those_that_are_pushed(hub, run):
    push_both(run)
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        (run.path / "checkpoint-2" / name).unlink()
    (run.path / "checkpoint-2" / "model.safetensors").write_text("whole")

    pushed = pushes(run)
    pushed(run.path / "checkpoint-2", 3)
    pushed.wait()

    assert hub.model("me/run").files().keys() == {"README.md", "metrics.jsonl", "model.safetensors"}
