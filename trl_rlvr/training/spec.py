"""What a run is made of: our options beside TRL's own fields, in one flat YAML.

Without `--config` and without a model it is the embedded default: a toy policy and a starter set that need no network.
"""

import argparse
import dataclasses
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

import torch
from transformers.utils import is_torch_bf16_gpu_available
from trl import GRPOConfig, ModelConfig

from trl_rlvr.data import DataConfig
from trl_rlvr.errors import ConfigError
from trl_rlvr.rewards import RewardConfig
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.training.algorithms import ALGORITHMS, named_algorithm, trainer_options
from trl_rlvr.training.curriculum import CurriculumConfig
from trl_rlvr.training.parser import RunParser, read_config
from trl_rlvr.training.refinement import RefinementConfig

CONFIGS = Path(__file__).parent / "configs"
"""The YAML files of `recipes/configs`, which travel with the package."""

EMBEDDED_CONFIG = ALGORITHMS["grpo"].embedded_config
HEADLINE_CONFIG = "llama-3.2-1b-mbpp.yaml"
EMBEDDED_MODEL = "embedded"
"""What `model_name_or_path` says for the policy in the package."""

WEIGHTS = ("adapter", "merged", "both")
"""What a push of a LoRA run can hold."""


@dataclass
class RunConfig:
    """The options of a run that are neither those of data, reward, sandbox, curriculum and refinement nor TRL's.

    Raises:
        ConfigError: an option is out of its range.
    """

    algorithm: str = field(
        default="grpo",
        metadata={
            "help": "What trains: grpo (a group's mean as baseline), ppo (a critic) or rloo (TRL's own trainer).",
            "choices": list(ALGORITHMS),
        },
    )
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
    heldout_data: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Other sets to measure before and after too, as data_name takes them; NAME@SPLIT for a split."
        },
    )
    heldout_samples: int = field(
        default=1, metadata={"help": "Completions of each held-out problem, before and after training; 0: no measure."}
    )
    heldout_temperature: float = field(
        default=0.2, metadata={"help": "Sampling temperature on held-out problems; 0: greedy."}
    )
    heldout_k: list[int] = field(default_factory=lambda: [1], metadata={"help": "The k of each pass@k to estimate."})
    heldout_batch_size: int = field(default=32, metadata={"help": "Completions sampled at once on each device."})
    heldout_every: int = field(
        default=0,
        metadata={"help": "Measure on held-out problems every so many updates too; 0: before and after only."},
    )
    save_completions: bool = field(
        default=True, metadata={"help": "Keep every sampled completion in output_dir/completions, as JSON lines."}
    )
    show_completions_every: int = field(
        default=10, metadata={"help": "On a terminal, show a few completions every so many updates; 0: never."}
    )
    hub_weights: Literal["adapter", "merged", "both"] = field(
        default="adapter",
        metadata={"help": "What a push of a LoRA run holds: the adapter, the model with it merged in, or both."},
    )
    hub_completions: bool = field(
        default=False,
        metadata={"help": "Push the run's completions too, as a data set NAME-completions; no hidden test is in it."},
    )
    hub_step_tags: bool = field(
        default=False, metadata={"help": "Tag the pushed revision of each checkpoint as step-N on the Hub."}
    )
    overwrite_run: bool = field(
        default=False, metadata={"help": "Remove the run that output_dir holds; false: refuse to start there."}
    )

    def __post_init__(self) -> None:
        least = {"heldout_samples": 0, "heldout_temperature": 0, "heldout_batch_size": 1}
        least |= {"heldout_every": 0, "show_completions_every": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give {bound} or more")
        if self.hub_weights not in WEIGHTS:
            raise ConfigError(f"hub_weights is {self.hub_weights!r}; choose one of {', '.join(WEIGHTS)}")
        if self.hub_completions and not self.save_completions:
            raise ConfigError("hub_completions is true and save_completions is false; give save_completions: true")
        if not self.heldout_k or min(self.heldout_k) < 1:
            raise ConfigError(f"heldout_k is {self.heldout_k!r}; give one or more numbers from 1 on")
        if self.heldout_samples and max(self.heldout_k) > self.heldout_samples:
            raise ConfigError(
                f"heldout_k is {self.heldout_k!r} with heldout_samples {self.heldout_samples}; pass@k needs k samples "
                f"of a problem: give heldout_samples {max(self.heldout_k)} or more"
            )


class RunSpec(NamedTuple):
    """Everything that decides a run, in the order in which `parse` fills it."""

    data: DataConfig
    reward: RewardConfig
    sandbox: SandboxConfig
    curriculum: CurriculumConfig
    refinement: RefinementConfig
    run: RunConfig
    grpo: GRPOConfig
    """Of the algorithm: a `PPOConfig` is one, and an `RLOOConfig` has the fields that the run itself reads."""
    model: ModelConfig


GROUPS = (
    ("problems (data_*)", DataConfig),
    ("reward (reward_*)", RewardConfig),
    ("sandbox (sandbox_*)", SandboxConfig),
    ("curriculum (curriculum_*)", CurriculumConfig),
    ("repair over several turns (refinement_*)", RefinementConfig),
    ("the run and its measures on held-out problems", RunConfig),
    ("training: TRL's configuration of the algorithm", GRPOConfig),
    ("model: TRL's ModelConfig", ModelConfig),
)
"""The groups of the help, in the order of `RunSpec`."""

MOST_USED = {
    GRPOConfig: (
        *("output_dir", "max_steps", "num_train_epochs", "learning_rate", "lr_scheduler_type", "warmup_steps"),
        *("per_device_train_batch_size", "gradient_accumulation_steps", "gradient_checkpointing", "seed"),
        *("num_generations", "num_iterations", "temperature", "max_completion_length", "beta", "epsilon"),
        *("epsilon_high", "loss_type", "scale_rewards", "use_vllm", "vllm_mode", "use_cpu", "bf16"),
        *("logging_steps", "log_completions", "report_to", "save_strategy", "save_steps", "save_total_limit"),
        *("resume_from_checkpoint", "push_to_hub", "hub_model_id"),
    ),
    ModelConfig: (
        *("model_name_or_path", "model_revision", "dtype", "attn_implementation"),
        *("use_peft", "lora_r", "lora_alpha", "lora_target_modules", "load_in_4bit"),
    ),
}
"""TRL's fields in the short help; `--help-all` shows the others too."""


def parse(argv: Sequence[str] | None = None, *, prog: str | None = None) -> RunSpec:
    """Read `--config FILE` and the options beside it; options on the command line win.

    Where nobody gave `use_cpu` and `bf16`, they follow from the machine.

    Args:
        argv: arguments without the program's name; None: those of this process.
        prog: the program's name in the help text.

    Raises:
        ConfigError: an unknown file, key or option, a value of the wrong type or out of its range, or refinement or a
            curriculum with an algorithm that knows none.
        SystemExit: after the help that `--help` or `--help-all` asked for.
    """
    # TRL 1.16 still calls transformers by names that the latter has begun to warn about.
    warnings.filterwarnings("ignore", message=".*deprecated and will be removed in v6", category=FutureWarning)
    front = _Front(prog=prog, add_help=False, allow_abbrev=False)
    front.add_argument("--config", metavar="FILE", action="append", help="YAML file of options, or a packaged one.")
    front.add_argument("-h", "--help", action="store_true", help="Show the most used options.")
    front.add_argument("--help-all", action="store_true", help="Show all options.")
    first, rest = front.parse_known_args(sys.argv[1:] if argv is None else argv)
    if first.config and len(first.config) > 1:
        raise ConfigError(f"--config is given {len(first.config)} times; give one file, and options beside it")
    algorithm = named_algorithm(_algorithm(first.config, rest))
    groups = [(title, algorithm.config) if kind is GRPOConfig else (title, kind) for title, kind in GROUPS]
    parser = RunParser(groups, MOST_USED | {algorithm.config: _most_used(algorithm.config)}, prog=front.prog)
    if first.help or first.help_all:
        print(parser.help_text(front, everything=first.help_all), end="")
        raise SystemExit(0)
    parser.set_defaults_with_config(**machine_defaults())
    file = _config_file(first.config, rest, algorithm.embedded_config)
    spec = RunSpec(*parser.read(file, rest))
    if spec.grpo.remove_unused_columns:
        raise ConfigError(
            "remove_unused_columns is True, which takes the tests from each row before a reward sees them; "
            "leave it false"
        )
    asked = {"refinement": spec.refinement.enabled or None, "curriculum": spec.curriculum.enabled or None}
    trainer_options(spec.run.algorithm, asked)  # refuses what the algorithm knows nothing of
    if file is not None and not first.config:
        _announce_default()
    return spec


def machine_defaults() -> dict[str, bool]:
    """Return `use_cpu` and `bf16` for a machine where TRL's defaults, a GPU that knows bfloat16, do not hold."""
    if not torch.accelerator.is_available():
        return {"use_cpu": True, "bf16": False}
    return {} if is_torch_bf16_gpu_available() else {"bf16": False}


def find_config(name: str) -> Path:
    """Return the path of a YAML file: a path as it is, else a file of this package by its name.

    Raises:
        ConfigError: there is no such file.
    """
    for path in (Path(name), CONFIGS / name, CONFIGS / f"{name}.yaml"):
        if path.exists() and not path.is_dir():
            return path
    packaged = ", ".join(sorted(path.name for path in CONFIGS.glob("*.yaml")))
    raise ConfigError(f"no configuration {name!r}; give the path of a YAML file, or one of {packaged}")


class _Front(argparse.ArgumentParser):
    """Reads the options that decide how all others are read."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message}; give `--config FILE`")


def _algorithm(files: Sequence[str] | None, rest: Sequence[str]) -> object:
    """Return what the command line, or else the file, says about the algorithm: it decides which options there are."""
    front = _Front(add_help=False, allow_abbrev=False)
    front.add_argument("--algorithm")
    given: object = front.parse_known_args(rest)[0].algorithm
    if given is None and files:
        given = read_config(find_config(files[0])).get("algorithm")
    return "grpo" if given is None else given


def _most_used(config: type) -> tuple[str, ...]:
    """Return which fields of an algorithm's configuration the short help shows: GRPO's, and those that GRPO has not."""
    names = [field.name for field in dataclasses.fields(config)]
    own = set(names) - {field.name for field in dataclasses.fields(GRPOConfig)}
    return tuple(name for name in names if name in MOST_USED[GRPOConfig] or name in own)


def _config_file(given: Sequence[str] | None, rest: Sequence[str], embedded: str) -> Path | None:
    if given:
        return find_config(given[0])
    names = {text.partition("=")[0].replace("-", "_") for text in rest}
    if names & {"__model_name_or_path", "__adapter_name_or_path"}:
        return None
    return CONFIGS / embedded


def _announce_default() -> None:
    if os.environ.get("RANK", "0") != "0":
        return
    print("No --config: the embedded default, a toy policy on the bundled starter set; no network is needed.")
    print(f"The headline run: trl-rlvr train --config {HEADLINE_CONFIG}", flush=True)
