import logging

import pytest

from trl_rlvr.data import load_problems, problems_from_columns, problems_to_dataset
from trl_rlvr.data.dataset import count_tokens
from trl_rlvr.data.prompts import CODE_FENCE
from trl_rlvr.errors import ConfigError, DataError
from trl_rlvr.problem import CodeProblem, IOTest

pytest.importorskip("datasets")

ADD = CodeProblem(
    "1", "Add two numbers.", ("assert add(1, 2) == 3",), reference_solution="def add(a, b): return 41 + 1"
)
HALF = CodeProblem("2", 'import re\n\n\ndef half(x):\n    """Halve x."""\n', ("assert half(4) == 2",), "y = 1")
SUM = CodeProblem("3", "Print the sum.", io_tests=(IOTest("1 2\n", "3\n"),), reference_cpu_s=0.25)
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}<eos>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.fixture(scope="module")
def tokenizer():
    """One token a character, with a begin-of-text token in front of any text, as Llama's tokenizer has it."""
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    special = {"<bos>": 0, "<eos>": 1, "<user>": 2, "<assistant>": 3, "<unk>": 4}
    vocabulary = special | {chr(code): code for code in range(10, 127)}
    fast = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
    fast.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("[\\s\\S]"), "isolated")
    fast.add_special_tokens(list(special))
    fast.post_processor = tokenizers.processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 0)])
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=fast, bos_token="<bos>", eos_token="<eos>")
    made.chat_template = TEMPLATE
    return made


@pytest.mark.parametrize("style", ["chat", "completion"])
def test_problems_survive_the_round_trip(style):
    problems = [ADD, HALF, SUM]

    back = problems_from_columns(problems_to_dataset(problems, prompt_style=style)[:], 3)

    assert [p.suite_key for p in back] == [p.suite_key for p in problems]
    assert [(p.task_id, p.entry_point) for p in back] == [("1", "add"), ("2", "half"), ("3", None)]


def test_a_data_set_says_how_many_tests_its_prompts_show():
    many = CodeProblem("4", "Add.", (*ADD.tests, "assert add(2, 2) == 4", "assert add(0, 0) == 0"), augmented=1)
    reading = CodeProblem("5", "Sum.", io_tests=(IOTest("1\n", "1\n"), IOTest("2\n", "2\n")), visible_limit=1)

    found = problems_to_dataset([many, HALF, SUM, reading], visible_tests=1)[:]

    counts = zip(*(found[f"{tier}_count"] for tier in ("visible", "hidden", "augmented")), strict=True)
    assert list(counts) == [(1, 1, 1), (0, 1, 0), (0, 1, 0), (1, 1, 0)]


def test_an_opening_survives_a_chat_prompt():
    (back,) = problems_from_columns(problems_to_dataset([HALF])[:], 1)

    assert back.prompt == HALF.prompt


def test_the_starter_set_survives_the_round_trip():
    problems = load_problems("starter")

    back = problems_from_columns(problems_to_dataset(problems)[:], len(problems))

    assert [p.suite_key for p in back] == [p.suite_key for p in problems]


def test_no_column_holds_the_reference():
    assert "41 + 1" not in repr(problems_to_dataset([ADD])[:])


def test_hidden_tests_stay_in_the_columns():
    dataset = problems_to_dataset([ADD], visible_tests="none")

    assert "assert" not in dataset[0]["prompt"][0]["content"]
    assert dataset[0]["tests"] == ["assert add(1, 2) == 3"]


def test_a_set_of_one_kind_has_the_columns_of_all():
    assert problems_to_dataset([ADD]).features == problems_to_dataset([SUM]).features


def test_an_open_answer_goes_on_from_the_chat_prompt(tokenizer):
    chat = problems_to_dataset([ADD], tokenizer=tokenizer)[0]["prompt"]
    text = problems_to_dataset([ADD], prompt_style="chat_code", tokenizer=tokenizer)[0]["prompt"]

    chat_ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True)["input_ids"]
    fence_ids = tokenizer(CODE_FENCE, add_special_tokens=False)["input_ids"]
    assert tokenizer(text)["input_ids"] == chat_ids + fence_ids


def test_over_long_prompts_are_left_out_and_counted(tokenizer, caplog):
    long = CodeProblem("9", "Add. " * 100, ADD.tests)
    options = {"prompt_style": "completion", "tokenizer": tokenizer}
    longest = count_tokens(problems_to_dataset([ADD], **options)[0]["prompt"], tokenizer)

    with caplog.at_level(logging.WARNING):
        dataset = problems_to_dataset([ADD, long], **options, max_prompt_tokens=longest)

    assert dataset["task_id"] == ["1"]
    assert caplog.messages == [
        f"1 of 2 problems have prompts of more than {longest} tokens and are left out: task_id 9"
    ]


def test_tokens_of_a_conversation_are_counted_as_the_trainer_makes_them(tokenizer):
    assert count_tokens([{"role": "user", "content": "abc"}], tokenizer) == len(["bos", "user", *"abc", "eos", "asst"])


def test_a_limit_that_leaves_nothing_is_refused(tokenizer):
    with pytest.raises(DataError, match=r"no problem is left of 1; raise max_prompt_tokens \(3\)"):
        problems_to_dataset([ADD], prompt_style="completion", tokenizer=tokenizer, max_prompt_tokens=3)


def test_a_limit_needs_a_tokenizer():
    with pytest.raises(ConfigError, match="max_prompt_tokens needs the tokenizer"):
        problems_to_dataset([ADD], max_prompt_tokens=3)


@pytest.mark.parametrize("style", ["chat", "chat_code"])
def test_a_model_without_a_chat_template_is_refused_before_training(tokenizer, monkeypatch, style):
    monkeypatch.setattr(tokenizer, "chat_template", None)

    with pytest.raises(ConfigError, match=r"a tokenizer without a chat template .* use prompt style 'completion'"):
        problems_to_dataset([ADD], prompt_style=style, tokenizer=tokenizer)


def test_what_decides_a_verdict_survives_the_round_trip_whatever_it_is():
    problems = [
        CodeProblem("4", "Node.", ("assert f(1) == 2",), prelude="import math", visible_limit=0, isolation="together"),
        CodeProblem("5", "Sum.", io_tests=(IOTest("1\n", "1\n"),), io_numbers="value", io_case="any"),
    ]

    back = problems_from_columns(problems_to_dataset(problems)[:], 2)

    assert [p.suite_key for p in back] == [p.suite_key for p in problems]
    assert back[0].visible_limit == 0


def test_a_conversation_of_the_data_set_is_the_prompt():
    problem = CodeProblem("6", "Add.", ("assert f(1) == 2",), messages=(("system", "Be brief."), ("user", "Add.")))

    dataset = problems_to_dataset([problem], system_prompt="Think.")

    assert dataset[0]["prompt"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Add."},
    ]


def test_tests_that_the_data_set_hides_are_not_shown():
    problem = CodeProblem("7", "Add.", ("assert f(1) == 2", "assert f(2) == 3"), visible_limit=1)

    shown = problems_to_dataset([problem])[0]["prompt"][0]["content"]

    assert ("f(1) == 2" in shown, "f(2) == 3" in shown) == (True, False)
