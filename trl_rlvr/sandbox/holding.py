"""Keeps from the test's own containers what calls change in them while a comparison is being evaluated.

From the first such change on the conversation goes on with copies, and what is returned refers to them; once the
comparison is over, the test's own containers get what the copies hold.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from trl_rlvr.sandbox.values import Shared
from trl_rlvr.sandbox.values.change import State, is_same_state, put_state, state_of
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
            state = state_of(copy) if type(copy) in MUTABLE else None
            shared.stand_in(number, copy, state)
            self._stands[number] = _Stand(own, copy, agreed, state)

    def settle(self, shared: Shared) -> None:
        """Let the test's own containers hold what is in their copies, and share them again."""
        self._depth = 0
        self._answers.clear()
        stands, self._stands = self._stands, {}
        own = {id(stand.copy): stand.own for stand in stands.values()}

        def translated(state: State) -> State:
            return state if isinstance(state, bytes) else [own.get(id(item), item) for item in state]

        for stand in stands.values():
            if stand.state is not None and not is_same_state(stand.state, state_of(stand.copy)):
                put_state(stand.own, translated(state_of(stand.copy)))
        for number in set(shared.numbers.values()) - stands.keys():
            value = shared.objects[number]
            if type(value) in MUTABLE and any(id(item) in own for item in state_of(value)):
                put_state(value, translated(state_of(value)))
        for number, stand in stands.items():
            if shared.objects[number] is stand.copy:
                agreed = shared.agreed(number)
                if agreed is not None and stand.state is not None and not is_same_state(stand.state, agreed):
                    shared.stand_back(number, stand.own, translated(agreed))
                else:
                    shared.stand_back(number, stand.own, stand.agreed)
