"""The ranges of TRL's numeric options, asked before TRL computes with them: it divides by some of them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from trl_rlvr.errors import ConfigError


class Range(NamedTuple):
    """Which numbers an option takes."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    """Above this, which is not allowed itself."""
    also: tuple[float, ...] = ()
    """Single numbers beside them, with a meaning of their own."""

    def holds(self, value: float) -> bool:
        """Tell whether a number is allowed; NaN is not."""
        if value in self.also:
            return True
        low = (self.least is None or value >= self.least) and (self.above is None or value > self.above)
        return low and value == value and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        parts = [
            "" if self.least is None else f"{self.least:g} or more",
            "" if self.above is None else f"more than {self.above:g}",
            "" if self.most is None else f"at most {self.most:g}",
        ]
        text = " and ".join(part for part in parts if part)
        return f"{text}, or {self.also[0]:g}" if self.also else text


_COUNT, _NOT_NEGATIVE, _POSITIVE, _SHARE = Range(least=1), Range(least=0), Range(above=0), Range(least=0, most=1)

RANGES: dict[str, Range] = {
    **dict.fromkeys(
        (
            "per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps",
            "max_completion_length", "num_generations", "num_iterations", "steps_per_generation",
            "generation_batch_size", "lora_r", "logging_steps", "save_steps", "eval_steps", "save_total_limit",
        ),
        _COUNT,
    ),
    **dict.fromkeys(
        (
            "learning_rate", "beta", "epsilon", "epsilon_high", "delta", "weight_decay", "max_grad_norm",
            "warmup_steps", "warmup_ratio", "top_k", "adam_epsilon", "dataloader_num_workers", "seed",
        ),
        _NOT_NEGATIVE,
    ),
    **dict.fromkeys(("temperature", "num_train_epochs", "repetition_penalty", "lora_alpha"), _POSITIVE),
    **dict.fromkeys(("min_p", "lora_dropout", "adam_beta1", "adam_beta2", "top_entropy_quantile"), _SHARE),
    "top_p": Range(above=0, most=1),
    "max_steps": Range(least=1, also=(-1,)),
    "logging_steps": _POSITIVE,
    "save_steps": _POSITIVE,
    "eval_steps": _POSITIVE,
    "vllm_gpu_memory_utilization": Range(above=0, most=1),
}  # fmt: skip


def require_in_range(options: Mapping[str, Any]) -> None:
    """Look at every option that has a range here; one that is None, or no number, is left to others.

    Raises:
        ConfigError: an option is out of its range.
    """
    for name, allowed in RANGES.items():
        value = options.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and not allowed.holds(value):
            raise ConfigError(f"{name} is {value!r}; give {allowed}")
