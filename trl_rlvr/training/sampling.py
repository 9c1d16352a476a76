"""Sample completions for measuring, with the trainer's own tokens, stopping rules and engine.

The random state is forked: measuring a run does not change what the run samples afterwards. Every rank takes every
`world size`-th prompt, and what is sampled depends on the seed and on the number of ranks.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tqdm import tqdm
from transformers import GenerationConfig
from trl import GRPOTrainer
from trl.data_utils import is_conversational
from trl.models import unwrap_model_for_generation

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

    def share(self, count: int) -> list[int]:
        """Return which of `count` rows this rank samples."""
        accelerator = self._trainer.accelerator
        return list(range(accelerator.process_index, count, accelerator.num_processes))

    def sample(self, prompts: Sequence[Prompt], *, label: str = "") -> list[Completion]:
        """Sample one completion for each prompt of this rank's share; every rank must call this.

        Args:
            prompts: this rank's prompts; repeat one for several samples of it.
            label: what the progress bar says.
        """
        ids = tokenize(self._trainer, prompts) if prompts else []
        with self._forked_random_state():
            sampled = self._with_vllm(ids) if self._trainer.use_vllm else self._with_transformers(ids, label)
        ends = set(self._trainer.eos_token_ids)
        tokenizer = getattr(self._trainer.processing_class, "tokenizer", self._trainer.processing_class)
        texts = tokenizer.batch_decode(sampled, skip_special_tokens=True) if sampled else []
        return [
            Completion(text, truncated=not row or row[-1] not in ends, length_tokens=len(row))
            for text, row in zip(texts, sampled, strict=True)
        ]

    @contextlib.contextmanager
    def _forked_random_state(self) -> Iterator[None]:
        device = self._trainer.accelerator.device
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(self._seed + self._trainer.accelerator.process_index)
            yield

    def _with_transformers(self, prompt_ids: Sequence[list[int]], label: str) -> list[list[int]]:
        order = sorted(range(len(prompt_ids)), key=lambda row: -len(prompt_ids[row]))
        sampled: list[list[int]] = [[] for _ in prompt_ids]
        show = self._trainer.accelerator.is_main_process
        with self._policy() as policy, tqdm(total=len(order), desc=label, disable=None if show else True) as bar:
            for rows in batches(order, [len(ids) for ids in prompt_ids], self._batch_size):
                for row, ids in zip(rows, self._generate(policy, [prompt_ids[row] for row in rows]), strict=True):
                    sampled[row] = ids
                bar.update(len(rows))
        return sampled

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

    def _generate(self, policy: Any, prompt_ids: Sequence[list[int]]) -> list[list[int]]:
        """Generate for one batch, padded on the left, and cut each row behind its first end token."""
        settings = dict(self._trainer.generation_kwargs)
        settings |= {"do_sample": True, "temperature": self._temperature} if self._temperature else {"do_sample": False}
        width = max(map(len, prompt_ids))
        pad = settings["pad_token_id"]
        device = self._trainer.accelerator.device
        ids = torch.tensor([[pad] * (width - len(row)) + row for row in prompt_ids], device=device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompt_ids], device=device)
        output = policy.generate(
            input_ids=ids,
            attention_mask=mask,
            generation_config=GenerationConfig(**settings, disable_compile=True),
        )
        return [until_end(row, self._trainer.eos_token_ids) for row in output[:, width:].tolist()]

    def _with_vllm(self, prompt_ids: Sequence[list[int]]) -> list[list[int]]:
        """Generate with the trainer's engine, whose ranks must all bring the same number of prompts, at least one."""
        from accelerate.utils import gather_object

        engine = self._trainer.vllm_generation
        most = max(gather_object([len(prompt_ids)]))
        filler = prompt_ids[-1:] or [[self._trainer.eos_token_ids[0]]]
        padded = [*prompt_ids, *filler * (most - len(prompt_ids))]
        engine.sync_weights()
        trained_at, engine.temperature = engine.temperature, self._temperature
        try:
            completions = engine.generate(prompts=padded, images=None, num_generations=1)[1]
        finally:
            engine.temperature = trained_at
        return [list(row) for row in completions[: len(prompt_ids)]]


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
