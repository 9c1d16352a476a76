"""`rlvr_report.json`: what a run measured, and everything that made it.

Secrets and this host's folders are left out, so that the file can be published beside a model.
"""

import dataclasses
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Mapping
from typing import Any

import torch

from trl_rlvr.training.redact import published, published_command
from trl_rlvr.training.spec import RunSpec

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
        "command": published_command([os.path.basename(sys.argv[0]), *sys.argv[1:]]),
        "configuration": configuration(spec),
    }
    plain: dict[str, Any] = json.loads(json.dumps(details, default=str))
    return plain


def configuration(spec: RunSpec) -> dict[str, dict[str, Any]]:
    """Return every option of a run by the name of its dataclass, as far as it may be published."""
    parts = {type(part).__name__: dataclasses.asdict(part) for part in spec if part is not spec.grpo}
    shown: dict[str, dict[str, Any]] = published({**parts, type(spec.grpo).__name__: spec.grpo.to_dict()})
    return shown


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
