"""The algorithms that a run can train with: for each its trainer, its configuration, and the options that it takes."""

from dataclasses import dataclass
from typing import Any

from trl import GRPOConfig, RLOOConfig, RLOOTrainer

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.grpo import EfficientGRPOTrainer
from trl_rlvr.training.ppo import PPOConfig, PPOTrainer
from trl_rlvr.training.ranks import StopsTogether
from trl_rlvr.training.recorded import Recorded


class RecordedRLOOTrainer(Recorded, StopsTogether, RLOOTrainer):  # type: ignore[misc]  # TRL's types are not followed
    """TRL's own `RLOOTrainer`, which hands out what it samples and saves no secret; all else is TRL's."""


@dataclass(frozen=True)
class Algorithm:
    """What a run needs to know of one algorithm."""

    trainer: Any
    config: Any
    embedded_config: str
    """The YAML of its embedded default."""
    takes: frozenset[str] = frozenset()
    """Arguments of the trainer beyond TRL's own."""


_OURS = frozenset({"compact_generation", "share_prompts", "curriculum", "refinement"})

ALGORITHMS = {
    "grpo": Algorithm(EfficientGRPOTrainer, GRPOConfig, "embedded-starter.yaml", _OURS | {"skip_zero_gradient"}),
    "ppo": Algorithm(PPOTrainer, PPOConfig, "embedded-starter-ppo.yaml", _OURS),
    "rloo": Algorithm(RecordedRLOOTrainer, RLOOConfig, "embedded-starter-rloo.yaml"),
}


def named_algorithm(name: object) -> Algorithm:
    """Return an algorithm by its name.

    Raises:
        ConfigError: There is none of this name.
    """
    if not isinstance(name, str) or name not in ALGORITHMS:
        raise ConfigError(f"algorithm is {name!r}; give one of {', '.join(ALGORITHMS)}")
    return ALGORITHMS[name]


def trainer_options(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return those of a run's options that the trainer of an algorithm takes.

    Raises:
        ConfigError: A curriculum or refinement was asked for, of which TRL's own trainer knows none.
    """
    takes = named_algorithm(name).takes
    if options.get("curriculum") is not None and "curriculum" not in takes:
        raise ConfigError(f"algorithm {name!r} follows no curriculum; leave curriculum_* out, or give grpo or ppo")
    if options.get("refinement") is not None and "refinement" not in takes:
        raise ConfigError(
            f"algorithm {name!r} cannot tell sampled tokens from feedback; leave refinement_* out, or give grpo or ppo"
        )
    return {option: value for option, value in options.items() if option in takes}
