"""The content of a changed container, whole, as bytes for the other side, which already holds the container."""

import collections
from typing import Any

from trl_rlvr.sandbox.codec.decoder import Decoder
from trl_rlvr.sandbox.codec.encoder import Encoder
from trl_rlvr.sandbox.codec.readers import require_countable
from trl_rlvr.sandbox.codec.state import State
from trl_rlvr.sandbox.codec.tags import RefusedValue


def write_content(encoder: Encoder, container: Any) -> State:
    """Write what a container holds now, which is returned."""
    now = State.of(container)
    content: Any = now.content
    if isinstance(content, bytes):
        encoder.value(content)
    elif isinstance(container, dict):
        half = len(content) // 2
        encoder.keys(content[:half], half)
        encoder.items(content[half:], half)
    elif isinstance(container, set):
        encoder.keys(content, len(content))
    else:
        encoder.items(content, len(content))
    return now


def read_content(decoder: Decoder, target: Any) -> State:
    """Read what `write_content` wrote: the state to put into the container.

    Raises:
        RefusedValue: as `Decoder.item` does, beside any exception of `MALFORMED`.
    """
    if isinstance(target, bytearray):
        return State(decoder.exactly(bytes))
    if isinstance(target, set):
        return State(decoder.keys())
    if not isinstance(target, dict):
        return State(decoder.items())
    keys, items = decoder.keys(), decoder.items()
    if len(keys) != len(items):
        raise RefusedValue("a mapping has more or fewer keys than values")
    if isinstance(target, collections.Counter):
        require_countable(items)
    return State([*keys, *items])
