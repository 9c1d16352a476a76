"""Runs of the embedded default, cut short enough for a test."""

from pathlib import Path

import torch

from trl_rlvr.training import RunSpec, parse

torch.set_num_threads(1)  # so small a model gains nothing from threads, and loses much on a busy machine

SMALL = {
    "max_steps": 2,
    "lr_scheduler_type": "constant",
    "per_device_train_batch_size": 16,
    "gradient_accumulation_steps": 1,
    "num_generations": 4,
    "logging_steps": 1,
    "save_steps": 1,
    "data_train_limit": 24,
    "data_test_limit": 6,
    "data_check": "none",
    "max_completion_length": 48,
    "temperature": 1.0,
    "sandbox_workers": 1,
}


def small_spec(folder: Path, **options: object) -> RunSpec:
    """Return the embedded default's specification with `options` over `SMALL`."""
    pairs = {"output_dir": folder, **SMALL, **options}
    several = {key: value if isinstance(value, list) else [value] for key, value in pairs.items()}
    texts = [text for key, values in several.items() for text in (f"--{key}", *map(str, values))]
    return parse(["--config", "embedded-starter", *texts])
