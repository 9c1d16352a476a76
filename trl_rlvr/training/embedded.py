"""The embedded policy: a tiny language model in the package, for the default run and the tests, without a network.

It is no code model: a Llama of 0.9 million parameters with a byte-level BPE of 640 tokens, pre-trained from nothing by
`tools/make_embedded_policy.py` on short solutions in which operations were often replaced by a typical slip (`v >= 5`
for `v > 5`, a range that ends too early, `min` for `max`). It knows the starter set's way of asking and nothing else,
writes code that parses, and is mediocre on purpose, so that reinforcement learning has something to mend in minutes
on a CPU. It has seen no problem of the kinds in the starter set's test split.
"""

from pathlib import Path
from typing import Final

EMBEDDED_POLICY: Final[Path] = Path(__file__).parent / "embedded_policy"
"""A folder for `from_pretrained`: configuration, tokenizer and float32 weights of less than 5 MB.

It answers plain-text prompts (the style `completion`, one visible test) and has no chat template.
"""
