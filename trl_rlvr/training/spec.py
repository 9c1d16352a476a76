"""What a run is made of: our options beside TRL's own fields, in one flat YAML.

Without `--config` and without a model it is the embedded default: a toy policy and a starter set that need no network.
"""

import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from trl import GRPOConfig, ModelConfig, TrlParser

from trl_rlvr.data import DataConfig
from trl_rlvr.errors import ConfigError
from trl_rlvr.rewards import RewardConfig
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.training.curriculum import CurriculumConfig

CONFIGS = Path(__file__).parent / "configs"
"""The YAML files of `recipes/configs`, which travel with the package."""

EMBEDDED_CONFIG = "embedded-starter.yaml"
HEADLINE_CONFIG = "llama-3.2-1b-mbpp.yaml"
EMBEDDED_MODEL = "embedded"
"""What `model_name_or_path` says for the policy in the package."""


@dataclass
class RunConfig:
    """The options of a run that are neither those of data, reward, sandbox and curriculum nor TRL's.

    Raises:
        ConfigError: an option is out of its range.
    """

    adapter_name_or_path: str | None = field(
        default=None,
        metadata={"help": "LoRA adapter to go on training, on top of model_name_or_path (or of the base it names)."},
    )
    skip_zero_gradient: bool = field(
        default=True,
        metadata={"help": "Forward only completions that can move the weights; false: all of them, as TRL does."},
    )
    compact_generation: bool = field(
        default=True,
        metadata={"help": "Read each prompt once and drop ended rows from the batch; false: generate as TRL does."},
    )
    share_prompts: bool = field(
        default=True,
        metadata={"help": "Forward a prompt once for its completions in an update; false: with each, as TRL does."},
    )
    heldout_samples: int = field(
        default=1, metadata={"help": "Completions of each held-out problem, before and after training; 0: no measure."}
    )
    heldout_temperature: float = field(
        default=0.2, metadata={"help": "Sampling temperature on held-out problems; 0: greedy."}
    )
    heldout_k: list[int] = field(default_factory=lambda: [1], metadata={"help": "The k of each pass@k to estimate."})
    heldout_batch_size: int = field(default=32, metadata={"help": "Completions sampled at once on each device."})

    def __post_init__(self) -> None:
        least = {"heldout_samples": 0, "heldout_temperature": 0, "heldout_batch_size": 1}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give {bound} or more")
        if not self.heldout_k or min(self.heldout_k) < 1:
            raise ConfigError(f"heldout_k is {self.heldout_k!r}; give one or more numbers from 1 on")


class RunSpec(NamedTuple):
    """Everything that decides a run, in the order in which `parse` fills it."""

    data: DataConfig
    reward: RewardConfig
    sandbox: SandboxConfig
    curriculum: CurriculumConfig
    run: RunConfig
    grpo: GRPOConfig
    model: ModelConfig


def parse(argv: Sequence[str] | None = None, *, prog: str | None = None) -> RunSpec:
    """Read `--config FILE` and the options after it; options on the command line win.

    Args:
        argv: arguments without the program's name; None: those of this process.
        prog: the program's name in the help text.

    Raises:
        ConfigError: an unknown file, key or option, or a value out of its range.
        SystemExit: a value of the wrong type on the command line, or `--help`.
    """
    # TRL 1.16 still calls transformers by names that the latter has begun to warn about.
    warnings.filterwarnings("ignore", message=".*deprecated and will be removed in v6", category=FutureWarning)
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not {"--config", "--model_name_or_path", "--adapter_name_or_path", "-h", "--help"} & set(arguments):
        _announce_default()
        arguments = ["--config", EMBEDDED_CONFIG, *arguments]
    if "--config" in arguments[:-1]:
        position = arguments.index("--config") + 1
        arguments[position] = str(find_config(arguments[position]))
    parser = TrlParser(tuple(RunSpec.__annotations__.values()), prog=prog, allow_abbrev=False)
    try:
        return RunSpec(*parser.parse_args_and_config(arguments))
    except ValueError as error:
        raise ConfigError(f"cannot use these options: {error}") from error


def find_config(name: str) -> Path:
    """Return the path of a YAML file: a path as it is, else a file of this package by its name.

    Raises:
        ConfigError: there is no such file.
    """
    for path in (Path(name), CONFIGS / name, CONFIGS / f"{name}.yaml"):
        if path.is_file():
            return path
    packaged = ", ".join(sorted(path.name for path in CONFIGS.glob("*.yaml")))
    raise ConfigError(f"no configuration {name!r}; give the path of a YAML file, or one of {packaged}")


def _announce_default() -> None:
    if os.environ.get("RANK", "0") != "0":
        return
    print("No --config: the embedded default, a toy policy on the bundled starter set; no network is needed.")
    print(f"The headline run: accelerate launch recipes/mbpp_rlvr.py --config recipes/configs/{HEADLINE_CONFIG}")
