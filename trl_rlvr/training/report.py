"""`rlvr_report.json`: what a run measured, and everything that made it.

Tokens and keys are left out of the configuration, so that the file can be published beside a model.
"""

import dataclasses
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from trl_rlvr.training.spec import RunSpec

REPORT_NAME = "rlvr_report.json"

PACKAGES = ("trl-rlvr", "trl", "transformers", "torch", "peft", "accelerate", "datasets", "deepspeed", "vllm")


def run_details(spec: RunSpec, timing_s: Mapping[str, float]) -> dict[str, Any]:
    """Return what made a run's figures, ready for JSON.

    Args:
        spec: what was asked for.
        timing_s: seconds of each part.
    """
    details = {
        "seed": spec.grpo.seed,
        "timing_s": {part: round(seconds, 3) for part, seconds in timing_s.items()},
        "versions": versions(),
        "hardware": hardware(spec.grpo.world_size),
        "configuration": configuration(spec),
    }
    plain: dict[str, Any] = json.loads(json.dumps(details, default=str))
    return plain


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write `content`, which holds neither NaN nor infinity, and make the folder if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def configuration(spec: RunSpec) -> dict[str, dict[str, Any]]:
    """Return every option of a run by the name of its dataclass, secrets left out."""
    ours = {type(part).__name__: dataclasses.asdict(part) for part in spec if part is not spec.grpo}
    return {**ours, type(spec.grpo).__name__: without_secrets(spec.grpo.to_dict())}


def without_secrets(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return `options` less those whose names say that they are tokens or keys."""
    return {name: value for name, value in options.items() if not name.endswith(("_token", "_key"))}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that matter, as far as they are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def hardware(processes: int) -> dict[str, Any]:
    """Return what the run could use on this machine."""
    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return {
        "processes": processes,
        "cores": len(os.sched_getaffinity(0)),
        "gpus": gpus,
        "machine": platform.machine(),
        "system": platform.system(),
    }
