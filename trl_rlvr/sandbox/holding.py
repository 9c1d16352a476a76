"""Keeps from the test's own containers what calls change in them while a comparison is being evaluated.

From the first such change on the conversation goes on with copies, and what is returned refers to them; once the
comparison is over, the test's own containers get what the copies hold. Functions of the test begin anew: what the
solution changes between their statements is there at once, whatever expression they were called from.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from trl_rlvr.sandbox.values import Shared
from trl_rlvr.sandbox.values.state import State
from trl_rlvr.sandbox.values.tags import MUTABLE

Mark = tuple[int, int]
"""How many functions are running, and how many comparisons in the last of them."""


class _Stand(NamedTuple):
    """A container of the test's and what stands for it in the meantime."""

    own: Any
    copy: Any
    agreed: State | None
    """What the other end believed the own one to hold; None where nothing of it can change."""
    state: State | None
    """What the copy held at first."""


class _Frame:
    """One running function of the test, or what stands outside of all."""

    __slots__ = ("answers", "depth", "stands")

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth
        """How many comparisons are being evaluated, one inside the other."""
        self.stands: dict[int, _Stand] = {}
        self.answers: set[int] = set()
        """Numbers of containers that came with answers in the meantime."""


class Holding:
    """One conversation's comparisons.

    Args:
        shared: returns the table of what is shared now.
        copies: returns copies of the containers of some numbers, which share with each other and with containers of
            other numbers what the originals share.
        quietly: a context in which no object of the candidate's asks it for its hash.
    """

    def __init__(
        self,
        shared: Callable[[], Shared],
        copies: Callable[[Sequence[int]], list[Any]],
        quietly: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._shared = shared
        self._copies = copies
        self._quietly = quietly
        self._frames = [_Frame()]
        self._served = 0
        """How many callbacks are being served that came during a comparison."""

    @property
    def active(self) -> bool:
        """Whether a comparison is being evaluated."""
        return self._frames[-1].depth > 0

    @property
    def has_copies(self) -> bool:
        """Whether copies stand for containers of the test's."""
        return any(frame.stands for frame in self._frames)

    def mark(self) -> Mark:
        """Return where the test stands now, for `restore`."""
        return len(self._frames), self._frames[-1].depth

    def hold(self) -> Mark:
        """Begin a comparison: from here on, keep back what calls change."""
        mark = self.mark()
        self._frames[-1].depth += 1
        return mark

    def enter(self) -> Mark:
        """Begin a function of the test."""
        mark = self.mark()
        self._frames.append(_Frame(depth=1 if self._served else 0))
        return mark

    def restore(self, mark: Mark, value: Any = None) -> Any:
        """Be where the test was at a mark, whatever began since and did not end; returns `value`."""
        level, depth = mark
        while len(self._frames) > level:
            self._settle(self._frames.pop())
        if len(self._frames) == level:
            self._frames[-1].depth = depth
            if depth == 0:
                self._settle(self._frames[-1])
        return value

    def serve(self, action: Callable[[], Any]) -> Any:
        """Do what the candidate asks for: it ends no comparison that it came in the middle of."""
        mark, inside = self.mark(), self.active
        self._served += inside
        try:
            return action()
        finally:
            self._served -= inside
            self.restore(mark)

    def spare(self, numbers: Iterable[int]) -> None:
        """Need no copies of what an answer brings during a comparison: no side of it held that before."""
        for frame in self._frames:
            if frame.depth:
                frame.answers.update(numbers)

    def cover(self) -> None:
        """Let copies stand for all containers that are shared."""
        shared, frame = self._shared(), self._frames[-1]
        stood = {number for other in self._frames for number in other.stands}
        numbers = sorted(set(shared.numbers.values()) - stood - frame.answers)
        for number, copy in zip(numbers, self._copies(numbers), strict=True):
            own, agreed = shared.objects[number], shared.agreed(number)
            state = State.of(copy) if type(copy) in MUTABLE else None
            shared.stand_in(number, copy, state)
            frame.stands[number] = _Stand(own, copy, agreed, state)

    def _settle(self, frame: _Frame) -> None:
        """Let the test's own containers hold what is in their copies, and share them again."""
        frame.depth = 0
        frame.answers.clear()
        if frame.stands:
            stands, frame.stands = frame.stands, {}
            with self._quietly():
                self._stand_back(stands)

    def _stand_back(self, stands: dict[int, _Stand]) -> None:
        shared = self._shared()
        translated = _translation(stands.values())
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


def _translation(stands: Iterable[_Stand]) -> Callable[[Any], Any]:
    """Return what puts the test's own containers in the place of their copies, also inside tuples."""
    known: dict[int, tuple[Any, Any]] = {id(stand.copy): (stand.copy, stand.own) for stand in stands}

    def translated(item: Any) -> Any:
        if id(item) in known:
            return known[id(item)][1]
        if type(item) is tuple:
            items = tuple(map(translated, item))
            new = item if all(one is other for one, other in zip(items, item, strict=True)) else items
            known[id(item)] = (item, new)
            return new
        return item

    return translated
