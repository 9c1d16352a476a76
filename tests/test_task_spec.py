"""One object holds a trainer's arguments; README's example trains stock TRL with it."""

import pytest

from trl_rlvr import CodeTaskSpec
from trl_rlvr.data import load_problems
from trl_rlvr.errors import ConfigError


def test_its_data_sets_are_the_two_splits_with_their_limits():
    task = CodeTaskSpec("starter", data_prompt_style="completion", data_train_limit=3, data_test_limit=2)

    assert task.train_dataset["task_id"] == [p.task_id for p in load_problems("starter", "train")[:3]]
    assert task.eval_dataset["task_id"] == [p.task_id for p in load_problems("starter", "test")[:2]]
    assert isinstance(task.train_dataset[0]["prompt"], str)


def test_its_rewards_score_the_rows_of_its_data_set():
    task = CodeTaskSpec("starter", data_train_limit=2, reward_scores=["binary", "fraction"], sandbox_workers=1)
    columns = task.train_dataset.to_dict()
    prompts, solutions = columns.pop("prompt"), [p.reference_solution for p in load_problems("starter", "train")[:2]]

    with task.verifier:
        scores = [
            reward(prompts=prompts, completions=[solutions[0], "x = 1"], **columns) for reward in task.reward_funcs
        ]

    assert [reward.__name__ for reward in task.reward_funcs] == ["binary", "fraction"]
    assert scores == [[1.0, 0.0], [1.0, 0.0]]
    assert task.reward_weights == [1.0, 1.0]


def test_nothing_is_loaded_or_started_before_it_is_asked_for():
    task = CodeTaskSpec("absent.jsonl", sandbox_workers=1)

    assert vars(task).keys() & {"train_dataset", "eval_dataset", "verifier"} == set()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"data_prompt_stile": "chat"}, "no option 'data_prompt_stile'; did you mean data_prompt_style?"),
        ({"data_check": "all"}, "no option 'data_check'"),
        ({"learning_rate": 1e-5}, "no option 'learning_rate'; choose from data_"),
        ({"data_train_limit": 0}, "data_train_limit is 0"),
        ({"sandbox_workers": 0}, "sandbox_workers is 0"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options, complaint):
    with pytest.raises(ConfigError, match=complaint):
        CodeTaskSpec("starter", **options)
