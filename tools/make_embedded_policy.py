"""Make the embedded policy: a tiny Llama, pre-trained from nothing on short solutions that are full of typical slips.

Run `OMP_NUM_THREADS=1 python tools/make_embedded_policy.py` (about ten minutes on one core); `--output DIRECTORY`
writes elsewhere. The policy is mediocre on purpose, so that reinforcement learning has something to mend. It never sees
a problem of the kinds in the starter set's test split.
"""

import argparse
import math
import random
from pathlib import Path

import torch
from make_starter_set import draw_example, starter_set
from starter_operations import NAMES, OPENERS, Combination, combinations, draw_task
from starter_task import RIGHT, SLIP, SLOTS, Operation
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SEED = 0
VOCABULARY = 640
COPY_STEPS, STEPS, BATCH, LEARNING_RATE = 400, 600, 40, 3e-3
OFTEN, SELDOM = 0.6, 0.25
"""How often an operation's slip replaces it in the pre-training text: half of the operations, and the others."""
PIECES = r" ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+"
"""What a token may at most be: a word, a digit, a run of signs or of white space."""
Row = tuple[list[int], list[int]]
"""The token ids of a prompt and of its completion."""
END, PADDING = "<|end|>", "<|pad|>"


def slip_rates(rng: random.Random) -> dict[tuple[str, str], float]:
    """For each slot and operation how often the text has its slip."""
    rates = {}
    pairs = sorted({(slot, op.name) for parts in combinations() for slot, op in _slots(parts).items()})
    for slot in SLOTS:
        names = [pair for pair in pairs if pair[0] == slot]
        rng.shuffle(names)
        rates |= {pair: SELDOM if index % 2 else OFTEN for index, pair in enumerate(names)}
    return rates


def _slots(combination: Combination) -> dict[str, Operation]:
    return dict(zip(SLOTS, (combination[0].source, *combination[1:]), strict=True))


def training_pairs(count: int, rng: random.Random) -> list[tuple[str, str]]:
    """Prompts, as the starter set's problems give them, with solutions of which many have slips."""
    held_out = {problem["kind"] for problem in starter_set()[1]}
    rates = slip_rates(rng)
    allowed = list(combinations())
    pairs: list[tuple[str, str]] = []
    while len(pairs) < count:
        combination = rng.choice(allowed)
        task = draw_task(rng, combination)
        example = None if task.kind in held_out else draw_example(task, rng)
        if example is None:
            continue
        name, (value, expected) = rng.choice(NAMES), example
        forms = {slot: SLIP if rng.random() < rates[slot, op.name] else RIGHT for slot, op in task.operations.items()}
        test = f"assert {name}({value!r}) == {expected!r}"
        pairs.append((f'"""\n{task.statement(rng.choice(OPENERS))}\n{test}\n"""\n', task.solution(name, forms)))
    return pairs


def train_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """A byte-level BPE, so that any text can be written."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END, PADDING],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PADDING, padding_side="left", model_max_length=512
    )


def new_model() -> LlamaForCausalLM:
    """The untrained network; `eos_token_id` and `pad_token_id` are the tokenizer's first two."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=128,
            intermediate_size=384,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=0,
            pad_token_id=1,
        )
    )


def _batch(rows: list[Row]) -> dict[str, torch.Tensor]:
    """Right-padded rows of which only the completions are learnt."""
    longest = max(len(prompt) + len(completion) for prompt, completion in rows)
    ids = torch.full((len(rows), longest), 1)
    labels = torch.full((len(rows), longest), -100)
    for row, (prompt, completion) in enumerate(rows):
        ids[row, : len(prompt) + len(completion)] = torch.tensor(prompt + completion)
        labels[row, len(prompt) : len(prompt) + len(completion)] = torch.tensor(completion)
    return {"input_ids": ids, "attention_mask": (ids != 1).long(), "labels": labels}


def _step(
    model: LlamaForCausalLM, optimizer: torch.optim.Optimizer, share: float, batch: dict[str, torch.Tensor]
) -> float:
    """One update at this share of the learning rate; the loss before it."""
    for group in optimizer.param_groups:
        group["lr"] = LEARNING_RATE * share
    loss = model(**batch).loss
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def practise_copying(model: LlamaForCausalLM, optimizer: torch.optim.Optimizer, rng: random.Random) -> None:
    """Random tokens, something in between, and the same tokens again, of which only the repetition is learnt.

    A network this small takes long to find out from programs alone that the function's name stands in the prompt.
    """
    for step in range(COPY_STEPS):
        copied = torch.randint(2, VOCABULARY, (96, rng.randint(6, 12)))
        between = torch.randint(2, VOCABULARY, (96, rng.randint(0, 8)))
        ids = torch.cat([copied, between, copied], dim=1)
        labels = ids.clone()
        labels[:, : copied.shape[1] + between.shape[1] + 1] = -100
        loss = _step(model, optimizer, min(1, (step + 1) / 50), {"input_ids": ids, "labels": labels})
        if step % 100 == 99:
            print(f"copying, step {step + 1}: loss {loss:.3f}", flush=True)


def learn_programs(model: LlamaForCausalLM, optimizer: torch.optim.Optimizer, rows: list[Row]) -> None:
    """One pass over the rows, at a learning rate that rises for 50 steps and then falls to nothing."""
    for step in range(STEPS):
        share = min(1, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * step / STEPS))
        loss = _step(model, optimizer, share, _batch(rows[step * BATCH : (step + 1) * BATCH]))
        if step % 100 == 99:
            print(f"programs, step {step + 1}: loss {loss:.3f}", flush=True)


def main() -> None:
    """Make the text, the tokenizer and the model, and write the latter two."""
    parser = argparse.ArgumentParser(description=__doc__)
    bundled = Path(__file__).resolve().parent.parent / "trl_rlvr" / "training" / "embedded_policy"
    parser.add_argument("--output", type=Path, default=bundled, help="where the model's folder goes")
    output = parser.parse_args().output
    torch.manual_seed(SEED)
    pairs = training_pairs(STEPS * BATCH, random.Random(SEED))
    tokenizer = train_tokenizer([prompt + completion for prompt, completion in pairs[:5000]])
    prompts, completions = (tokenizer([pair[side] for pair in pairs])["input_ids"] for side in (0, 1))
    rows = [(prompt, [*completion, 0]) for prompt, completion in zip(prompts, completions, strict=True)]
    print("longest prompt and completion:", max(map(len, prompts)), max(map(len, completions)), "tokens")
    model = new_model()
    print(f"{model.num_parameters():,} parameters")
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.01)
    practise_copying(model, optimizer, random.Random(SEED))
    learn_programs(model, optimizer, rows)
    model.generation_config = GenerationConfig(eos_token_id=0, pad_token_id=1, do_sample=True)
    model.save_pretrained(output)
    tokenizer.save_pretrained(output)


if __name__ == "__main__":
    main()
