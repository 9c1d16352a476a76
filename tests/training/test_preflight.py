"""Wrong inputs of a run, each refused in one sentence before a model is loaded."""

import re

import pytest
from hub_server import Repository, serving_hub
from huggingface_hub import constants
from small_run import small_spec

from trl_rlvr.errors import ConfigError
from trl_rlvr.training import evaluate, train

OPTIONS = [
    ({"learning_rate": -1}, "learning_rate is -1.0; give 0 or more"),
    ({"temperature": 0}, "temperature is 0.0; give more than 0"),
    ({"temperature": -1}, "temperature is -1.0; give more than 0"),
    ({"top_p": 2}, "top_p is 2.0; give more than 0 and at most 1"),
    ({"per_device_train_batch_size": 0}, "per_device_train_batch_size is 0; give 1 or more"),
    ({"gradient_accumulation_steps": 0}, "gradient_accumulation_steps is 0; give 1 or more"),
    ({"max_completion_length": 0}, "max_completion_length is 0; give 1 or more"),
    ({"num_generations": 0}, "num_generations is 0; give 1 or more"),
    ({"max_steps": -3}, "max_steps is -3; give 1 or more, or -1"),
    ({"heldout_every": -1}, "heldout_every is -1; give 0 or more"),
    ({"heldout_k": 4}, "heldout_k is [4] with heldout_samples 1"),
    ({"sandbox_memory_mib": 1}, "sandbox_memory_mib is 1; give"),
    ({"sandbox_require": "nothing"}, "sandbox_require names 'nothing'; choose from"),
    ({"sandbox_packages": "nosuchpkg"}, "sandbox_packages names 'nosuchpkg', which is not installed"),
    ({"sandbox_backend": "nothing"}, "unknown sandbox backend 'nothing'; choose one of"),
]

CHECKED = [
    ({"loss_type": "nothing"}, "loss_type is 'nothing'; choose one of bnpo,"),
    ({"scale_rewards": "False"}, "scale_rewards is 'False'; choose one of group, batch, none"),
    ({"reward_weights": [1, 2]}, "reward_weights has 2 number(s) for 1 reward(s); give one for each of: graded"),
    ({"reward_preset": "nothing"}, "unknown reward preset 'nothing'"),
    ({"reward_scores": "nothing"}, "unknown reward 'nothing'"),
    ({"heldout_every": 2, "heldout_samples": 0}, "heldout_every is 2 and heldout_samples is 0"),
    ({"data_system_prompt": "Be brief."}, "data_system_prompt has no place in data_prompt_style completion"),
    ({"sandbox_backend": "fake"}, "sandbox_backend fake runs no program and passes every one"),
    ({"use_vllm": True}, "use_vllm needs 'vllm', which is not installed; pip install vllm"),
    ({"load_in_4bit": True}, "load_in_4bit needs 'bitsandbytes', which is not installed"),
    ({"optim": "adamw_bnb_8bit"}, "optim adamw_bnb_8bit needs 'bitsandbytes'"),
    ({"attn_implementation": "flash_attention_2"}, "attn_implementation flash_attention_2 needs 'flash_attn'"),
    ({"report_to": "wandb"}, "report_to wandb needs its package, which is not installed; pip install wandb"),
    ({"report_to": "nothing"}, "report_to is 'nothing'; choose none, all, or some of azure_ml,"),
    ({"model_name_or_path": "./nowhere"}, "model_name_or_path './nowhere' does not exist; give a folder"),
    ({"model_name_or_path": "/no/where/at/all"}, "model_name_or_path '/no/where/at/all' does not exist"),
    ({"model_name_or_path": "a b"}, "model_name_or_path 'a b' is neither a folder here nor an id of the Hub"),
    ({"adapter_name_or_path": "./nowhere"}, "adapter_name_or_path './nowhere' does not exist"),
    ({"hub_completions": True, "save_completions": False}, "hub_completions is true and save_completions is false"),
    ({"hub_weights": "all"}, "hub_weights"),
    ({"push_to_hub": True}, "push_to_hub needs a token; log in with `hf auth login`, set HF_TOKEN"),
    ({"resume_from_checkpoint": "nowhere"}, "cannot resume from checkpoint 'nowhere': there is no such folder"),
]

CLOSED = 9
"""The port of the discard service, where nothing listens."""

NOT_LOADED = "the model must not be loaded"


@pytest.fixture(autouse=True)
def no_model_no_hub(monkeypatch, tmp_path):
    """Whatever passes the checks ends here; there is no token, and nothing answers as the Hub."""

    def refuse(*args, **kwargs):
        raise AssertionError(NOT_LOADED)

    monkeypatch.setattr("trl_rlvr.training.run.load_processor", refuse)
    monkeypatch.setattr("trl_rlvr.training.run.build_trainer", refuse)
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{CLOSED}")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("options", "sentence"), OPTIONS + CHECKED, ids=lambda value: re.sub(r"\W+", "-", str(value))[:40]
)
def test_a_wrong_input_is_one_sentence_before_a_model_is_loaded(tmp_path, options, sentence):
    with pytest.raises(ConfigError) as refused:
        train(small_spec(tmp_path / "out", **options))

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_status == 2


def test_what_is_right_goes_on_to_the_model(tmp_path):
    with pytest.raises(AssertionError, match=NOT_LOADED):
        train(small_spec(tmp_path / "out"))


@pytest.mark.parametrize("options", [{"loss_type": "nothing"}, {"report_to": "wandb"}, {"learning_rate": 0}])
def test_a_measure_does_not_ask_for_what_only_training_needs(tmp_path, options):
    with pytest.raises(AssertionError, match=NOT_LOADED):
        evaluate(small_spec(tmp_path / "out", **options))


def test_a_measure_of_nothing_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="heldout_samples is 0, and nothing would be measured"):
        evaluate(small_spec(tmp_path / "out", heldout_samples=0))


def test_the_lint_reward_asks_for_ruff(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *args, **kwargs: None)

    with pytest.raises(ConfigError, match="the lint reward needs the program 'ruff'"):
        train(small_spec(tmp_path / "out", reward_preset="unit_tests_and_lint"))


def test_quantized_weights_ask_for_a_gpu(tmp_path, monkeypatch):
    monkeypatch.setattr("trl_rlvr.training.preflight.packages.is_installed", lambda package: True)

    with pytest.raises(ConfigError, match=r"load_in_4bit needs a GPU, and this run uses the CPU \(use_cpu\)"):
        train(small_spec(tmp_path / "out", load_in_4bit=True, use_peft=True))


def test_a_model_of_the_hub_without_network_is_said_in_seconds(tmp_path):
    with pytest.raises(ConfigError, match=r"'no/model' is no folder here, not in the cache, and the Hub cannot be"):
        train(small_spec(tmp_path / "out", model_name_or_path="no/model"))


def test_a_push_without_network_is_said_before_training(tmp_path):
    with pytest.raises(ConfigError, match="push_to_hub needs the Hub, which cannot be reached"):
        train(small_spec(tmp_path / "out", push_to_hub=True, hub_token="hf_abcdefgh"))


@pytest.mark.parametrize(
    ("token", "options", "sentence"),
    [
        ("hf_nobody00", {}, r"does not let this token write to 'me/coder' \(401\)"),
        ("hf_reader00", {}, r"does not let this token write to 'me/coder' \(403\); give another token"),
        ("hf_writer00", {"hub_model_id": "other/coder"}, r"does not let this token write to 'other/coder' \(403\)"),
        ("hf_writer00", {"hub_model_id": "a b"}, "hub_model_id 'a b' is no name for a repository"),
    ],
)
def test_a_push_that_is_not_allowed_is_said_before_training(tmp_path, monkeypatch, token, options, sentence):
    with serving_hub(monkeypatch, tmp_path) as hub:
        hub.tokens["hf_reader00"] = ""
        hub.repositories["models", "me/coder"] = Repository()  # which anyone may read
        with pytest.raises(ConfigError, match=sentence):
            train(
                small_spec(
                    tmp_path / "out", push_to_hub=True, hub_token=token, **{"hub_model_id": "me/coder", **options}
                )
            )


def test_a_push_that_is_allowed_passes_and_makes_what_it_needs(tmp_path, monkeypatch):
    options = {"push_to_hub": True, "hub_token": "hf_writer00", "hub_model_id": "me/coder", "hub_completions": True}
    with serving_hub(monkeypatch, tmp_path) as hub, pytest.raises(AssertionError, match=NOT_LOADED):
        train(small_spec(tmp_path / "out", **options))

    assert hub.repositories.keys() == {("models", "me/coder"), ("datasets", "me/coder-completions")}
    assert hub.model("me/coder").messages == []


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("")

    with pytest.raises(ConfigError, match=r"output_dir .* cannot be written to"):
        train(small_spec(tmp_path / "out"))


@pytest.mark.parametrize("splits", [("test", "test"), ("all", "all"), ("all", "test")])
def test_problems_that_are_trained_and_measured_on_are_refused(tmp_path, splits):
    options = {"data_train_split": splits[0], "data_test_split": splits[1], "data_train_limit": 300}

    with pytest.raises(ConfigError, match="held-out problems are trained on as well"):
        train(small_spec(tmp_path / "out", **options))


@pytest.mark.parametrize("allowed", [{"data_allow_overlap": True}, {"heldout_samples": 0}])
def test_an_overlap_may_be_allowed_and_matters_only_where_something_is_measured(tmp_path, allowed):
    with pytest.raises(AssertionError, match=NOT_LOADED):
        train(small_spec(tmp_path / "out", data_train_split="test", data_test_split="test", **allowed))
