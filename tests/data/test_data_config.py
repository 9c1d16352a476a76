import json

import pytest

from trl_rlvr.data import DataConfig
from trl_rlvr.errors import ConfigError, DataError


def test_the_default_needs_no_network():
    config = DataConfig(data_train_limit=3, data_test_limit=2)

    assert (len(config.load_train()), len(config.load_test())) == (3, 2)


def test_train_and_test_share_no_problem():
    train, test = DataConfig().load_train(), DataConfig().load_test()

    assert {p.task_id for p in train} & {p.task_id for p in test} == set()


def test_a_number_from_yaml_is_a_count_of_visible_tests():
    assert DataConfig(data_visible_tests=1).dataset_options["visible_tests"] == "1"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"data_visible_tests": "some"}, "give all, none, or a number"),
        ({"data_prompt_style": "plain"}, "data_prompt_style is 'plain'; choose one of chat, chat_code, completion"),
        ({"data_check": "some"}, "data_check is 'some'; choose one of sample, all, none"),
        ({"data_train_limit": 0}, "data_train_limit is 0; give 1 or more"),
        ({"data_test_limit": -5}, "data_test_limit is -5; give 1 or more"),
        ({"data_max_prompt_tokens": 0}, "data_max_prompt_tokens is 0; give 1 or more"),
    ],
)
def test_an_option_out_of_range_is_refused(options, what):
    with pytest.raises(ConfigError, match=what):
        DataConfig(**options)


def test_the_command_line_fills_every_option():
    parser = pytest.importorskip("transformers").HfArgumentParser(DataConfig)
    line = "--data_name mbpp --data_train_limit 100 --data_visible_tests 1 --data_prompt_style chat_code"

    (config,) = parser.parse_args_into_dataclasses(line.split())

    assert config == DataConfig("mbpp", data_train_limit=100, data_visible_tests="1", data_prompt_style="chat_code")


def write_problems(path, start, count):
    rows = [
        {"task_id": n, "prompt": f"Add {n}.", "tests": [f"assert add({n}) == {n + 1}"]}
        for n in range(start, start + count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_a_file_of_ones_own_has_something_to_train_and_to_measure_on(tmp_path):
    config = DataConfig(write_problems(tmp_path / "mine.jsonl", 0, 20))

    train, test = config.load_train(), config.load_test()

    assert (len(train), len(test)) == (18, 2)
    assert {p.task_id for p in train}.isdisjoint(p.task_id for p in test)


def test_a_mix_draws_each_set_by_its_weight(tmp_path):
    one, other = write_problems(tmp_path / "a.jsonl", 0, 30), write_problems(tmp_path / "b.jsonl", 100, 10)
    config = DataConfig(data_mix={one: 1, other: 1}, data_train_split="all")

    ids = [problem.task_id for problem in config.load_train()]

    assert (len(ids), len(set(ids)), sum(one in task_id for task_id in ids)) == (20, 20, 10)
    assert ids == [problem.task_id for problem in config.load_train()]


def test_a_set_to_measure_on_need_not_be_the_one_to_train_on(tmp_path):
    name = write_problems(tmp_path / "b.jsonl", 0, 5)

    assert len(DataConfig().load_heldout(name)) == 5
    assert len(DataConfig().load_heldout("starter")) == len(DataConfig().load_test())


def test_a_filter_is_for_the_set_to_train_on(tmp_path):
    name = write_problems(tmp_path / "b.jsonl", 0, 5)

    assert len(DataConfig("starter", data_filter={"level": "easy"}).load_heldout(name)) == 5
    with pytest.raises(DataError, match=r"no row of .* has what data_filter asks for"):
        DataConfig(name, data_filter={"level": "easy"}).load_train()


def test_options_of_programs_reach_the_problems(tmp_path):
    path = tmp_path / "io.jsonl"
    path.write_text(json.dumps({"task_id": 1, "prompt": "x", "io_tests": [{"input": "", "output": "2"}]}))

    (problem,) = DataConfig(str(path), "all", data_io_numbers="value").load_train()

    assert (problem.io_numbers, problem.io_case) == ("value", "exact")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"data_heldout_share": 2}, "data_heldout_share is 2; give a share from 0 to 1"),
        ({"data_mix": "{starter: 1"}, "data_mix is '{starter: 1', not JSON"),
        ({"data_mix": {"starter": 0}}, "give each set a weight above 0"),
        ({"data_filter": "[1]"}, "give an object"),
        ({"data_columns": {"question": "q"}}, r"data_columns names \['question'\]"),
        ({"data_columns": "nowhere"}, "give an object of columns, or module:function"),
        ({"data_columns": "nowhere:f"}, "cannot be imported"),
        ({"data_unusable": "drop"}, "data_unusable is 'drop'; choose one of skip, stop"),
    ],
)
def test_an_option_that_cannot_be_understood_is_refused(options, what):
    with pytest.raises(ConfigError, match=what):
        DataConfig(**options)
