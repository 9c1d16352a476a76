"""Sample completions for measuring, with the trainer's own tokens, stopping rules and engine.

The random state is forked: measuring a run does not change what the run samples afterwards. Every completion has random
numbers of its own, from the seed and its key: it depends neither on the batch that it is in nor on the number of ranks.
vLLM draws its own numbers.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessorList
from transformers.generation import logits_process
from trl import GRPOTrainer
from trl.data_utils import is_conversational
from trl.models import unwrap_model_for_generation

from trl_rlvr.progress import progress
from trl_rlvr.training.generation import RowProcessor

Prompt = str | list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Completion:
    """One sampled completion."""

    text: str
    truncated: bool
    """True if it reached the length limit before any end token."""
    length_tokens: int
    """Tokens, the end token included."""


class Sampler:
    """Samples from the policy of a trainer, before, during or after its training.

    Args:
        trainer: its tokenizer, chat template, end tokens, lengths and engine (transformers or vLLM) are used.
        temperature: 0 means greedy.
        batch_size: completions generated at once on a device; vLLM batches by itself.
        seed: of the random state while sampling.
    """

    def __init__(self, trainer: GRPOTrainer, *, temperature: float, batch_size: int, seed: int) -> None:
        self._trainer = trainer
        self._temperature = temperature
        self._batch_size = batch_size
        self._seed = seed

    def sample(
        self, prompts: Sequence[Prompt], keys: Sequence[str] | None = None, *, label: str = ""
    ) -> list[Completion | None]:
        """Sample one completion for each prompt; every rank must call this, with all prompts.

        Args:
            prompts: repeat one for several samples of it.
            keys: one a prompt, which decides its random numbers; None: its place.
            label: what the progress bar says.

        Returns:
            One entry a prompt; None for those that other ranks sample.
        """
        ids = tokenize(self._trainer, prompts) if prompts else []
        named = [str(place) for place in range(len(prompts))] if keys is None else list(keys)
        sampled = self.sample_ids(ids, named, label=label)
        ends = set(self._trainer.eos_token_ids)
        tokenizer = getattr(self._trainer.processing_class, "tokenizer", self._trainer.processing_class)
        texts = tokenizer.batch_decode(list(sampled.values()), skip_special_tokens=True) if sampled else []
        completions: list[Completion | None] = [None] * len(prompts)
        for (row, found), text in zip(sampled.items(), texts, strict=True):
            completions[row] = Completion(text, truncated=not found or found[-1] not in ends, length_tokens=len(found))
        return completions

    def sample_ids(
        self, prompt_ids: Sequence[list[int]], keys: Sequence[str], *, label: str = ""
    ) -> dict[int, list[int]]:
        """Do the same for token ids; return what this rank sampled, by the places of its rows."""
        with self._forked_random_state():
            vllm = self._trainer.use_vllm
            return self._with_vllm(prompt_ids) if vllm else self._with_transformers(prompt_ids, keys, label)

    def _is_mine(self, place: int) -> bool:
        accelerator = self._trainer.accelerator
        return bool(place % accelerator.num_processes == accelerator.process_index)

    @property
    def _ranks(self) -> int:
        return int(self._trainer.accelerator.num_processes)

    @contextlib.contextmanager
    def _forked_random_state(self) -> Iterator[None]:
        device = self._trainer.accelerator.device
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(self._seed + self._trainer.accelerator.process_index)
            yield

    def _with_transformers(
        self, prompt_ids: Sequence[list[int]], keys: Sequence[str], label: str
    ) -> dict[int, list[int]]:
        """Sample this rank's share: whole batches, which are the same for any number of ranks."""
        order = sorted(range(len(prompt_ids)), key=lambda row: -len(prompt_ids[row]))
        cut = list(batches(order, [len(ids) for ids in prompt_ids], self._batch_size))
        mine = [rows for place, rows in enumerate(cut) if self._is_mine(place)]
        filler = order[-1:] if self._in_step() and len(mine) < -(-len(cut) // self._ranks) else []
        sampled: dict[int, list[int]] = {}
        is_main = self._trainer.accelerator.is_main_process
        with self._policy() as policy, progress(sum(map(len, mine)), "completion", label, shown=is_main) as advance:
            for rows in mine:
                batch = self._generate(policy, [prompt_ids[row] for row in rows], [keys[row] for row in rows])
                sampled |= dict(zip(rows, batch, strict=True))
                advance(len(rows))
            if filler:
                self._generate(policy, [prompt_ids[row] for row in filler], [keys[row] for row in filler])
        return sampled

    def _in_step(self) -> bool:
        """Say whether all ranks must call the model equally often, as its weights are shared out among them."""
        return bool(self._trainer.is_deepspeed_enabled or self._trainer.is_fsdp_enabled)

    @contextlib.contextmanager
    def _policy(self) -> Iterator[Any]:
        """Yield the whole, unwrapped model in evaluation mode and leave it as it was."""
        trainer, args = self._trainer, self._trainer.args
        if trainer.is_deepspeed_enabled:  # which moves the model to its device only when training begins
            trainer.model.to(trainer.accelerator.device)
        was_training = trainer.model.training
        with (
            unwrap_model_for_generation(
                trainer.model_wrapped,
                trainer.accelerator,
                gather_deepspeed3_params=args.ds3_gather_for_generation,
                gradient_checkpointing_kwargs=args.gradient_checkpointing_kwargs,
            ) as policy,
            torch.no_grad(),
            trainer.accelerator.autocast(),
        ):
            policy.eval()
            try:
                yield policy
            finally:
                policy.train(was_training)

    def _generate(self, policy: Any, prompt_ids: Sequence[list[int]], keys: Sequence[str]) -> list[list[int]]:
        """Generate for one batch, padded on the left, and cut each row behind its first end token."""
        settings = dict(self._trainer.generation_kwargs) | {"do_sample": False}
        warpers = _warpers(settings, self._temperature)
        width = max(map(len, prompt_ids))
        pad = settings["pad_token_id"]
        device = self._trainer.accelerator.device
        ids = torch.tensor([[pad] * (width - len(row)) + row for row in prompt_ids], device=device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompt_ids], device=device)
        most = settings["max_new_tokens"]
        draws = [uniforms(f"{self._seed}/{key}", most) for key in keys] if self._temperature else []
        processors = LogitsProcessorList([RowDraws(draws, width, device, warpers)] if draws else [])
        output = policy.generate(
            input_ids=ids,
            attention_mask=mask,
            generation_config=GenerationConfig(**settings, disable_compile=True),
            logits_processor=processors,
        )
        return [until_end(row, self._trainer.eos_token_ids) for row in output[:, width:].tolist()]

    def _with_vllm(self, prompt_ids: Sequence[list[int]]) -> dict[int, list[int]]:
        """Generate with the trainer's engine, whose ranks must all bring the same number of prompts, at least one."""
        from accelerate.utils import gather_object

        engine = self._trainer.vllm_generation
        mine = [row for row in range(len(prompt_ids)) if self._is_mine(row)]
        most = max(gather_object([len(mine)]))
        brought = [prompt_ids[row] for row in mine]
        filler = brought[-1:] or [[self._trainer.eos_token_ids[0]]]
        engine.sync_weights()
        trained_at, engine.temperature = engine.temperature, self._temperature
        try:
            completions = engine.generate(
                prompts=[*brought, *filler * (most - len(mine))], images=None, num_generations=1
            )[1]
        finally:
            engine.temperature = trained_at
        return {row: list(ids) for row, ids in zip(mine, completions, strict=False)}


_WARPERS: dict[str, tuple[Any, Callable[[float], bool]]] = {
    "top_k": (logits_process.TopKLogitsWarper, lambda value: value > 0),
    "top_p": (logits_process.TopPLogitsWarper, lambda value: value < 1.0),
    "min_p": (logits_process.MinPLogitsWarper, lambda value: True),
    "typical_p": (logits_process.TypicalLogitsWarper, lambda value: value < 1.0),
    "epsilon_cutoff": (logits_process.EpsilonLogitsWarper, lambda value: 0 < value < 1),
    "eta_cutoff": (logits_process.EtaLogitsWarper, lambda value: 0 < value < 1),
}
"""Sampling options -> their processor, and when transformers uses it; in transformers' order."""


_TEMPERATURE: Any = logits_process.TemperatureLogitsWarper


def _warpers(settings: dict[str, Any], temperature: float) -> LogitsProcessorList:
    """Take the sampling options out of `settings`, which is for greedy generation, and return what they stand for."""
    given = {name: settings.pop(name, None) for name in _WARPERS}
    settings.pop("temperature", None)
    found = LogitsProcessorList()
    if temperature:
        found.append(_TEMPERATURE(float(temperature)))
        for name, (kind, applies) in _WARPERS.items():
            if given[name] is not None and applies(given[name]):
                found.append(kind(given[name]))
    return found


def uniforms(key: str, count: int) -> torch.Tensor:
    """Return `count` numbers from [0, 1) that follow from a key alone."""
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little") >> 1
    return torch.rand(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


_BELOW_ONE = 1.0 - 1e-12
"""Keeps rounding from drawing a token of probability 0 behind the last possible one."""
_BLOCK = 512
"""Tokens whose probabilities are summed first; a cumulative sum over a whole vocabulary costs far more."""


class RowDraws(RowProcessor):
    """Draws each row's token with that row's own random numbers, by the inverse of the distribution function.

    The only processor of a greedy generation: all but the drawn token become impossible.

    Args:
        draws: for each row the numbers of its tokens, shape (tokens,).
        width: columns of the prompts.
        device: of the model's scores.
        warpers: what the scores go through first; each of them looks at one row.
    """

    def __init__(
        self, draws: Sequence[torch.Tensor], width: int, device: torch.device, warpers: LogitsProcessorList
    ) -> None:
        self._draws = torch.stack(list(draws)).to(device)
        self._width = width
        self._warpers = warpers

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows of the present ones, in this order."""
        self._draws = self._draws[rows]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return scores, shape (rows, tokens), with one token a row above minus infinity."""
        shares = torch.softmax(self._warpers(input_ids, scores).float(), dim=-1)
        blocks = torch.nn.functional.pad(shares, (0, -shares.shape[-1] % _BLOCK)).unflatten(-1, (-1, _BLOCK))
        reached = blocks.sum(dim=-1, dtype=torch.float64).cumsum(dim=-1)
        share = self._draws[:, input_ids.shape[1] - self._width].clamp(max=_BELOW_ONE).unsqueeze(1)
        drawn = share * reached[:, -1:]
        block = torch.searchsorted(reached, drawn, right=True)
        before = torch.where(block > 0, reached.gather(1, (block - 1).clamp(min=0)), 0.0)
        within = blocks.gather(1, block.unsqueeze(-1).expand(-1, -1, _BLOCK))[:, 0].double().cumsum(dim=-1)
        place = torch.searchsorted(within, torch.minimum(drawn - before, _BELOW_ONE * within[:, -1:]), right=True)
        return torch.full_like(scores, float("-inf")).scatter(1, block * _BLOCK + place, 0.0)


def batches(order: Sequence[int], lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Cut rows, the longest first, into batches in which padding is never longer than the prompt.

    Args:
        order: row numbers, by falling length.
        lengths: tokens of each row.
        most: rows of a batch.
    """
    batch: list[int] = []
    for row in order:
        if len(batch) == most or (batch and 2 * lengths[row] < lengths[batch[0]]):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def tokenize(trainer: GRPOTrainer, prompts: Sequence[Prompt]) -> list[list[int]]:
    """Return the token ids of prompts as the trainer itself gives them to the model."""
    if not is_conversational({"prompt": prompts[0]}):
        return [list(ids) for ids in trainer.processing_class(text=list(prompts))["input_ids"]]
    rendered = trainer.processing_class.apply_chat_template(
        conversation=list(prompts),
        chat_template=trainer.chat_template,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        **trainer.chat_template_kwargs,
    )
    return [list(ids) for ids in rendered["input_ids"]]


def until_end(ids: Sequence[int], ends: Sequence[int]) -> list[int]:
    """Cut a row behind its first end token; all of it if there is none."""
    stop = next((place for place, token in enumerate(ids) if token in ends), len(ids) - 1)
    return list(ids[: stop + 1])
