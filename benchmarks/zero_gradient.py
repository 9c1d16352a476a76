"""Time one training pass (forward and backward) over a batch of completions, with `GRPOTrainer` and with ours.

Only the pass is timed, on random weights and random batches of groups of four. Runs are paired: both trainers take
turns on the same batch and equal weights, each coming first every other time, and the medians are shown.

    python benchmarks/zero_gradient.py [--rows 40] [--hidden 64] [--layers 2] [--repeats 5] [--threads 1]
"""

import argparse
import logging
import statistics
import tempfile
import time
import warnings
from typing import Any

import torch
from datasets import Dataset
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from trl_rlvr.training.grpo import EfficientGRPOTrainer

PROMPT_TOKENS = (60, 200)
COMPLETION_TOKENS = 400
MEAN_COMPLETION_TOKENS = 120
VOCABULARY = 640


def make_trainer(kind: type[GRPOTrainer], options: argparse.Namespace, folder: str) -> GRPOTrainer:
    """Put a random Llama into a trainer that is never asked to sample."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=options.hidden,
        intermediate_size=4 * options.hidden,
        num_hidden_layers=options.layers,
        num_attention_heads=4,
        max_position_embeddings=1024,
        pad_token_id=0,
        eos_token_id=1,
    )
    words = Tokenizer(WordLevel({str(n): n for n in range(VOCABULARY)}, unk_token="0"))
    arguments = GRPOConfig(
        output_dir=folder,
        use_cpu=not torch.cuda.is_available(),
        bf16=False,
        per_device_train_batch_size=options.rows,
        num_generations=4,
        loss_type="dr_grpo",
        max_completion_length=COMPLETION_TOKENS,
        gradient_checkpointing=False,
        report_to="none",
    )
    trainer = kind(
        model=LlamaForCausalLM(config),
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=arguments,
        train_dataset=Dataset.from_dict({"prompt": ["1"] * options.rows}),
        processing_class=PreTrainedTokenizerFast(tokenizer_object=words, pad_token="0", eos_token="1"),
    )
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()
    return trainer


def random_batch(rows: int, flat_share: float, device: torch.device) -> dict[str, Any]:
    """Make groups of four completions of random lengths, of which a share was rewarded alike."""
    groups = rows // 4
    prompt_length = torch.randint(*PROMPT_TOKENS, (groups, 1)).repeat_interleave(4, dim=0)
    length = torch.empty(rows, 1).exponential_(1 / MEAN_COMPLETION_TOKENS).long().clamp(5, COMPLETION_TOKENS)
    prompt_width, width = int(prompt_length.max()), int(length.max())
    prompt_mask = (torch.arange(prompt_width) >= prompt_width - prompt_length).long()
    completion_mask = (torch.arange(width) < length).long()
    advantages = torch.randn(rows)
    flat = torch.randperm(groups)[: round(flat_share * groups)]
    advantages.view(groups, 4)[flat] = 0.0
    prompts = torch.randint(2, VOCABULARY, (groups, prompt_width)).repeat_interleave(4, dim=0)
    batch = {
        "prompt_ids": prompts * prompt_mask,
        "prompt_mask": prompt_mask,
        "completion_ids": torch.randint(2, VOCABULARY, completion_mask.shape) * completion_mask,
        "completion_mask": completion_mask,
        "advantages": advantages,
        "num_items_in_batch": completion_mask.sum(),
    }
    return {key: value.to(device) for key, value in batch.items()}


def seconds(trainer: GRPOTrainer, batch: dict[str, Any]) -> float:
    """Time one forward and backward pass."""
    trainer.model.zero_grad()
    start = time.perf_counter()
    trainer._compute_loss(trainer.model, dict(batch)).backward()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def main() -> None:
    """Print one line for each share of groups without signal."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in {"rows": 40, "hidden": 64, "layers": 2, "repeats": 5, "threads": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        plain_trainer, trainer = (make_trainer(kind, options, folder) for kind in (GRPOTrainer, EfficientGRPOTrainer))
    print("| groups without signal | rows forwarded | cells forwarded | GRPOTrainer s | ours s | times faster |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for one in (plain_trainer, trainer):
        seconds(one, random_batch(options.rows, 0.0, trainer.accelerator.device))  # warm up
    for share in (0.0, 0.3, 0.6, 0.8, 1.0):
        plain, ours, ratios = [], [], []
        trainer._metrics["train"].clear()
        for repeat in range(options.repeats):
            torch.manual_seed(repeat)
            batch = random_batch(options.rows, share, trainer.accelerator.device)
            turns = [(plain, plain_trainer), (ours, trainer)]
            for times, one in turns if repeat % 2 else reversed(turns):
                times.append(seconds(one, batch))
            ratios.append(plain[-1] / ours[-1])
        logged = trainer._metrics["train"]
        rows, cells = (statistics.mean(logged[f"forwarded/{kind}"]) for kind in ("rows", "tokens"))
        timing = f"{statistics.median(plain):.3f} | {statistics.median(ours):.3f} | {statistics.median(ratios):.1f}"
        print(f"| {100 * share:.0f} % | {100 * rows:.0f} % | {100 * cells:.0f} % | {timing} |", flush=True)


if __name__ == "__main__":
    main()
