"""The model card: what it says of a report, and what it must not say."""

import copy

import pytest
import yaml

from trl_rlvr.training.hub.card import CURVE_NAME, card_data, model_card

MEASURE = {"problems": 500, "samples": 5000, "not_judged": 0, "mean_reward": 0.1}
BEFORE = {**MEASURE, "pass_at": {"1": 0.25, "10": 0.5}, "pass_at_1_interval": [0.21, 0.29]}
AFTER = {**MEASURE, "pass_at": {"1": 0.375, "10": 0.5}, "pass_at_1_interval": [0.33, 0.42], "not_judged": 3}
MBPP = {
    "name": "mbpp",
    "hub_id": "google-research-datasets/mbpp",
    "configuration": "full",
    "split": "train",
    "revision": "4bb6404",
    "licence": "cc-by-4.0",
}
FILE = {**dict.fromkeys(MBPP), "name": "mine.jsonl", "split": "train", "revision": "sha256:ab12"}
REPORT = {
    "baseline": BEFORE,
    "rlvr": AFTER,
    "improvement": {"pass_at_1": 0.125, "pass_at_1_interval": [0.08, 0.17], "mean_reward": 0.0},
    "heldout_data": {"humaneval": {"baseline": BEFORE, "rlvr": AFTER}},
    "base_model": {"id": "acme/base-1b", "revision": "abc"},
    "data": {
        "training": [MBPP, FILE],
        "held-out": [{**MBPP, "split": "test"}, {**FILE, "name": "humaneval", "hub_id": "openai/openai_humaneval"}],
    },
    "sandbox": {"backend": "process", "layers": {"seccomp": True, "landlock": True, "cgroup": False}},
    "seed": 7,
    "steps": 120,
    "timing_s": {"training": 61.4},
    "versions": {"trl": "1.16.0", "torch": "2.13.0"},
    "hardware": {"processes": 2, "cores": 8, "gpus": ["H200", "H200"]},
    "command": ["trl-rlvr", "train", "--hub_token", "***"],
    "configuration": {
        "RunConfig": {"algorithm": "rloo", "heldout_samples": 10, "heldout_temperature": 0.2},
        "RewardConfig": {"reward_preset": "graded", "reward_scores": []},
        "GRPOConfig": {"reward_weights": [1.0]},
        "ModelConfig": {"model_name_or_path": "acme/base-1b"},
        "DataConfig": {"data_prompt_style": "chat"},
    },
}


def card(weights="adapter", has_curve=True, **changes):
    return model_card({**REPORT, **changes}, repo="me/coder", weights=weights, has_curve=has_curve)


def metadata(**changes):
    return yaml.safe_load(card(**changes).split("---")[1])


def test_before_and_after_stand_with_intervals_and_counts():
    lines = card().splitlines()

    assert "| pass@1 | 25.0 % [21.0, 29.0] | 37.5 % [33.0, 42.0] | +12.5 points [+8.0, +17.0] |" in lines
    assert "| pass@10 | 50.0 % | 50.0 % | +0.0 points |" in lines
    assert "| problems, samples | 500, 5000 | 500, 5000, 3 not judged | |" in lines
    assert "| pass@1 on humaneval | 25.0 % [21.0, 29.0] | 37.5 % [33.0, 42.0] | +12.5 points |" in lines


def test_the_part_of_the_gain_that_is_not_format_has_a_row_of_its_own():
    before, after = BEFORE | {"format_mended_pass_at_1": 0.3}, AFTER | {"format_mended_pass_at_1": 0.35}

    rows = [line for line in card(baseline=before, rlvr=after).splitlines() if "mended" in line]
    begun = [line for line in card(baseline=before, rlvr=None).splitlines() if "mended" in line]

    assert rows == ["| pass@1, format mended | 30.0 % | 35.0 % | +5.0 points |"]
    assert begun == ["| pass@1, format mended | 30.0 % | n/a | |"]


def test_the_index_holds_pass_at_1_after_training_and_claims_no_verification():
    first, second = metadata()["model-index"][0]["results"]

    assert first["metrics"] == [{"name": "pass@1", "type": "pass@1", "value": 0.375, "verified": False}]
    assert first["dataset"] == {
        "name": "mbpp",
        "type": "google-research-datasets/mbpp",
        "config": "full",
        "split": "test",
        "revision": "4bb6404",
    }
    assert second["dataset"]["type"] == "openai/openai_humaneval"


def test_only_data_sets_of_the_hub_are_named_as_such():
    assert metadata()["datasets"] == ["google-research-datasets/mbpp"]
    assert "datasets" not in metadata(data={"training": [FILE], "held-out": [FILE]})


@pytest.mark.parametrize(
    ("weights", "relation", "library"),
    [
        ("adapter", "adapter", "peft"),
        ("merged", "finetune", "transformers"),
        ("both", "finetune", "transformers"),
        ("full", "finetune", "transformers"),
    ],
)
def test_the_relation_to_the_base_model_follows_from_what_is_pushed(weights, relation, library):
    said = metadata(weights=weights)

    assert (said["base_model"], said["base_model_relation"]) == ("acme/base-1b", relation)
    assert (said["library_name"], said["tags"]) == (library, ["trl", "rlvr", "rloo", "code"])


def test_a_base_model_that_is_not_on_the_hub_is_none_to_name():
    said = card_data({**REPORT, "base_model": None}, repo="me/coder", weights="adapter").to_dict()

    assert not {"base_model", "base_model_relation"} & said.keys()
    assert "its base model is not on the Hub" in card(base_model=None)


def test_what_made_the_figures_is_named():
    text = card()

    for part in (
        "[google-research-datasets/mbpp](https://huggingface.co/datasets/google-research-datasets/mbpp), "
        "configuration full, split train, revision `4bb6404`, licence cc-by-4.0",
        "`mine.jsonl`, split train, revision `sha256:ab12`, licence not stated",
        "preset `graded`, weights 1.0",
        "backend `process`; layers on: seccomp, landlock; off: cgroup",
        "2 x H200, 8 cores, 2 process(es)",
        "trl 1.16.0, torch 2.13.0",
        "```bash\ntrl-rlvr train --hub_token ***\n```",
        f"]({CURVE_NAME})",
        "for 120 updates",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("weights", "loads"),
    [("adapter", "AutoPeftModelForCausalLM.from_pretrained"), ("full", "AutoModelForCausalLM.from_pretrained")],
)
def test_the_code_that_loads_it_fits_what_is_there(weights, loads):
    code = card(weights=weights).split("```python\n")[1].split("```")[0]

    compile(code, "card", "exec")
    assert f'{loads}("me/coder")' in code


def test_a_run_without_a_measure_claims_nothing():
    text = card(baseline=None, rlvr=None, improvement=None, heldout_data={}, has_curve=False)

    assert "Nothing was measured" in text
    assert "model-index" not in text
    assert CURVE_NAME not in text


def test_a_run_in_progress_says_so():
    text = card(rlvr=None, improvement=None, heldout_data={})

    assert "Training has not ended" in text
    assert "| pass@1 | 25.0 % [21.0, 29.0] | n/a | |" in text
    assert "model-index" not in text


def test_a_name_cannot_break_a_table_or_a_block_of_code():
    odd = copy.deepcopy(REPORT)
    odd["data"]["training"][1]["name"] = "a|b\n# c"
    odd["command"] = ["x", "```\n# d"]

    lines = model_card(odd, repo="me/coder", weights="full", has_curve=False).splitlines()

    assert [line for line in lines if line.startswith("# ")] == ["# coder", "# d"]
    assert any(r"`a\|b # c`" in line for line in lines)


def test_a_report_of_an_older_release_makes_a_card_too():
    old = {name: REPORT[name] for name in ("baseline", "rlvr", "improvement", "configuration", "command")}

    assert "| pass@1 | 25.0 % [21.0, 29.0] |" in model_card(old, repo="coder", weights="full", has_curve=False)
