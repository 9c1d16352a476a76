"""The containers that both ends of a conversation hold, under the same numbers: what one end changes, the other sees.

A container crosses once. From then on each message begins with what each of them holds that changed since the last one,
and with those that nothing but this table refers to any longer on the sender's side: what only one end can reach is no
alias.
"""

import sys

from trl_rlvr.sandbox.codec import tags
from trl_rlvr.sandbox.codec.decoder import MALFORMED, Decoder
from trl_rlvr.sandbox.codec.encoder import Encoder
from trl_rlvr.sandbox.codec.state import State, read_content, write_content
from trl_rlvr.sandbox.codec.table import Table
from trl_rlvr.sandbox.codec.tags import FORGOTTEN, RefusedValue

_PROBE: list[list[None]] = [[]]
_IN_TABLE_ONLY = sys.getrefcount(_PROBE[0])
"""Reference count of an object that only a list holds."""


class Shared:
    """One end's table. Each message is written or read between a head and `agree`, or taken back with `rollback`."""

    def __init__(self) -> None:
        self.table = Table()
        """The table that encoders and decoders of its messages use."""
        self.objects, self.numbers, self.costs = self.table.objects, self.table.numbers, self.table.costs
        self._agreed: dict[int, State] = {}
        """Content of each mutable container when both ends last agreed."""
        self._untold: list[int] = []
        """Numbers that this end forgot and the other end does not know of."""
        self._fresh: dict[int, State] = {}
        """Content of the containers that are in this message's head."""
        self._first = 0
        """Number of the first container that is new in this message."""

    def write_head(self, encoder: Encoder) -> None:
        """Begin a message: what changed here, and what only this table still holds.

        Raises:
            RefusedValue: a changed container holds what cannot cross.
        """
        self._first = len(self.objects)
        changed = [number for number, agreed in self._agreed.items() if not agreed.is_held_by(self.objects[number])]
        encoder.length(len(changed))
        for number in changed:
            encoder.length(number)
            self._fresh[number] = write_content(encoder, self.objects[number])
        self._untold += [number for number in list(self.numbers.values()) if self._is_unused(number)]
        encoder.length(len(self._untold))
        for number in self._untold:
            encoder.length(number)

    def read_head(self, decoder: Decoder) -> int:
        """Begin to read a message: let the containers hold what changed at the other end; return how many these are.

        Raises:
            RefusedValue: the message is malformed.
        """
        self._first = len(self.objects)
        changes: dict[int, State] = {}
        try:
            for _ in range(decoder.length()):
                number = decoder.length()
                if number not in self._agreed or number in changes:
                    raise RefusedValue("an answer changes a container that is not shared, or changes one twice")
                changes[number] = read_content(decoder, self.objects[number])
            for number, change in changes.items():
                container = self.objects[number]
                change.put_into(container)
                self._fresh[number] = held = State.of(container)  # of a deque with a bound, less than was put there
                self.costs[id(container)] = decoder.costs[id(container)] = self._cost(held)
            for _ in range(decoder.length()):
                self._forget(decoder.length())
        except MALFORMED as error:
            raise RefusedValue(f"an answer is malformed: {type(error).__name__}") from error
        return len(changes)

    def agree(self, costs: dict[int, int] | None = None) -> None:
        """End a message, at either end: share what it introduced."""
        for number, state in self._fresh.items():
            if self.objects[number] is not FORGOTTEN:
                self._agreed[number] = state
        for number in range(self._first, len(self.objects)):
            value = self.objects[number]
            self.numbers[id(value)] = number
            held = State.of(value)
            self.costs[id(value)] = self._cost(held) if costs is None else costs.get(id(value), 0)
            if type(value) in tags.MUTABLE:
                self._agreed[number] = held
        self._untold.clear()
        self._end()

    def rollback(self) -> None:
        """Take back a message that was not sent."""
        for value in self.objects[self._first :]:
            self.numbers.pop(id(value), None)
        del self.objects[self._first :]
        self._end()

    def _end(self) -> None:
        self._fresh.clear()
        self._first = len(self.objects)

    def _cost(self, state: State) -> int:
        """Return how many values a container holds, those in shared containers in it as often as they are in it."""
        inside = 0 if isinstance(state.content, bytes) else sum(self.costs.get(id(item), 0) for item in state.content)
        return 1 + len(state.content) + inside

    def _is_unused(self, number: int) -> bool:
        """Say whether nothing but this table refers to a container, and forget it then."""
        unused = sys.getrefcount(self.objects[number]) <= _IN_TABLE_ONLY
        if unused:
            self._forget(number)
        return unused

    def _forget(self, number: int) -> None:
        value = self.objects[number]
        if self.numbers.get(id(value)) == number:
            del self.numbers[id(value)]
        self.costs.pop(id(value), None)
        self._agreed.pop(number, None)
        self.objects[number] = FORGOTTEN
