"""The containers that both ends of a conversation hold, under the same numbers: what one end changes, the other sees.

A container crosses once. From then on each message begins with what changed in any of them since the last one, and with
those that nothing but this table refers to any longer on the sender's side: what only one end can reach is no alias.
"""

import itertools
import sys
from typing import Any

from trl_rlvr.sandbox.codec import tags
from trl_rlvr.sandbox.codec.change import read_content, write_content
from trl_rlvr.sandbox.codec.decoder import MALFORMED, Decoder
from trl_rlvr.sandbox.codec.encoder import Encoder
from trl_rlvr.sandbox.codec.state import State
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
        self._own: dict[int, int] = {}
        """Ids of the containers for which others stand in, by number."""
        self._apart: set[int] = set()
        """Ids of containers in this message that stay copies."""
        self._untold: list[int] = []
        """Numbers that this end forgot and the other end does not know of."""
        self._fresh: dict[int, State] = {}
        """Content of the containers that are in this message's head."""
        self._first = 0
        """Number of the first container that is new in this message."""

    def write_head(self, encoder: Encoder, *, forget: bool = True) -> None:
        """Begin a message: what changed here, and unless told not to, what only this table still holds.

        Raises:
            RefusedValue: a changed container holds what cannot cross.
        """
        self._first = len(self.objects)
        changed = [number for number, agreed in self._agreed.items() if not agreed.is_held_by(self.objects[number])]
        encoder.length(len(changed))
        for number in changed:
            encoder.length(number)
            self._fresh[number] = write_content(encoder, self.objects[number])
        if forget:
            self._untold += [number for number in list(self.numbers.values()) if self._is_unused(number)]
        encoder.length(len(self._untold))
        for number in self._untold:
            encoder.length(number)

    def read_changes(self, decoder: Decoder) -> dict[int, State]:
        """Begin to read a message: return what each container holds, by number, that changed at the other end.

        Raises:
            RefusedValue: the message is malformed.
        """
        self._first = len(self.objects)
        changes: dict[int, State] = {}
        left = set(self._agreed)
        try:
            for _ in range(decoder.length()):
                number = decoder.length()
                if number not in left:
                    raise RefusedValue("an answer changes a container that is not shared, or changes one twice")
                left.remove(number)
                changes[number] = read_content(decoder, self.objects[number])
        except MALFORMED as error:
            raise RefusedValue(f"an answer is malformed: {type(error).__name__}") from error
        return changes

    def apply(self, changes: dict[int, State], decoder: Decoder) -> None:
        """Go on with a message: let the containers hold what changed, then read what the other end forgot.

        Raises:
            RefusedValue: the message is malformed.
        """
        for number, change in changes.items():
            container = self.objects[number]
            change.put_into(container)
            self._fresh[number] = held = State.of(container)  # of a deque with a bound, less than was put there
            self.costs[id(container)] = decoder.costs[id(container)] = self._cost(held)
        try:
            for _ in range(decoder.length()):
                self._forget(decoder.length())
        except MALFORMED as error:
            raise RefusedValue(f"an answer is malformed: {type(error).__name__}") from error

    def keep_apart(self, value: Any) -> None:
        """Leave a container of this message a copy: it stands for an instance of a subclass."""
        self._apart.add(id(value))

    def agree(self, costs: dict[int, int] | None = None) -> range:
        """End a message, at either end: share what it introduced, and return the numbers of that."""
        new = range(self._first, len(self.objects))
        for number, state in self._fresh.items():
            if self.objects[number] is not FORGOTTEN:
                self._agreed[number] = state
        for number in new:
            value = self.objects[number]
            if id(value) in self._apart:
                self._forget(number)
                continue
            self.numbers[id(value)] = number
            held = State.of(value)
            self.costs[id(value)] = costs.get(id(value), 0) if costs is not None else self._cost(held)
            if type(value) in tags.MUTABLE:
                self._agreed[number] = held
        self._untold.clear()
        self._end()
        return new

    def rollback(self) -> None:
        """Take back a message that was not sent, or is to be read anew."""
        for value in self.objects[self._first :]:
            self.numbers.pop(id(value), None)
        del self.objects[self._first :]
        self._end()

    def _end(self) -> None:
        self._fresh.clear()
        self._apart.clear()
        self._first = len(self.objects)

    def _cost(self, state: State) -> int:
        """Return how many values a container holds, those in shared containers in it as often as they are in it."""
        inside = 0 if state.holds_scalars() else sum(map(self.costs.get, map(id, state.content), itertools.repeat(0)))
        return 1 + len(state.content) + inside

    def replace_by_copy(self, number: int, value: Any, agreed: State | None) -> None:
        """Map a number to a staged copy for now; sending the original still sends this number.

        Args:
            number: of a container that is shared.
            value: to be shared in its place.
            agreed: what the other end believes it to hold; None of a tuple.
        """
        self._own[number] = id(self.objects[number])
        self._place(number, value, agreed)

    def restore_original(self, number: int, value: Any, agreed: State | None) -> None:
        """Map a number to its original container again; arguments as for `replace_by_copy`."""
        self.numbers.pop(id(self.objects[number]), None)
        self._own.pop(number)
        self._place(number, value, agreed)

    def _place(self, number: int, value: Any, agreed: State | None) -> None:
        self.costs[id(value)] = self.costs.pop(id(self.objects[number]), 0)
        self.objects[number] = value
        self.numbers[id(value)] = number
        if agreed is not None:
            self._agreed[number] = agreed

    def agreed(self, number: int) -> State:
        """Return what both ends last agreed on that a mutable container holds."""
        return self._agreed[number]

    def is_mutable(self, number: int) -> bool:
        """Say whether a container is shared, and can change."""
        return number in self._agreed

    def leads_to(self, number: int, ids: set[int]) -> bool:
        """Say whether a container directly holds one of some objects."""
        if number in self._agreed:
            return self._agreed[number].holds_any(ids)
        value = self.objects[number]
        return isinstance(value, tuple) and not ids.isdisjoint(map(id, value))

    def _is_unused(self, number: int) -> bool:
        """Say whether nothing but this table refers to a container, and forget it then."""
        unused = sys.getrefcount(self.objects[number]) <= _IN_TABLE_ONLY
        if unused:
            self._forget(number)
        return unused

    def _forget(self, number: int) -> None:
        value = self.objects[number]
        for key in (id(value), self._own.pop(number, 0)):
            if self.numbers.get(key) == number:
                del self.numbers[key]
        self.costs.pop(id(value), None)
        self._agreed.pop(number, None)
        self.objects[number] = FORGOTTEN
