"""Keeps from the test's own containers what calls change in them while a comparison is being evaluated.

From the first such change on the conversation goes on with copies, and what is returned refers to them; once the
comparison is over, the test's own containers get what the copies hold.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from trl_rlvr.sandbox.values import Shared
from trl_rlvr.sandbox.values.state import State
from trl_rlvr.sandbox.values.tags import MUTABLE


class _Stand(NamedTuple):
    """A container of the test's and what stands for it in the meantime."""

    own: Any
    copy: Any
    agreed: State | None
    """What the other end believed the own one to hold."""
    state: State | None
    """What the copy held at first."""


class Holding:
    """One conversation's comparisons.

    Args:
        copies: returns copies of the containers of some numbers, which share with each other and with containers of
            other numbers what the originals share.
    """

    def __init__(self, copies: Callable[[Sequence[int]], list[Any]]) -> None:
        self._copies = copies
        self._depth = 0
        """How many comparisons are being evaluated, one inside the other."""
        self._stands: dict[int, _Stand] = {}
        self._answers: set[int] = set()
        """Numbers of containers that came with answers in the meantime."""

    @property
    def active(self) -> bool:
        """Whether a comparison is being evaluated."""
        return self._depth > 0

    @property
    def has_copies(self) -> bool:
        """Whether copies stand for containers of the test's."""
        return bool(self._stands)

    def hold(self) -> None:
        """From here on, keep back what calls change."""
        self._depth += 1

    def release(self, shared: Shared) -> None:
        """Take back one `hold`; the last one settles."""
        self._depth -= 1
        if self._depth == 0:
            self.settle(shared)

    def spare(self, numbers: Iterable[int]) -> None:
        """Need no copies of what an answer brings during a comparison: no side of it held that before."""
        if self.active:
            self._answers.update(numbers)

    def cover(self, shared: Shared) -> None:
        """Let copies stand for all containers that are shared."""
        numbers = sorted(set(shared.numbers.values()) - self._stands.keys() - self._answers)
        for number, copy in zip(numbers, self._copies(numbers), strict=True):
            own, agreed = shared.objects[number], shared.agreed(number)
            state = State.of(copy) if type(copy) in MUTABLE else None
            shared.stand_in(number, copy, state)
            self._stands[number] = _Stand(own, copy, agreed, state)

    def settle(self, shared: Shared) -> None:
        """Let the test's own containers hold what is in their copies, and share them again."""
        self._depth = 0
        self._answers.clear()
        if not self._stands:
            return
        stands, self._stands = self._stands, {}
        own = {id(stand.copy): stand.own for stand in stands.values()}

        def translated(item: Any) -> Any:
            return own.get(id(item), item)

        for stand in stands.values():
            if stand.state is not None and not stand.state.is_held_by(stand.copy):
                State.of(stand.copy).with_items(translated).put_into(stand.own)
        for number in set(shared.numbers.values()) - stands.keys():
            value = shared.objects[number]
            if type(value) in MUTABLE:
                changed = State.of(value).with_items(translated)
                if not changed.is_held_by(value):
                    changed.put_into(value)
        for number, stand in stands.items():
            if shared.objects[number] is stand.copy:
                agreed = shared.agreed(number)
                if agreed is not stand.state and agreed is not None:
                    shared.stand_back(number, stand.own, agreed.with_items(translated))
                else:
                    shared.stand_back(number, stand.own, stand.agreed)
