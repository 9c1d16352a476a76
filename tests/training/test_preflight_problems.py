"""What problems and chat template must fulfil before a model is loaded."""

import pytest
from small_run import small_spec
from tiny_policy import tiny_tokenizer

from trl_rlvr.data import DataConfig
from trl_rlvr.errors import ConfigError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.training.preflight import require_enough, require_no_overlap, require_system_role

PLAIN = "{% for m in messages %}{{ m.content }}{% endfor %}"
TEMPLATES = {
    "raises": "{% if messages[0].role == 'system' %}{{ raise_exception('No system role') }}{% endif %}" + PLAIN,
    "leaves it out": "{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}",
}


def problem(task_id, prompt="Add.", tests=("assert f(1) == 2",)):
    return CodeProblem(task_id, prompt, tests=tests)


def test_fewer_problems_than_a_generation_batch_are_refused(tmp_path):
    grpo = small_spec(tmp_path, per_device_train_batch_size=16).grpo

    require_enough(4, grpo)
    with pytest.raises(ConfigError, match=r"3 training problem\(s\) do not fill .* takes 4 .*data_train_limit"):
        require_enough(3, grpo)


def test_a_problem_under_another_name_is_the_same_problem():
    with pytest.raises(ConfigError, match=r"1 of 2 held-out problems are trained on as well \(task_id 'y'\)"):
        require_no_overlap([problem("x")], [problem("y", prompt=" Add.\n"), problem("z", tests=("assert f(3) == 4",))])


def test_a_prompt_with_other_tests_is_another_problem():
    require_no_overlap([problem("x")], [problem("x", tests=("assert f(3) == 4",))])


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES.keys())
def test_a_system_prompt_that_the_template_does_not_take_is_refused(template):
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = template

    with pytest.raises(ConfigError, match="its chat template takes no system message"):
        require_system_role(tokenizer, DataConfig(data_system_prompt="Be brief."))
    require_system_role(tokenizer, DataConfig())


def test_a_system_prompt_that_the_template_takes_is_fine():
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = PLAIN

    require_system_role(tokenizer, DataConfig(data_system_prompt="Be brief."))
