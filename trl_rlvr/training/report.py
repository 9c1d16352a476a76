"""`rlvr_report.json`: what a run measured, and everything that made it.

Secrets and this host's folders are left out, so that the file can be published beside a model.
"""

import dataclasses
import importlib.metadata
import json
import os
import platform
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from trl_rlvr.data.mapping import as_object
from trl_rlvr.data.source import cached_file, source_of
from trl_rlvr.training.policy import base_path
from trl_rlvr.training.redact import published, published_command
from trl_rlvr.training.spec import RunSpec

PACKAGES = ("trl-rlvr", "trl", "transformers", "torch", "peft", "accelerate", "datasets", "deepspeed", "vllm")

_HUB_ID = re.compile(r"[\w.\-]+(/[\w.\-]+)?")


def run_details(
    spec: RunSpec, timing_s: Mapping[str, float], layers: Mapping[str, bool] | None = None
) -> dict[str, Any]:
    """Return what made a run's figures, ready for JSON.

    Args:
        spec: what was asked for.
        timing_s: seconds of each part.
        layers: the sandbox's layers of confinement, and whether each was on.
    """
    details = {
        "base_model": base_model(spec),
        "data": sources(spec),
        "sandbox": {"backend": spec.sandbox.sandbox_backend, "layers": dict(layers or {})},
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


def base_model(spec: RunSpec) -> dict[str, str | None] | None:
    """Return id and revision of the model that was trained; None where it is not of the Hub."""
    name = base_path(spec.model, spec.run)
    if Path(name).expanduser().exists() or not _HUB_ID.fullmatch(name):
        return None
    config = cached_file(name, "config.json", revision=spec.model.model_revision)
    return {"id": name, "revision": config.parent.name if config else spec.model.model_revision}


def sources(spec: RunSpec) -> dict[str, list[dict[str, Any]]]:
    """Return where the problems came from: those trained on, and those measured on, the run's own first."""
    data = spec.data
    names = as_object("data_mix", data.data_mix) or {data.data_name: 1.0}
    measured = [(data.data_name, data.data_test_split)]
    for name in spec.run.heldout_data:
        name, _, split = name.partition("@")
        measured.append((name, split or data.data_test_split))
    found: dict[str, list[dict[str, Any]]] = published(
        {
            "training": [source_of(name, data.data_train_split) for name in names],
            "held-out": [source_of(name, split) for name, split in measured],
        }
    )
    return found


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
