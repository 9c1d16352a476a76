"""The model to train: every field passed on, adapters trainable, frozen models refused."""

import peft
import pytest
import torch
from small_run import small_spec
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, ModelConfig

from trl_rlvr.errors import ConfigError, TrainingError
from trl_rlvr.training.embedded import EMBEDDED_POLICY
from trl_rlvr.training.policy import init_kwargs, load_processor, policy_arguments, require_trainable
from trl_rlvr.training.run import open_run
from trl_rlvr.training.spec import RunConfig


@pytest.fixture
def grpo(tmp_path):
    return GRPOConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to="none")


@pytest.fixture
def adapter(tmp_path):
    """A LoRA adapter that changes the embedded policy, as fine-tuning would leave it."""
    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_pretrained(EMBEDDED_POLICY)
    model = peft.get_peft_model(base, peft.LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False))
    model.save_pretrained(tmp_path / "adapter")
    return str(tmp_path / "adapter")


def test_a_run_keeps_off_cudnn_attention_and_puts_the_setting_back(tmp_path):
    before = torch.backends.cuda.cudnn_sdp_enabled()

    with open_run(small_spec(tmp_path)):
        during = torch.backends.cuda.cudnn_sdp_enabled()

    assert during is False
    assert torch.backends.cuda.cudnn_sdp_enabled() is before is True


def test_every_loading_field_of_model_config_is_passed_on(grpo):
    model = ModelConfig("somewhere", model_revision="v2", dtype="bfloat16", attn_implementation="eager")

    arguments = policy_arguments(model, RunConfig(), grpo)

    assert arguments["model"] == "somewhere"
    assert grpo.model_init_kwargs == {
        "revision": "v2",
        "dtype": "bfloat16",
        "attn_implementation": "eager",
        "trust_remote_code": False,
    }


def test_model_init_kwargs_win_over_model_config(grpo):
    grpo.model_init_kwargs = {"dtype": "float32", "use_cache": False}

    assert init_kwargs(ModelConfig("somewhere", dtype="bfloat16"), grpo)["dtype"] == "float32"
    assert init_kwargs(ModelConfig("somewhere"), grpo)["use_cache"] is False


def test_lora_and_quantization_fields_become_their_configurations(grpo):
    model = ModelConfig("somewhere", use_peft=True, lora_r=32, lora_alpha=64, lora_target_modules=["q_proj"])

    arguments = policy_arguments(model, RunConfig(), grpo)

    lora = arguments["peft_config"]
    assert (lora.r, lora.lora_alpha, lora.target_modules) == (32, 64, "q_proj")
    assert arguments["quantization_config"] is None


def test_quantization_reaches_the_trainer(grpo):
    quantization = policy_arguments(ModelConfig("somewhere", load_in_4bit=True), RunConfig(), grpo)[
        "quantization_config"
    ]

    assert quantization.load_in_4bit


def test_the_trainer_holds_the_model_that_was_asked_for(tmp_path):
    spec = small_spec(tmp_path, dtype="bfloat16", use_peft=True, lora_r=8, attn_implementation="eager")

    with open_run(spec) as run:
        model = run.trainer.model

    assert model.config._attn_implementation == "eager"
    assert next(model.get_base_model().parameters()).dtype is torch.bfloat16
    assert model.peft_config["default"].r == 8


def test_an_adapter_is_loaded_trainable_on_the_base_that_it_names(adapter, grpo):
    model = policy_arguments(ModelConfig(), RunConfig(adapter_name_or_path=adapter), grpo)["model"]

    trainable = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trainable
    assert all("lora_" in name for name in trainable)
    assert model.get_base_model().config._name_or_path == str(EMBEDDED_POLICY)


def test_the_weights_of_the_adapter_are_those_that_were_saved(adapter, grpo):
    model = policy_arguments(ModelConfig("embedded"), RunConfig(adapter_name_or_path=adapter), grpo)["model"]
    ids = torch.tensor([[5, 6, 7]])

    with torch.no_grad(), model.disable_adapter():
        base = model(ids).logits
    with torch.no_grad():
        adapted = model(ids).logits

    assert not torch.allclose(base, adapted)


def test_an_adapter_given_as_a_model_is_refused_with_the_right_option(adapter, grpo):
    with pytest.raises(ConfigError, match="is an adapter; give it as adapter_name_or_path"):
        policy_arguments(ModelConfig(adapter), RunConfig(), grpo)


def test_a_model_given_as_an_adapter_is_refused(grpo):
    run = RunConfig(adapter_name_or_path=str(EMBEDDED_POLICY))

    for model in (ModelConfig(), ModelConfig("embedded")):
        with pytest.raises(ConfigError, match="holds no adapter"):
            policy_arguments(model, run, grpo)


def test_no_model_at_all_is_refused(grpo):
    with pytest.raises(ConfigError, match="no model; give model_name_or_path"):
        policy_arguments(ModelConfig(), RunConfig(), grpo)


def test_the_tokenizer_of_the_adapter_wins(adapter, grpo):
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED_POLICY)
    tokenizer.chat_template = "of the adapter"
    tokenizer.save_pretrained(adapter)

    loaded = load_processor(ModelConfig("embedded"), RunConfig(adapter_name_or_path=adapter), grpo)

    assert loaded.chat_template == "of the adapter"


def test_an_adapter_without_a_tokenizer_takes_the_one_of_its_base(adapter, grpo):
    loaded = load_processor(ModelConfig(), RunConfig(adapter_name_or_path=adapter), grpo)

    assert len(loaded) == len(AutoTokenizer.from_pretrained(EMBEDDED_POLICY))


def test_a_model_with_nothing_to_train_is_refused():
    frozen = torch.nn.Parameter(torch.zeros(2), requires_grad=False)

    with pytest.raises(TrainingError, match="no parameter of the model is trainable"):
        require_trainable([frozen])


def test_only_trainable_parameters_are_watched():
    frozen = torch.nn.Parameter(torch.zeros(2), requires_grad=False)
    free = torch.nn.Parameter(torch.zeros(2))

    assert require_trainable([frozen, free]) == [free]
