"""Whole runs with repair: what they log, how they go on, and what is refused before they begin."""

import json
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small_run import small_spec

from trl_rlvr.errors import ConfigError
from trl_rlvr.training import train
from trl_rlvr.training.preflight import require_usable

TURNS = {
    "refinement_turns": 2,
    "refinement_turn_tokens": 40,
    "max_completion_length": 200,
    "refinement_reward": "discounted",
    "refinement_feedback": "random",
    "heldout_samples": 0,
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "out"
    train(small_spec(folder, **TURNS))
    return folder


def test_every_figure_is_in_the_glossary(finished):
    glossary = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
    rows = [json.loads(line) for line in (finished / "metrics.jsonl").read_text().splitlines()]
    keys = {re.sub(r"_\d$", "_<n>", key) for row in rows for key in row if key.startswith("refinement/")}

    assert len(keys) == 9
    assert [key for key in sorted(keys) if f"`{key}`" not in glossary] == []


def test_the_turns_of_each_completion_are_kept(finished):
    paths = sorted((finished / "completions").iterdir())
    rows = [json.loads(line) for path in paths for line in path.read_text().splitlines()]

    assert len(rows) == 32
    assert all(row["turns"][-1]["text"] == row["completion"] and row["turns"][-1]["feedback"] == "" for row in rows)
    told = [turn for row in rows for turn in row["turns"][:-1]]
    assert told != []
    assert all(turn["verdict"] != "passed" for turn in told)


@pytest.mark.slow
def test_resuming_ends_where_an_unbroken_run_does(finished, tmp_path):
    train(small_spec(tmp_path / "out", max_steps=1, **TURNS))

    train(small_spec(tmp_path / "out", resume_from_checkpoint="last", **TURNS))

    unbroken, resumed = (load_file(folder / "model.safetensors") for folder in (finished, tmp_path / "out"))
    assert all(torch.allclose(unbroken[name], resumed[name], atol=1e-6) for name in unbroken)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"data_visible_tests": "none"}, "data_visible_tests is none"),
        ({"refinement_visible_tests": "none"}, "refinement_visible_tests is none"),
        ({"data_prompt_style": "chat_code"}, "needs data_prompt_style chat or completion"),
        ({"refinement_turn_tokens": 300}, "lower refinement_turn_tokens"),
    ],
)
def test_what_cannot_work_is_said_before_a_model_is_loaded(tmp_path, options, said):
    with pytest.raises(ConfigError, match=said):
        require_usable(small_spec(tmp_path / "out", **{**TURNS, **options}), trains=True)
