"""Everything about a run that can be known before a model is loaded, and before hours are spent.

A check is a function of the specification that returns the one sentence that says what is wrong, or None.
"""

from collections.abc import Callable
from typing import NamedTuple

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.preflight import hub, options, packages, surroundings
from trl_rlvr.training.preflight.problems import require_enough, require_no_overlap, require_system_role
from trl_rlvr.training.spec import RunSpec

__all__ = ["CHECKS", "Check", "require_enough", "require_no_overlap", "require_system_role", "require_usable"]


class Check(NamedTuple):
    """One thing to look at."""

    find: Callable[[RunSpec], str | None]
    """Returns the sentence; None where nothing is wrong."""
    only_training: bool = False
    """Whether a mere measure can do without."""


CHECKS: tuple[Check, ...] = (
    Check(options.loss_type, only_training=True),
    Check(options.scale_rewards, only_training=True),
    Check(options.rewards),
    Check(options.heldout_every, only_training=True),
    Check(options.system_prompt),
    Check(options.refinement, only_training=True),
    Check(surroundings.backend),
    Check(packages.vllm),
    Check(packages.bitsandbytes),
    Check(surroundings.quantization),
    Check(packages.attention),
    Check(packages.deepspeed),
    Check(packages.liger, only_training=True),
    Check(packages.trackers, only_training=True),
    Check(packages.ruff, only_training=True),
    Check(surroundings.output_dir),
    Check(hub.model),
    Check(hub.push, only_training=True),
)
"""In order: what costs nothing first, the network last."""


def require_usable(spec: RunSpec, *, trains: bool) -> None:
    """Look at everything; every rank may call this, and all come to the same.

    Args:
        spec: what was asked for.
        trains: False where a policy is only measured.

    Raises:
        ConfigError: something cannot work.
    """
    if not trains and not spec.run.heldout_samples:
        raise ConfigError("heldout_samples is 0, and nothing would be measured; give 1 or more")
    for check in CHECKS:
        complaint = check.find(spec) if trains or not check.only_training else None
        if complaint:
            raise ConfigError(complaint)
