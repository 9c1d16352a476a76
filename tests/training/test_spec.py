"""Options: one flat YAML, TRL's names and defaults untouched, unknown keys rejected."""

import dataclasses

import pytest
from trl import GRPOConfig, ModelConfig

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.spec import CONFIGS, EMBEDDED_CONFIG, MOST_USED, RunConfig, RunSpec, find_config, parse

OURS = [part for part in RunSpec.__annotations__.values() if part not in (GRPOConfig, ModelConfig)]

HEADLINE = {
    "num_generations": 4,
    "num_iterations": 1,
    "max_steps": 20,
    "temperature": 0.8,
    "max_completion_length": 400,
    "learning_rate": 5e-5,
    "lr_scheduler_type": "constant",
    "loss_type": "dr_grpo",
    "scale_rewards": "none",
    "epsilon": 0.2,
    "epsilon_high": 0.2,
    "beta": 0.0,
    "generation_batch_size": 40,
    "gradient_accumulation_steps": 5,
}

CPU = ["--use_cpu", "true", "--bf16", "false"]


def written(tmp_path, text):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("llama-3.2-1b-mbpp", "meta-llama/Llama-3.2-1B"),
        ("smollm2-135m-mbpp", "HuggingFaceTB/SmolLM2-135M-Instruct"),
    ],
)
def test_the_mbpp_configurations_have_the_headline_settings(name, model):
    spec = parse(["--config", name, *CPU])

    assert {key: getattr(spec.grpo, key) for key in HEADLINE} == HEADLINE
    assert (spec.model.model_name_or_path, spec.model.use_peft, spec.model.lora_r) == (model, True, 32)
    assert (spec.data.data_name, spec.data.data_train_limit, spec.data.data_train_split) == ("mbpp", 100, "train")
    assert (spec.run.heldout_samples, spec.run.heldout_temperature) == (1, 0.2)
    assert spec.reward.reward_preset == "graded"


def test_every_configuration_file_parses():
    names = sorted(path.name for path in CONFIGS.glob("*.yaml"))

    assert [parse(["--config", name, *CPU]).grpo.output_dir for name in names] == [
        f"outputs/{name.removesuffix('.yaml')}" for name in names
    ]


def test_trl_dataclasses_are_used_as_they_are():
    assert RunSpec.__annotations__["grpo"] is GRPOConfig
    assert RunSpec.__annotations__["model"] is ModelConfig


def test_no_option_of_ours_shadows_one_of_trl():
    theirs = {field.name for config in (GRPOConfig, ModelConfig) for field in dataclasses.fields(config)}
    names = [field.name for config in OURS for field in dataclasses.fields(config)]

    assert theirs.isdisjoint(names)
    assert len(names) == len(set(names))


def test_every_option_of_ours_has_a_help_text():
    assert [f.name for config in OURS for f in dataclasses.fields(config) if not f.metadata.get("help")] == []


def test_the_command_line_overrides_the_file(tmp_path):
    config = written(tmp_path, "model_name_or_path: here\nmax_steps: 7\ndata_name: mbpp\nuse_cpu: true\nbf16: false\n")

    spec = parse(["--config", config, "--max_steps", "3", "--data_name", "problems.jsonl"])

    assert (spec.grpo.max_steps, spec.data.data_name) == (3, "problems.jsonl")


def test_an_unknown_key_in_the_file_is_rejected(tmp_path):
    config = written(tmp_path, "model_name_or_path: here\nmax_step: 7\nuse_cpu: true\nbf16: false\n")

    with pytest.raises(ConfigError, match="max_step"):
        parse(["--config", config])


def test_columns_that_rewards_read_may_not_be_removed():
    with pytest.raises(ConfigError, match="remove_unused_columns is True, which takes the tests from each row"):
        parse(["--model_name_or_path", "here", "--remove_unused_columns", "true", *CPU])


def test_an_unknown_option_on_the_command_line_is_rejected():
    with pytest.raises(ConfigError, match="--max_step"):  # no abbreviations either
        parse(["--model_name_or_path", "here", "--max_step", "3", *CPU])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: [1", "run.yaml is not YAML: "),
        ("- max_steps", "run.yaml holds list, not lines of `option: value`"),
        ("max_step: 7", "run.yaml: unknown key max_step; did you mean max_steps?"),
        ("max_steps: many", "argument --max_steps.*invalid int value: 'many'|max_steps is 'many'; give a whole number"),
        ("max_steps: [7]", r"max_steps is \[7\]; give a whole number"),
        ("hub_token: [hf_secret]", "hub_token is unusable; give a text or null"),
        ("max_steps: 2.5", "max_steps is 2.5; give a whole number"),
        ("max_steps: true", "max_steps is True; give a whole number"),
        ("use_peft: 7", "use_peft is 7; give true or false"),
        ("learning_rate:", "learning_rate is None; give a number"),
        ("data_train_limit: 1.5", "data_train_limit is 1.5; give a whole number or null"),
        ("heldout_k: {a: 1}", "heldout_k is .*; give a list"),
        ("data_check: some", "data_check is 'some'; give one of sample, all, none"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path, text, complaint):
    with pytest.raises(ConfigError, match=complaint) as told:
        parse(["--config", written(tmp_path, text)])

    assert "\n" not in str(told.value)


def test_values_of_a_file_are_converted_as_those_of_the_command_line_are(tmp_path):
    text = "learning_rate: 5e-5\nheldout_k: 1\ndata_visible_tests: 2\nlora_target_modules: all-linear\n"
    more = "max_grad_norm: 1\nscale_rewards: false\ndata_train_limit: null\n"

    spec = parse(["--config", written(tmp_path, text + more)])

    assert (spec.grpo.learning_rate, spec.grpo.max_grad_norm, spec.grpo.scale_rewards) == (5e-5, 1.0, "none")
    assert (spec.run.heldout_k, spec.data.data_visible_tests, spec.data.data_train_limit) == ([1], "2", None)
    assert spec.model.lora_target_modules == "all-linear"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--config"], "argument --config: expected one argument"),
        (["--config", "a", "--config", "b"], "--config is given 2 times"),
        (["--max_steps", "many"], "invalid int value: 'many'"),
        (["--max_steps"], "argument --max_steps.*expected one argument"),
        (["--dat_name", "mbpp"], "unknown option --dat_name; did you mean --data_name?"),
        (["seven"], "unexpected argument 'seven'"),
    ],
)
def test_arguments_that_cannot_be_used_are_one_sentence(arguments, complaint):
    with pytest.raises(ConfigError, match=complaint) as told:
        parse(arguments)

    assert "\n" not in str(told.value)


def test_on_a_cpu_use_cpu_and_bf16_follow_from_the_machine(monkeypatch):
    monkeypatch.setattr("torch.accelerator.is_available", lambda: False)

    follows, given = parse(["--model_name_or_path", "here"]), parse(["--model_name_or_path", "here", "--bf16", "true"])

    assert (follows.grpo.use_cpu, follows.grpo.bf16) == (True, False)
    assert given.grpo.bf16 is True


def test_the_help_begins_with_config_and_shows_the_most_used_options_only(capsys):
    shown = {}
    for option in ("--help", "--help-all"):
        with pytest.raises(SystemExit):
            parse([option], prog="trl-rlvr train")
        shown[option] = capsys.readouterr().out

    assert shown["--help"].index("--config FILE") < shown["--help"].index("problems (data_*)")
    assert "--learning_rate" in shown["--help"]
    assert "--adam_beta1" not in shown["--help"]
    assert "--adam_beta1" in shown["--help-all"]
    assert len(shown["--help"].splitlines()) < 300 < len(shown["--help-all"].splitlines())
    assert all(f" --{f.name} " in shown["--help"] for config in OURS for f in dataclasses.fields(config))


@pytest.mark.parametrize("config", [GRPOConfig, ModelConfig])
def test_the_most_used_fields_of_trl_exist(config):
    assert set(MOST_USED[config]) - {field.name for field in dataclasses.fields(config)} == set()


def test_a_missing_file_names_those_that_there_are():
    with pytest.raises(ConfigError, match=r"no configuration 'absent\.yaml'.*llama-3\.2-1b-mbpp\.yaml"):
        parse(["--config", "absent.yaml"])


def test_a_file_of_ones_own_wins_over_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / EMBEDDED_CONFIG).write_text("")

    assert find_config(EMBEDDED_CONFIG).resolve() == (tmp_path / EMBEDDED_CONFIG).resolve()


def test_no_arguments_mean_the_embedded_default_said_in_two_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    spec = parse([])

    told = capsys.readouterr().out.splitlines()
    assert (spec.model.model_name_or_path, spec.data.data_name) == ("embedded", "starter")
    assert len(told) == 2
    assert "embedded default" in told[0]
    assert told[1].endswith("trl-rlvr train --config llama-3.2-1b-mbpp.yaml")
    assert find_config("llama-3.2-1b-mbpp.yaml").is_file()


def test_the_embedded_default_takes_overrides():
    spec = parse(["--seed", "2", "--max_steps", "3"])

    assert (spec.grpo.seed, spec.grpo.max_steps, spec.model.model_name_or_path) == (2, 3, "embedded")


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ({"heldout_samples": -1}, "heldout_samples is -1; give 0 or more"),
        ({"heldout_temperature": -0.1}, "heldout_temperature is -0.1"),
        ({"heldout_batch_size": 0}, "heldout_batch_size is 0; give 1 or more"),
        ({"heldout_k": []}, "heldout_k is"),
        ({"heldout_k": [1, 0]}, "heldout_k is"),
        ({"heldout_k": [1, 4]}, "pass@k needs k samples of a problem: give heldout_samples 4 or more"),
    ],
)
def test_options_out_of_their_range_are_refused(option, complaint):
    with pytest.raises(ConfigError, match=complaint):
        RunConfig(**option)
