"""The model to train, with every field of `ModelConfig` passed on, and the check that something of it is trainable.

`GRPOTrainer` silently ignores a `ModelConfig` field that nobody hands to it, and trains nothing on an adapter that was
loaded frozen.
"""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from trl import GRPOConfig, ModelConfig, get_peft_config, get_quantization_config

from trl_rlvr.errors import ConfigError, TrainingError
from trl_rlvr.training.embedded import EMBEDDED_POLICY
from trl_rlvr.training.spec import EMBEDDED_MODEL, RunConfig


def policy_arguments(model: ModelConfig, run: RunConfig, grpo: GRPOConfig) -> dict[str, Any]:
    """Return the trainer's `model`, `peft_config` and `quantization_config`, and set `grpo.model_init_kwargs`.

    Without an adapter the trainer loads the model itself; with one, base and adapter are loaded here.

    Raises:
        ConfigError: the path is an adapter's where a model is expected, or the other way round.
    """
    if run.adapter_name_or_path is not None:
        return {"model": load_adapter(run.adapter_name_or_path, model, run, grpo)}
    path = base_path(model, run)
    if (Path(path) / "adapter_config.json").is_file():
        raise ConfigError(f"model_name_or_path {path!r} is an adapter; give it as adapter_name_or_path")
    grpo.model_init_kwargs = init_kwargs(model, grpo)
    return {
        "model": path,
        "peft_config": get_peft_config(model),
        "quantization_config": get_quantization_config(model),
    }


def model_path(name: str) -> str:
    """Return what to load for `model_name_or_path`; `embedded` is the policy in this package."""
    return str(EMBEDDED_POLICY) if name == EMBEDDED_MODEL else name


def base_path(model: ModelConfig, run: RunConfig) -> str:
    """Return the path or id of the model itself, which an adapter names where `model_name_or_path` does not.

    Raises:
        ConfigError: there is no adapter where one was named, or neither of the two was given.
    """
    if model.model_name_or_path is not None:
        return model_path(model.model_name_or_path)
    if run.adapter_name_or_path is None:
        raise ConfigError("no model; give model_name_or_path, or adapter_name_or_path with the base that it names")
    return model_path(adapter_config(run.adapter_name_or_path).base_model_name_or_path)


def is_adapter(model: Any) -> bool:
    """Tell whether a model is one with an adapter, which is all that is saved of it."""
    from transformers.utils import is_peft_available

    if not is_peft_available():
        return False
    from peft import PeftModel

    return isinstance(model, PeftModel)


def adapter_config(adapter: str) -> Any:
    """Load the configuration of an adapter.

    Raises:
        ConfigError: there is no adapter at this place.
    """
    from peft import PeftConfig

    try:
        return PeftConfig.from_pretrained(adapter)
    except (ValueError, OSError) as error:
        raise ConfigError(f"adapter_name_or_path {adapter!r} holds no adapter: {error}") from error


def load_processor(model: ModelConfig, run: RunConfig, grpo: GRPOConfig) -> Any:
    """Load the tokenizer: the adapter's own where it has one (fine-tuning may have changed it), else the model's."""
    from transformers import AutoProcessor

    adapter = run.adapter_name_or_path
    own = adapter is not None and (Path(adapter) / "tokenizer_config.json").is_file()
    return AutoProcessor.from_pretrained(
        adapter if own else base_path(model, run),
        revision=None if own else model.model_revision,
        truncation_side="left",
        padding_side="left",
        trust_remote_code=grpo.trust_remote_code,
    )


def init_kwargs(model: ModelConfig, grpo: GRPOConfig) -> dict[str, Any]:
    """Return the arguments for loading, `ModelConfig`'s fields under those that `model_init_kwargs` gives."""
    given = grpo.model_init_kwargs or {}
    if isinstance(given, str):
        raise ConfigError(f"model_init_kwargs is {given!r}; give a mapping")
    return {
        "revision": model.model_revision,
        "attn_implementation": model.attn_implementation,
        "dtype": model.dtype,
        "trust_remote_code": grpo.trust_remote_code,
        **given,
    }


def load_adapter(adapter: str, model: ModelConfig, run: RunConfig, grpo: GRPOConfig) -> Any:
    """Load an adapter, ready to be trained further, on its base.

    The adapter brings its own rank, targets and scaling: `lora_*` options do not apply.

    Raises:
        ConfigError: there is no adapter at this place.
    """
    from peft import PeftModel
    from trl.trainer.utils import create_model_from_path

    config, base = adapter_config(adapter), base_path(model, run)
    kwargs, quantization = init_kwargs(model, grpo), get_quantization_config(model)
    if quantization is not None:
        kwargs["quantization_config"] = quantization
    grpo.model_init_kwargs = None  # used up here; the trainer would warn that it ignores them
    zero3 = grpo.deepspeed_plugin is not None and grpo.deepspeed_plugin.zero_stage == 3
    if grpo.distributed_state.distributed_type in ("MULTI_GPU", "DEEPSPEED"):
        kwargs["device_map"] = None
    # ZeRO-3 cannot gather parameters of two dtypes at once; TRL does the same for adapters that it creates.
    return PeftModel.from_pretrained(
        create_model_from_path(base, **kwargs),
        adapter,
        config=config,
        is_trainable=True,
        autocast_adapter_dtype=not zero3,
    )


@contextlib.contextmanager
def without_cudnn_attention() -> Iterator[None]:
    """Keep attention off cuDNN, which PyTorch from 2.11 on prefers on H100 and H200.

    With a mask, and a length of 64 more than a multiple of 128, its backward pass answers NaN where a row attends to
    nothing, as each row of left padding does (pytorch/pytorch#196678, huggingface/trl#7181).
    """
    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(before)


def require_trainable(parameters: Iterable[torch.nn.Parameter]) -> list[torch.nn.Parameter]:
    """Return the trainable parameters.

    Raises:
        TrainingError: there are none.
    """
    trainable = [parameter for parameter in parameters if parameter.requires_grad]
    if not trainable:
        raise TrainingError(
            "no parameter of the model is trainable; load the adapter by adapter_name_or_path, give use_peft: true "
            "for a quantized model, or thaw the weights before the run"
        )
    return trainable
