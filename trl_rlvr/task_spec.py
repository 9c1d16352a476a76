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
from trl_rlvr.refinement import CodeEnvironments, Refinement, RefinementConfig
from trl_rlvr.refinement.special_tokens import special_tokens
from trl_rlvr.rewards import RewardConfig, VerifiedReward, build_rewards
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.verifier import CodeVerifier

if TYPE_CHECKING:
    from datasets import Dataset

_NOT_HERE = frozenset(
    """
    data_name data_check refinement_turn_tokens refinement_reward refinement_gamma refinement_no_code_penalty
    """.split()  # noqa: SIM905 - a list of words
)
"""Options that need a gate, or a trainer of ours."""


class CodeTaskSpec:
    """Problems and rewards for `GRPOTrainer`, `RLOOTrainer` and others that take `reward_funcs`.

    Each attribute is made when it is first asked for: `train_dataset` alone loads no held-out problem, and no sandbox
    starts before a reward is computed.

    Args:
        name: of the problems, as `data_name` of a run: `starter`, `mbpp`, a file, a folder, a Hub id.
        tokenizer: the model's; needed for the prompt style `chat_code`, for `data_max_prompt_tokens` and for
            `environment_factory`.
        max_completion_length: that of the trainer's arguments; needed for `reward_overlong_tokens`.
        **options: the `data_*`, `reward_*` and `sandbox_*` options of a run, by their names, and those of
            `refinement_*` that say how many turns there are and what is fed back.

    Raises:
        ConfigError: an unknown option, or one out of its range.
    """

    def __init__(
        self, name: str, *, tokenizer: Any = None, max_completion_length: int | None = None, **options: Any
    ) -> None:
        parts: dict[Any, dict[str, Any]] = {kind: {} for kind in (DataConfig, RewardConfig, SandboxConfig)}
        parts |= {DataConfig: {"data_name": name}, RefinementConfig: {}}
        homes = {field.name: part for part in parts for field in dataclasses.fields(part)}
        known = homes.keys() - _NOT_HERE
        for option, value in options.items():
            if option not in known:
                near = difflib.get_close_matches(option, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(sorted(known))}"
                raise ConfigError(f"CodeTaskSpec has no option {option!r}; {hint}")
            parts[homes[option]][option] = value
        self.data = DataConfig(**parts[DataConfig])
        self.reward = RewardConfig(**parts[RewardConfig])
        self.sandbox = SandboxConfig(**parts[SandboxConfig])
        self.refinement = RefinementConfig(**parts[RefinementConfig])
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
    def environment_factory(self) -> CodeEnvironments:
        """The visible tests as a tool `submit(code)`, for `environment_factory` and models that call tools.

        Raises:
            ConfigError: `refinement_turns` is 1, or there is no tokenizer, whose marks no feedback may hold.
        """
        if self._tokenizer is None:
            raise ConfigError("environment_factory keeps the tokenizer's marks out of feedback; give the tokenizer")
        visible = self.refinement.refinement_visible_tests or self.data.data_visible_tests
        how = Refinement(self.refinement, self.verifier, visible)
        return CodeEnvironments(how, tuple(special_tokens(self._tokenizer)))

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
