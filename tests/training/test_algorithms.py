"""Each algorithm, from the command line's option to a report: the same data, rewards and measures."""

import json
from pathlib import Path

import pytest
from small_run import SMALL
from transformers import AutoModelForCausalLM
from trl import RLOOConfig, RLOOTrainer

from trl_rlvr.errors import ConfigError
from trl_rlvr.training import parse, train
from trl_rlvr.training.algorithms import ALGORITHMS, named_algorithm, trainer_options
from trl_rlvr.training.ppo import PPOConfig


def options(folder, **more):
    pairs = {"output_dir": folder, **SMALL, **more}
    return [text for key, value in pairs.items() for text in (f"--{key}", str(value))]


@pytest.mark.parametrize(("name", "config"), [("ppo", PPOConfig), ("rloo", RLOOConfig)])
def test_the_algorithm_decides_which_options_there_are(tmp_path, name, config):
    spec = parse(["--algorithm", name, *options(tmp_path)])

    assert (type(spec.grpo), spec.run.algorithm) == (config, name)
    assert spec.grpo.output_dir == str(tmp_path)


def test_a_file_may_name_its_algorithm(tmp_path):
    assert type(parse(["--config", "embedded-starter-ppo", *options(tmp_path)]).grpo) is PPOConfig


def test_an_option_of_another_algorithm_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="unknown option --vf_coef"):
        parse(["--vf_coef", "0.1", *options(tmp_path)])


def test_an_unknown_algorithm_names_those_that_there_are():
    with pytest.raises(ConfigError, match="algorithm is 'a2c'; give one of grpo, ppo, rloo"):
        named_algorithm("a2c")


def test_a_curriculum_is_refused_where_nothing_would_follow_it():
    with pytest.raises(ConfigError, match="algorithm 'rloo' follows no curriculum"):
        trainer_options("rloo", {"curriculum": object()})


@pytest.mark.parametrize(
    ("option", "said"),
    [("refinement_turns", "cannot tell sampled tokens from feedback"), ("curriculum_focus", "follows no curriculum")],
)
def test_what_rloo_lacks_is_said_when_options_are_read(tmp_path, option, said):
    with pytest.raises(ConfigError, match=f"algorithm 'rloo' {said}"):
        parse(["--algorithm", "rloo", *options(tmp_path, **{option: 2 if option == "refinement_turns" else 1})])


def test_rloo_is_trls_own():
    ours = ALGORITHMS["rloo"].trainer

    assert issubclass(ours, RLOOTrainer)
    assert ours._compute_loss is RLOOTrainer._compute_loss


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ppo", "rloo"])
def test_a_run_trains_measures_and_reports(tmp_path, name):
    report = train(parse(["--algorithm", name, *options(tmp_path, steps_per_generation=1)]))

    records = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    glossary = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    keys = {key.replace("graded", "<name>") for record in records for key in record} - {"step"}
    assert len(records) == 2
    assert [key for key in sorted(keys) if f"`{key}`" not in glossary] == []
    assert len(report.trained.outcomes) == 6
    assert AutoModelForCausalLM.from_pretrained(tmp_path).num_parameters() > 0
    if name == "ppo":
        assert (tmp_path / "critic" / "weights.safetensors").is_file()
        assert {"ppo/explained_variance", "ppo/value_loss", "ppo/critic_grad_norm"} <= keys
