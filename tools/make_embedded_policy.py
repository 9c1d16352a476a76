"""Make the embedded policies: a tiny Llama, pre-trained from nothing on short solutions that are full of typical slips.

Run `OMP_NUM_THREADS=1 python tools/make_embedded_policy.py` (about ten minutes on one core); `--output DIRECTORY`
writes elsewhere. With `--repair` (about four minutes) the bundled policy practises reading feedback, and goes on with
conversations of two turns, for `benchmarks/repair.py`. Both are mediocre on purpose, so that reinforcement learning has
something to mend. They never see a problem of the kinds in the bundled sets' test splits.
"""

import argparse
import json
import math
import random
from pathlib import Path
from typing import Any

import torch
from make_starter_set import draw_example, starter_set
from repair_conversations import Conversation, conversations
from starter_operations import NAMES, OPENERS, Combination, combinations, draw_task
from starter_task import RIGHT, SLIP, SLOTS, Operation
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from trl_rlvr.training.embedded import EMBEDDED_POLICY
from trl_rlvr.training.refinement.frames import PlainFrame

SEED = 0
VOCABULARY = 640
COPY_STEPS, STEPS, BATCH, LEARNING_RATE = 400, 600, 40, 3e-3
READING_BATCH = 64
REPAIR_STEPS, REPAIR_BATCH, REPAIR_PARTS, REPAIR_LEARNING_RATE = 160, 32, 4, 2e-3
ONE_TURN, AMBIGUOUS = 0.15, 0.85
"""Of the text for repair the share that is one turn, of the starter set; of the conversations the ambiguous set's."""
OFTEN, SELDOM = 0.6, 0.25
"""How often an operation's slip replaces it in the pre-training text: half of the operations, and the others."""
PIECES = r" ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+"
"""What a token may at most be: a word, a digit, a run of signs or of white space."""
Row = list[tuple[list[int], bool]]
"""Token ids one behind the other, and which of them are learnt: those that the policy is to write."""
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
    """Right-padded rows."""
    longest = max(sum(len(part) for part, _ in row) for row in rows)
    ids = torch.full((len(rows), longest), 1)
    labels = torch.full((len(rows), longest), -100)
    for number, row in enumerate(rows):
        place = 0
        for part, is_learnt in row:
            found, end = torch.tensor(part), place + len(part)
            ids[number, place:end] = found
            if is_learnt:
                labels[number, place:end] = found
            place = end
    return {"input_ids": ids, "attention_mask": (ids != 1).long(), "labels": labels}


def _step(
    model: LlamaForCausalLM, optimizer: torch.optim.Optimizer, rate: float, parts: list[dict[str, torch.Tensor]]
) -> float:
    """One update at this learning rate, by the mean over the parts of a batch; the loss before it."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    losses = []
    for part in parts:
        loss = model(**part).loss / len(parts)
        loss.backward()
        losses.append(loss.item())
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return sum(losses)


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
        rate = LEARNING_RATE * min(1, (step + 1) / 50)
        loss = _step(model, optimizer, rate, [{"input_ids": ids, "labels": labels}])
        if step % 100 == 99:
            print(f"copying, step {step + 1}: loss {loss:.3f}", flush=True)


def learn_programs(
    model: LlamaForCausalLM,
    optimizer: torch.optim.Optimizer,
    rows: list[Row],
    steps: int,
    peak: float,
    parts: int = 1,
) -> None:
    """One pass over the rows, at a learning rate that rises to `peak` for up to 50 steps, then falls to 0.

    Args:
        model: The policy; changed.
        optimizer: Of its weights.
        rows: As many for each step.
        steps: Updates.
        peak: The highest learning rate.
        parts: Forward passes of an update: several save padding, and can be shared out among processes.
    """
    size = len(rows) // steps // parts
    for step in range(steps):
        share = learning_rate_share(step, steps)
        starts = range(step * parts * size, (step + 1) * parts * size, size)
        loss = _step(model, optimizer, peak * share, [_batch(rows[start : start + size]) for start in starts])
        if step % 20 == 19:
            print(f"programs, step {step + 1}: loss {loss:.3f}", flush=True)


def learning_rate_share(step: int, steps: int) -> float:
    """Rise for 50 steps, or a sixth of all, to 1; on the way fall to 0 as a cosine does."""
    return min(1, (step + 1) / min(50, steps // 6)) * 0.5 * (1 + math.cos(math.pi * step / steps))


def new_optimizer(model: LlamaForCausalLM) -> torch.optim.Optimizer:
    """AdamW over all weights; `_step` sets its rate."""
    return torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.01)


def pretrain() -> tuple[LlamaForCausalLM, Any]:
    """Make `embedded`: text, tokenizer and model from nothing."""
    torch.manual_seed(SEED)
    pairs = training_pairs(STEPS * BATCH, random.Random(SEED))
    tokenizer = train_tokenizer([prompt + completion for prompt, completion in pairs[:5000]])
    prompts, completions = (tokenizer([pair[side] for pair in pairs])["input_ids"] for side in (0, 1))
    rows: list[Row] = [
        [(prompt, False), ([*completion, 0], True)] for prompt, completion in zip(prompts, completions, strict=True)
    ]
    print("longest prompt and completion:", max(map(len, prompts)), max(map(len, completions)), "tokens")
    model = new_model()
    print(f"{model.num_parameters():,} parameters")
    optimizer = new_optimizer(model)
    practise_copying(model, optimizer, random.Random(SEED))
    learn_programs(model, optimizer, rows, STEPS, LEARNING_RATE)
    return model, tokenizer


def conversation_row(found: Conversation, tokenizer: Any) -> Row:
    """A conversation as the trainer puts it together: both answers are learnt, what is fed back is not."""
    prompt, first, second = tokenizer([found.prompt, found.first, found.second])["input_ids"]
    row: Row = [(prompt, False), ([*first, 0], True)]
    if second:
        row += [(PlainFrame(tokenizer).ids(found.feedback, 0), False), ([*second, 0], True)]
    return row


def by_length(rows: list[Row], size: int, rng: random.Random) -> list[Row]:
    """Shuffle, so that the rows of a batch of this size are about as long: padding costs as much as text."""
    rng.shuffle(rows)
    found: list[Row] = []
    for start in range(0, len(rows), 10 * size):
        part = sorted(rows[start : start + 10 * size], key=lambda row: sum(len(ids) for ids, _ in row))
        cut = [part[place : place + size] for place in range(0, len(part), size)]
        rng.shuffle(cut)
        found += [row for batch in cut for row in batch]
    return found


def reading_rows(talks: list[Conversation], tokenizer: Any, *, is_short: bool) -> list[Row]:
    """A feedback and the beginning of the right answer, of which only what the feedback tells is learnt.

    Args:
        talks: Those whose answer has no sign, or whose feedback shows no value that was expected, are left out.
        tokenizer: The policy's.
        is_short: Only the value that was expected, and the sign; else the whole feedback, the sign and the operation.
    """
    rows: list[Row] = []
    for found in talks:
        begun, quote, rest = found.right.partition(" '")
        _, comma, expected = found.feedback.rpartition(", expected ")
        if comma and rest[1:].startswith("'.join("):
            told = PlainFrame(tokenizer).ids(f"expected {expected}" if is_short else found.feedback, 0)
            learnt = rest[0] if is_short else rest.partition(" for v")[0]
            begun_ids, learnt_ids = tokenizer([begun + quote, learnt])["input_ids"]
            rows.append([([*told, *begun_ids], False), (learnt_ids, True)])
    return rows


def practise_reading(
    model: LlamaForCausalLM, optimizer: torch.optim.Optimizer, talks: list[Conversation], tokenizer: Any
) -> None:
    """What a feedback tells, and nothing else: first the sign in the value that was expected, then all of it.

    In a whole conversation the sign is one of fifty tokens that are learnt. With the mean loss over them the policy
    had not found out in 140 updates that it stands in the feedback; here it takes 20.
    """
    for is_short in (True, False):
        rows = reading_rows(talks, tokenizer, is_short=is_short)
        learn_programs(model, optimizer, rows, len(rows) // READING_BATCH, REPAIR_LEARNING_RATE)


def go_on_with_repair() -> tuple[LlamaForCausalLM, Any]:
    """Make a policy that has seen repairs of the bundled one."""
    tokenizer: Any = AutoTokenizer.from_pretrained(EMBEDDED_POLICY)
    model = LlamaForCausalLM.from_pretrained(EMBEDDED_POLICY, dtype=torch.float32)
    rng = random.Random(SEED + 1)
    count = REPAIR_STEPS * REPAIR_BATCH
    alone = [Conversation(prompt, first, "", "") for prompt, first in training_pairs(int(ONE_TURN * count), rng)]
    talks = conversations(count - len(alone), AMBIGUOUS, slip_rates(random.Random(SEED)), rng)
    optimizer = new_optimizer(model)
    practise_reading(model, optimizer, talks, tokenizer)
    rows = by_length([conversation_row(found, tokenizer) for found in (*alone, *talks)], REPAIR_BATCH, rng)
    print(f"{sum(len(row) > 2 for row in rows)} of {count} rows have two turns")
    learn_programs(model, optimizer, rows, REPAIR_STEPS, REPAIR_LEARNING_RATE, REPAIR_PARTS)
    return model, tokenizer


def write(model: LlamaForCausalLM, tokenizer: Any, output: Path, *, as_halves: bool) -> None:
    """Write the folder of a policy, its weights as float32 or, for half the size, float16; it is loaded as float32."""
    model.generation_config = GenerationConfig(eos_token_id=0, pad_token_id=1, do_sample=True)
    (model.half() if as_halves else model).save_pretrained(output)
    tokenizer.save_pretrained(output)
    config = json.loads((output / "config.json").read_text())
    (output / "config.json").write_text(json.dumps(config | {"dtype": "float32"}, indent=2) + "\n")


def main() -> None:
    """Make one of the two policies and write its folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repair", action="store_true", help="go on with the bundled policy, on conversations")
    parser.add_argument("--output", type=Path, help="where the model's folder goes; default: its place in the package")
    given = parser.parse_args()
    if given.repair and given.output is None:
        parser.error("--repair needs --output: the package holds no such policy")
    model, tokenizer = go_on_with_repair() if given.repair else pretrain()
    write(model, tokenizer, given.output or EMBEDDED_POLICY, as_halves=given.repair)


if __name__ == "__main__":
    main()
