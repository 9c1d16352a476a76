"""A run that pushes to a Hub on loopback, by `huggingface_hub`'s own calls, and what is loaded back from there."""

import json
import os
import socket

import pytest
import torch
import yaml
from hub_server import serving_hub
from small_run import small_spec

from trl_rlvr.cli import main
from trl_rlvr.errors import TrainingError
from trl_rlvr.training import train
from trl_rlvr.training.embedded import EMBEDDED_POLICY
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.publish import push_run

OPTIONS = {
    "use_peft": True,
    "lora_target_modules": "all-linear",
    "learning_rate": 1e-2,
    "heldout_samples": 2,
    "push_to_hub": True,
    "hub_token": "hf_writer00",
    "hub_model_id": "me/coder",
    "hub_private_repo": True,
    "hub_completions": True,
    "hub_step_tags": True,
    "hub_always_push": True,
    "data_visible_tests": 1,
}
PROMPT = torch.arange(3, 20)[None]


@pytest.fixture(scope="module")
def pushed(tmp_path_factory):
    """A run of two updates, pushed as it trained and at its end: its folder, and the Hub."""
    place = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch, serving_hub(patch, place) as hub:
        patch.delenv("HF_TOKEN")
        train(small_spec(place / "run", **OPTIONS))
        patch.setenv("HF_TOKEN", "hf_writer00")
        yield RunFolder(place / "run"), hub


def metadata(card):
    return yaml.safe_load(card.split("---")[1])


def test_the_card_on_the_hub_holds_what_the_run_measured(pushed):
    folder, hub = pushed
    card, report = hub.model("me/coder").files()["README.md"].decode(), json.loads(folder.report.read_text())
    said = metadata(card)

    assert said["model-index"][0]["results"][0]["metrics"] == [
        {"name": "pass@1", "type": "pass@1", "value": round(report["rlvr"]["pass_at"]["1"], 4), "verified": False}
    ]
    assert {"trl", "rlvr", "grpo"} <= set(said["tags"])
    assert not {"datasets", "base_model", "base_model_relation"} & said.keys()
    assert f"| pass@1 | {100 * report['baseline']['pass_at']['1']:.1f} % [" in card
    assert "| problems, samples | 6, 12 | 6, 12 | |" in card
    assert "preset `graded`" in card
    assert "layers on: " in card
    assert "licence mit" in card


def test_nothing_of_this_host_and_no_secret_is_on_the_hub(pushed):
    folder, hub = pushed
    secrets = [str(folder.path.parent), str(EMBEDDED_POLICY), "hf_writer00", os.getcwd()]
    secrets += [socket.gethostname()] if len(socket.gethostname()) > 3 else []  # a short one occurs in any weights

    leaks = [
        (kind, path, secret)
        for (kind, _), repo in hub.repositories.items()
        for files in repo.commits.values()
        for path, content in files.items()
        for secret in secrets
        if secret.encode() in content
    ]

    assert leaks == []


def test_only_what_is_published_at_the_end_is_published_while_training(pushed):
    _, hub = pushed
    names = {name for files in hub.model("me/coder").commits.values() for name in files}

    assert {"adapter_model.safetensors", "README.md", "rlvr_curve.svg", "metrics.jsonl", "heldout.jsonl"} <= names
    assert [name for name in names if name.startswith(("completions", "checkpoint-", "_", "runs", "set_aside"))] == []


def test_each_checkpoint_has_a_revision_of_its_own(pushed):
    _, hub = pushed
    repo = hub.model("me/coder")
    first, second = (repo.files(f"step-{step}")["adapter_model.safetensors"] for step in (1, 2))

    assert repo.messages[-1] == "End of training"
    assert "Training has not ended" in repo.files("step-1")["README.md"].decode()
    assert first != second == repo.files()["adapter_model.safetensors"]


def test_repositories_are_as_private_as_was_asked_for(pushed):
    assert [repo.private for repo in pushed[1].repositories.values()] == [True, True]


def test_large_files_went_by_lfs(pushed):
    assert "adapter_model.safetensors" in pushed[1].model("me/coder").lfs_paths


def test_the_completions_are_a_data_set_without_hidden_tests(pushed, tmp_path):
    import datasets
    from huggingface_hub import hf_hub_download

    path = hf_hub_download("me/coder-completions", "completions.parquet", repo_type="dataset", cache_dir=tmp_path)
    rows = datasets.Dataset.from_parquet(path, cache_dir=str(tmp_path))

    assert len(rows) == 2 * 16
    assert set(rows.column_names) == {
        *("step", "task_id", "prompt", "completion", "code", "verdict", "passed", "total", "tests"),
        *("reward_hacking", "rewards", "advantage"),
    }
    assert rows["step"][:] == [1] * 16 + [2] * 16


def logits(model):
    with torch.no_grad():
        return model.eval()(PROMPT).logits


def test_the_adapter_loads_from_the_hub(pushed, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    def base():
        return AutoModelForCausalLM.from_pretrained(EMBEDDED_POLICY)

    here = PeftModel.from_pretrained(base(), str(pushed[0].path))
    there = PeftModel.from_pretrained(base(), "me/coder", cache_dir=str(tmp_path))

    assert torch.equal(logits(there), logits(here))
    assert not torch.equal(logits(there), logits(base()))
    assert AutoTokenizer.from_pretrained("me/coder", cache_dir=str(tmp_path)).eos_token is not None


def test_the_merged_model_takes_the_place_of_the_adapter(pushed, tmp_path, capsys):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    folder, hub = pushed
    adapted = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(EMBEDDED_POLICY), str(folder.path))

    assert main(["push", str(folder.path), "--weights", "both", "--revision", "whole"]) == 0
    loaded = AutoModelForCausalLM.from_pretrained("me/coder", revision="whole", cache_dir=str(tmp_path))

    files = hub.model("me/coder").files("whole")
    assert "adapter_config.json" not in files
    assert {"model.safetensors", "adapter/adapter_model.safetensors", "adapter/adapter_config.json"} <= files.keys()
    assert "the LoRA adapter by itself in `adapter/`" in files["README.md"].decode()
    torch.testing.assert_close(logits(loaded), logits(adapted), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("call", "status", "reason"),
    [
        ("/repos/create", 401, r"the token is not valid \(401\)"),
        ("/commit/", 403, r"the token may not write there \(403\)"),
        ("/commit/", 409, r"another commit got in between \(409\)"),
        ("/commit/", 500, "500"),
        ("/commit/", 0, "disconnected|reset|closed"),
    ],
)
def test_a_push_that_fails_says_why_and_how_to_push_again(pushed, call, status, reason):
    folder, hub = pushed
    hub.failures = [(call, status, 9), ("GET /api/models", 404, 9 if status == 401 else 0)]
    try:
        with pytest.raises(TrainingError, match=rf"(?i)the push to .*{reason}.*safe in .*`trl-rlvr push "):
            push_run(folder, revision=f"broken-{status}")
    finally:
        hub.failures = []


@pytest.mark.parametrize("status", [409, 500, 0])
def test_a_fault_that_passes_is_not_noticed(pushed, status):
    folder, hub = pushed
    hub.failures = [("/commit/", status, 1)]

    address = push_run(folder, revision=f"again-{status}")

    assert "/me/coder/commit/" in address
    assert "adapter_model.safetensors" in hub.model("me/coder").files(f"again-{status}")


def test_a_card_that_its_owner_has_edited_is_pushed_as_it_is(pushed):
    folder, hub = pushed
    card = folder.path / "README.md"
    before = card.read_text()
    card.write_text("# Mine\n")
    try:
        push_run(folder, revision="edited")
    finally:
        card.write_text(before)

    assert hub.model("me/coder").files("edited")["README.md"] == b"# Mine\n"
