"""Refinement in TRL's trainer: trajectories of several turns where its `_generate` samples once.

TRL calls `rollout_func` experimental. It is used here only, as the way to hand over the mask of what was sampled.
"""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import torch
from accelerate.utils import gather_object
from trl.data_utils import is_conversational

from trl_rlvr.errors import ConfigError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.refinement.review import Refinement
from trl_rlvr.refinement.turns import Limits, Sampled, Trajectory, Turn, converse
from trl_rlvr.rewards import EARLIER_TURN
from trl_rlvr.training.ranks import agreed
from trl_rlvr.training.refinement.frames import ChatFrame, Frame, PlainFrame
from trl_rlvr.training.refinement.metrics import figures, sums
from trl_rlvr.training.refinement.rewards import turn_rewards, whole_rewards


class Refining:
    """Goes before `GRPOTrainer` among a class's bases: lets the policy repair its code over several turns.

    Args:
        *args: As for the trainer.
        refinement: How; None: a completion is one turn.
        **kwargs: As for the trainer.

    Raises:
        ConfigError: Refinement cannot be used with these arguments.

    Logged with it: `refinement/*`, see `docs/metrics.md`.
    """

    args: Any
    accelerator: Any
    model: Any
    state: Any
    rollout_func: Any
    _metrics: Any
    _pending_extra_logs: Any
    _tokenizer: Any

    def __init__(self, *args: Any, refinement: Refinement | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refinement = refinement if refinement is not None and refinement.config.enabled else None
        self.turn_rewards = torch.zeros(0)
        """What each turn of the latest batch adds to the reward, of all ranks, (rows, turns); NaN: unknown."""
        self._trajectories: list[Trajectory] = []
        self._visible: list[CodeProblem | None] = []
        self._openings: list[str] = []
        if self.refinement is not None:
            self.limits = self._checked_limits(self.refinement)
            """How many turns a completion has, and how long they are."""

    @property
    def turn_discount(self) -> float:
        """What a turn's reward is worth one turn earlier."""
        return 1.0 if self.refinement is None else self.refinement.config.discount

    def _checked_limits(self, refinement: Refinement) -> Limits:
        trainer: Any = self
        reasons = {
            "the model takes images": trainer._is_vlm,
            "the trainer has tools or environments": bool(trainer.tools) or trainer.environment_factories is not None,
            "the trainer has a rollout_func": self.rollout_func is not None,
        }
        for reason, applies in reasons.items():
            if applies:
                raise ConfigError(f"refinement_turns cannot be used: {reason}; leave it out")
        whole = self.args.max_completion_length
        return Limits(refinement.config.refinement_turns, refinement.config.turn_tokens(whole), whole)

    # --- generation

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> Any:
        if (refinement := self.refinement) is not None:
            self._visible = agreed(lambda: refinement.problems(inputs), list)
            self._openings = [row.get("code_opening") or "" for row in inputs]
        return super()._generate_and_score_completions(inputs)  # type: ignore[misc]  # a trainer of TRL

    def _generate(self, prompts: list[Any]) -> Any:
        """As in TRL, with turns; the completion that is rewarded is the last of them."""
        if self.refinement is None:
            return super()._generate(prompts)  # type: ignore[misc]  # a trainer of TRL
        self.rollout_func = self._rollout
        try:
            found = super()._generate(prompts)  # type: ignore[misc]  # a trainer of TRL
        finally:
            self.rollout_func = None
        completions = [
            self._as_completion(one, prompt) for one, prompt in zip(self._trajectories, prompts, strict=True)
        ]
        return (*found[:3], completions, *found[4:])

    @staticmethod
    def _as_completion(trajectory: Trajectory, prompt: Any) -> Any:
        """Return the last turn's text; of a chat all messages, whose last assistant's is the answer."""
        turns = trajectory.turns
        if not is_conversational({"prompt": prompt}):
            return turns[-1].text
        messages = []
        for turn in turns:
            messages.append({"role": "assistant", "content": turn.text})
            if turn is not turns[-1]:
                messages.append({"role": "user", "content": turn.feedback})
        return messages

    def _rollout(self, prompts: list[Any], trainer: Any) -> dict[str, Any]:
        """Return what TRL asks a `rollout_func` for."""
        assert self.refinement is not None
        prompt_ids = trainer._tokenize_prompts(prompts)[0]
        self._trajectories = [Trajectory(list(ids)) for ids in prompt_ids]
        frame = self.frame(is_chat=is_conversational({"prompt": prompts[0]}))
        converse(
            self._trajectories,
            self.limits,
            sample=self._sampled,
            judge=self._judged,
            framed=lambda row, feedback, last: frame.ids(feedback, last, self._openings[row]),
            busiest=lambda count: int(max(gather_object([count]))),
        )
        self._log_turns()
        shown = [json.dumps(one.shown()) for one in self._trajectories]
        self._pending_extra_logs["turns"].extend(shown)
        logprobs = [one.logprobs for one in self._trajectories]
        return {
            "prompt_ids": prompt_ids,
            "completion_ids": [one.ids for one in self._trajectories],
            "env_mask": [one.mask for one in self._trajectories],
            "logprobs": logprobs if any(logprobs) else None,
        }

    def frame(self, *, is_chat: bool) -> Frame:
        """Return what stands between turns of a chat, or of a text."""
        if not is_chat:
            return PlainFrame(self._tokenizer)
        trainer: Any = self
        return ChatFrame(self._tokenizer, trainer.chat_template, trainer.chat_template_kwargs)

    def _sampled(self, contexts: list[list[int]], most_tokens: int, most_rows: int, number: int) -> Sampled:
        """Sample one turn of each context; ranks that have none left go along, as the model may be spread over all."""
        trainer: Any = self
        rows = most_rows if trainer.use_vllm else 1
        filler = contexts[-1] if contexts else self._trajectories[0].prompt_ids
        contexts = [*contexts, *[filler] * max(0, rows - len(contexts))]
        group = trainer.num_generations if self.model.training else trainer.num_generations_eval
        with self.turns_of(most_tokens):
            found: Sampled = trainer._generate_single_turn(contexts, None, {}, group if number == 0 else 1)
        return found

    @contextlib.contextmanager
    def turns_of(self, tokens: int) -> Iterator[None]:
        """Sample no more than so many tokens, with whatever engine."""
        trainer: Any = self
        if trainer.use_vllm:
            before, trainer.vllm_generation.max_completion_length = (
                trainer.vllm_generation.max_completion_length,
                tokens,
            )
            try:
                yield
            finally:
                trainer.vllm_generation.max_completion_length = before
            return
        config, settings = trainer.generation_config, trainer.generation_kwargs
        before = config.max_new_tokens, settings["max_new_tokens"]
        config.max_new_tokens = settings["max_new_tokens"] = tokens
        try:
            yield
        finally:
            config.max_new_tokens, settings["max_new_tokens"] = before

    def _judged(self, rows: list[int], ids: list[list[int]], number: int) -> list[Turn]:
        assert self.refinement is not None
        reviewer, texts = self.refinement, self.decoded(ids)
        key = f"{self.state.global_step}/{self.accelerator.process_index}/{number}"
        visible = [self._visible[row] for row in rows]
        return agreed(lambda: reviewer.judged(visible, ids, texts, key=key), list)

    def decoded(self, ids: list[list[int]]) -> list[str]:
        """Return the texts of what was sampled."""
        return self._tokenizer.batch_decode(ids, skip_special_tokens=True) if ids else []

    def _log_turns(self) -> None:
        turns = self.limits.turns
        here = torch.tensor(sums(self._trajectories, turns), dtype=torch.float64, device=self.accelerator.device)
        summed = self.accelerator.reduce(here.float(), reduction="sum").tolist()
        for name, value in figures(summed, turns).items():
            self._metrics["train" if self.model.training else "eval"][name].append(value)

    # --- rewards

    def _calculate_rewards(self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any) -> torch.Tensor:
        """As in TRL, of all ranks' rows, (rows, functions), from the turns as `refinement_reward` says."""
        given = inputs, prompts, completions, completion_ids_list
        final: torch.Tensor = super()._calculate_rewards(*given)  # type: ignore[misc]  # a trainer of TRL
        if self.refinement is None:
            return final
        config, turns = self.refinement.config, self.limits.turns
        facts = [
            [
                len(one.turns) - 1,
                one.is_unknown,
                *(place < len(one.turns) and not one.turns[place].has_code for place in range(turns)),
            ]
            for one in self._trajectories
        ]
        gathered = self.accelerator.gather(torch.tensor(facts, dtype=torch.long, device=final.device))
        last, unknown, lacks_code = gathered[:, 0], gathered[:, 1].bool(), gathered[:, 2:].bool()
        rewards = final.unsqueeze(1).repeat(1, turns, 1)
        earlier = range(int(last.max())) if config.refinement_reward != "final" else range(0)
        for number in earlier:
            of_turn = self._earlier_rewards(inputs, prompts, completion_ids_list, number)
            rewards[:, number] = torch.where((last > number).unsqueeze(1), of_turn, final)
        rewards[unknown] = float("nan")
        weights: torch.Tensor = self.reward_weights.to(final.device)  # type: ignore[attr-defined]  # TRL's
        own = turn_rewards(rewards, last, lacks_code, weights, config)
        nothing = own.isnan().all(dim=2).any(dim=1)
        self.turn_rewards = (own * weights).nansum(dim=2).masked_fill(nothing.unsqueeze(1), float("nan"))
        return whole_rewards(own, self.turn_discount)

    def _earlier_rewards(self, inputs: Any, prompts: Any, ids: Any, number: int) -> torch.Tensor:
        """Score a turn that was not the last; a row without it is scored by its last, which is remembered."""
        texts, turn_ids = [], []
        for one in self._trajectories:
            turn = one.turns[min(number, len(one.turns) - 1)]
            texts.append(turn.text)
            turn_ids.append(turn.ids)
        is_chat = is_conversational({"prompt": prompts[0]})
        completions = [[{"role": "assistant", "content": text}] for text in texts] if is_chat else texts
        marked = [{**row, EARLIER_TURN: True} for row in inputs]
        found: torch.Tensor = super()._calculate_rewards(marked, prompts, completions, turn_ids)  # type: ignore[misc]
        return found
