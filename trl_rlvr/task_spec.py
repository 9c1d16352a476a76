"""A coding task in TRL's idiom: one object whose attributes are a trainer's arguments.

As TRL's own specs, `HarborSpec` and `OpenRewardSpec`, it holds nothing that the trainer would have to know about. It
checks no problem: `trl-rlvr check` and `trl-rlvr train` do.
"""

import dataclasses
import difflib
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from trl_rlvr.data import DataConfig, problems_to_dataset
from trl_rlvr.data.cache import folder_while_alive
from trl_rlvr.data.stored import LazyProblems
from trl_rlvr.errors import ConfigError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.rewards import RewardConfig, VerifiedReward, build_rewards
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.verifier import CodeVerifier

if TYPE_CHECKING:
    from datasets import Dataset

_NOT_HERE = ("data_name", "data_check")


class CodeTaskSpec:
    """Problems and rewards for `GRPOTrainer`, `RLOOTrainer` and others that take `reward_funcs`.

    Each attribute is made when it is first asked for: `train_dataset` alone loads no held-out problem, and no sandbox
    starts before a reward is computed.

    Args:
        name: of the problems, as `data_name` of a run: `starter`, `mbpp`, a file, a folder, a Hub id.
        tokenizer: the model's; needed for the prompt style `chat_code` and for `data_max_prompt_tokens`.
        max_completion_length: that of the trainer's arguments; needed for `reward_overlong_tokens`.
        **options: the `data_*`, `reward_*` and `sandbox_*` options of a run, by their names.

    Raises:
        ConfigError: an unknown option, or one out of its range.
    """

    def __init__(
        self, name: str, *, tokenizer: Any = None, max_completion_length: int | None = None, **options: Any
    ) -> None:
        parts: dict[Any, dict[str, Any]] = {DataConfig: {"data_name": name}, RewardConfig: {}, SandboxConfig: {}}
        homes = {field.name: part for part in parts for field in dataclasses.fields(part)}
        known = homes.keys() - set(_NOT_HERE)
        for option, value in options.items():
            if option not in known:
                near = difflib.get_close_matches(option, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(sorted(known))}"
                raise ConfigError(f"CodeTaskSpec has no option {option!r}; {hint}")
            parts[homes[option]][option] = value
        self.data = DataConfig(**parts[DataConfig])
        self.reward = RewardConfig(**parts[RewardConfig])
        self.sandbox = SandboxConfig(**parts[SandboxConfig])
        self._tokenizer = tokenizer
        self._max_completion_length = max_completion_length

    @cached_property
    def train_dataset(self) -> "Dataset":
        """The problems to train on, for `train_dataset`.

        Raises:
            DataError: they cannot be loaded.
        """
        return self._dataset(self.data.load_train())

    @cached_property
    def eval_dataset(self) -> "Dataset":
        """The held-out problems, for `eval_dataset`.

        Raises:
            DataError: they cannot be loaded.
        """
        return self._dataset(self.data.load_test())

    @cached_property
    def reward_funcs(self) -> list[VerifiedReward]:
        """The rewards, for `reward_funcs`; one execution serves all of them."""
        return [reward for reward, _ in self._rewards]

    @cached_property
    def reward_weights(self) -> list[float]:
        """Their weights, for `GRPOConfig(reward_weights=...)`; all 1 but in presets of several rewards."""
        return [weight for _, weight in self._rewards]

    @cached_property
    def verifier(self) -> CodeVerifier:
        """What the rewards run programs with; its `close` ends the sandbox before the process does."""
        return CodeVerifier(config=self.sandbox)

    @cached_property
    def _rewards(self) -> list[tuple[VerifiedReward, float]]:
        return build_rewards(self.reward, self.verifier, max_completion_tokens=self._max_completion_length)

    def _dataset(self, problems: Sequence[CodeProblem]) -> "Dataset":
        on_disk = self.data.data_cache is not None and isinstance(problems, LazyProblems)
        folder = folder_while_alive(self.data.data_cache or "") if on_disk else None
        return problems_to_dataset(problems, tokenizer=self._tokenizer, folder=folder, **self.data.dataset_options)
