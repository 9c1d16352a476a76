"""A byte-level tokenizer that knows the marks of five chat templates."""

from pathlib import Path

import trl
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

SMOLLM2 = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "{{ '<|im_start|>system\\nYou are a helpful AI assistant.<|im_end|>\\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
ENDS = {
    "qwen2_5": "<|im_end|>",
    "qwen3": "<|im_end|>",
    "llama3": "<|eot_id|>",
    "gemma": "<end_of_turn>",
    "smollm2": "<|im_end|>",
}
"""Template -> the token that ends a turn in it."""

MARKS = [
    *("<pad>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|im_start|>"),
    *("<bos>", "<start_of_turn>", "<think>", "</think>", *sorted(set(ENDS.values()))),
]


def template(name: str) -> str:
    return (
        SMOLLM2 if name == "smollm2" else (Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja").read_text()
    )


def marked_tokenizer(name: str = "qwen2_5") -> PreTrainedTokenizerFast:
    """Return a tokenizer of 256 bytes and the marks, with one of the templates."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: place for place, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token=ENDS[name],
        additional_special_tokens=[mark for mark in MARKS if mark not in ("<pad>", "<bos>", ENDS[name])],
        chat_template=template(name),
    )
