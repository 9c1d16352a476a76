"""Train one side of `learning_speed.py` on a CUDA card, with the decode step replayed as a CUDA graph.

A small model's step is over long before Python has launched the next one, so `generate` waits for Python. An inference
engine is the usual cure (`use_vllm: true`); this is one of a hundred lines for a machine without one. As with an
engine, the weights are copied into a plain model before each generation, adapters merged in.

Usage:

    python benchmarks/graphed_side.py SIDE EVERY FILE [options of the run]
"""

import sys
from pathlib import Path
from typing import Any

import torch
from learning_side import train
from transformers import AutoModelForCausalLM, GenerationConfig, StaticCache

CACHE_TOKENS = 1024
"""Prompt and completion together fill a cache of a multiple of this many tokens."""
STEPS_BETWEEN_LOOKS = 25
"""Steps after which it is asked whether all rows have ended; asking waits for the card."""


class Decoder:
    """Samples tokens for a fixed number of rows, one step for all of them at a time.

    Every tensor of its state stays where it is, so that a captured step can be replayed.
    """

    def __init__(self, model: Any, rows: int, length: int, most_tokens: int) -> None:
        device, whole = model.device, {"dtype": torch.long, "device": model.device}
        self.model = model
        self.cache = StaticCache(config=model.config, max_cache_len=length)
        self.tokens, self.positions = torch.zeros(rows, 1, **whole), torch.zeros(rows, 1, **whole)
        self.slot, self.count = torch.zeros(1, **whole), torch.zeros(1, **whole)
        self.mask = torch.zeros(rows, 1, 1, length, dtype=torch.bool, device=device)
        self.done = torch.zeros(rows, dtype=torch.bool, device=device)
        self.sampled = torch.zeros(rows, most_tokens, **whole)
        self.temperature = torch.ones(1, device=device)
        self.ends = torch.zeros(0, **whole)
        self.pad = 0
        self.graph: Any = None

    def read(self, prompts: torch.Tensor, mask: torch.Tensor) -> None:
        """Begin anew behind these prompts, padded on the left, shape (rows, prompt tokens)."""
        self.cache.reset()
        for state in (self.done, self.mask, self.count):
            state.zero_()
        self.sampled.fill_(self.pad)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        wide = torch.nn.functional.pad(mask, (0, self.mask.shape[-1] - mask.shape[1]))
        out = self.model(
            input_ids=prompts,
            attention_mask=wide,
            position_ids=positions,
            past_key_values=self.cache,
            logits_to_keep=1,
        )
        self.mask[:, 0, 0] = wide.bool()
        self.positions.copy_(positions[:, -1:])
        self.slot.fill_(prompts.shape[1])
        self._take(out.logits[:, -1])

    def step(self) -> None:
        """Sample one more token for every row."""
        self.mask.index_fill_(3, self.slot, True)
        self.slot.add_(1)
        self._take(
            self.model(
                input_ids=self.tokens,
                attention_mask=self.mask,
                position_ids=self.positions,
                past_key_values=self.cache,
            ).logits[:, -1]
        )

    def _take(self, logits: torch.Tensor) -> None:
        shares = torch.softmax(logits.float() / self.temperature, dim=-1)
        chosen = (shares / torch.empty_like(shares).exponential_()).argmax(dim=-1)  # a draw by these shares
        chosen = torch.where(self.done, self.pad, chosen)
        self.sampled.index_copy_(1, self.count, chosen[:, None])
        self.done.logical_or_((chosen[:, None] == self.ends).any(dim=1))
        self.tokens.copy_(chosen[:, None])
        self.positions.add_(1)
        self.count.add_(1)

    def capture(self) -> None:
        """Record one step, after a few that let libraries set themselves up."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.step()
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.step()


class GraphedGenerator:
    """Stands in for `generate` of a policy with a LoRA adapter."""

    def __init__(self, policy: Any) -> None:
        self.policy = policy.get_base_model()
        self.plain = AutoModelForCausalLM.from_config(self.policy.config, dtype=self.policy.dtype)
        self.plain.to(self.policy.device).eval()
        self.decoders: dict[tuple[int, int], Decoder] = {}
        self._copied = False

    @torch.no_grad()
    def __call__(
        self, *, input_ids: torch.Tensor, attention_mask: torch.Tensor, generation_config: GenerationConfig
    ) -> torch.Tensor:
        """Return prompts with sampled completions behind them, as `generate` does, padded to `max_new_tokens`."""
        with torch.autocast(input_ids.device.type, enabled=False):
            return self._generate(input_ids, attention_mask, generation_config)

    def _generate(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, generation_config: GenerationConfig
    ) -> torch.Tensor:
        self.copy_weights()
        rows, most = len(input_ids), generation_config.max_new_tokens
        length = -(-(input_ids.shape[1] + most) // CACHE_TOKENS) * CACHE_TOKENS
        decoder = self.decoders.get((rows, length))
        if decoder is None:
            decoder = self.decoders[rows, length] = Decoder(self.plain, rows, length, most)
            decoder.ends = torch.tensor(generation_config.eos_token_id, device=input_ids.device)
            decoder.pad = generation_config.pad_token_id
            if input_ids.is_cuda:
                decoder.read(input_ids, attention_mask)
                decoder.capture()
        decoder.temperature.fill_(generation_config.temperature)
        decoder.read(input_ids, attention_mask)
        advance = decoder.graph.replay if decoder.graph is not None else decoder.step
        for step in range(1, most):
            if step % STEPS_BETWEEN_LOOKS == 0 and bool(decoder.done.all()):
                break
            advance()
        return torch.cat([input_ids, decoder.sampled], dim=1)

    def copy_weights(self) -> None:
        """Bring the policy's weights over, each adapted layer as the sum of what it adds up."""
        if not self._copied:
            given = {name.replace(".base_layer", ""): value for name, value in self.policy.state_dict().items()}
            self.plain.load_state_dict({name: given[name] for name in self.plain.state_dict()})
            self._copied = True
        targets = dict(self.plain.named_modules())
        for name, layer in self.policy.named_modules():
            if hasattr(layer, "lora_A"):
                delta = layer.get_delta_weight(layer.active_adapters[0])
                targets[name].weight.copy_(layer.base_layer.weight.float() + delta.float())


def graph(trainer: Any) -> None:
    """Let a trainer generate by graphs."""
    trainer.model.generate = GraphedGenerator(trainer.model)


if __name__ == "__main__":
    train(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:], prepare=graph)
