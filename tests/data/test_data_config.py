import pytest

from trl_rlvr.data import DataConfig
from trl_rlvr.errors import ConfigError


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
