"""Keeps from the test's own containers what calls change in them while a comparison is being evaluated.

From the first such change on the conversation goes on with copies, and what is returned refers to them; once the
comparison is over, the test's own containers get what the copies hold. Functions of the test begin anew: what the
solution changes between their statements is there at once, whatever expression they were called from.
"""

import copy
import functools
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from threading import get_ident
from typing import Any

from trl_rlvr.sandbox.codec import Decoder, Shared
from trl_rlvr.sandbox.codec.state import State
from trl_rlvr.sandbox.harness.failure_marks import mark_unchecked
from trl_rlvr.sandbox.harness.scopes import Frame, Mark, Stand


class _Function:
    """A function of the test while it runs; a class, since a recursive function enters it a million times."""

    __slots__ = ("_frame", "_holding")

    def __init__(self, holding: "Holding") -> None:
        self._holding = holding

    def __enter__(self) -> None:
        self._frame = self._holding.running = Frame(self._holding.running)

    def __exit__(self, kind: object, error: BaseException | None, *rest: object) -> None:
        if error is not None and self._frame.depth:
            mark_unchecked(error)
        self._holding.leave(self._frame)


class Holding:
    """One conversation's comparisons.

    Args:
        shared: returns the table of what is shared now.
        quietly: a context in which no object of the candidate's asks it for its hash.
    """

    def __init__(self, shared: Callable[[], Shared], quietly: Callable[[], AbstractContextManager[None]]) -> None:
        self._shared = shared
        self._quietly = quietly
        self._running: ContextVar[Frame] = ContextVar("running")
        """The innermost one; each task of an event loop has its own."""
        self._outside = threading.local()
        """The one of a thread that stands outside of all: what another thread compares is none of its business."""
        self._with_copies: list[Frame] = []
        self.requests = 0
        """How often the candidate was asked for something that could change what it has."""

    @property
    def running(self) -> Frame:
        """The function that runs here."""
        frame = self._running.get(None)
        if frame is None or frame.thread != get_ident():  # a context may be handed on to a thread
            frame = getattr(self._outside, "frame", None)
        if frame is None:
            frame = self._outside.frame = Frame()
        return frame

    @running.setter
    def running(self, frame: Frame) -> None:
        self._running.set(frame)

    @property
    def active(self) -> bool:
        """Whether a comparison is being evaluated."""
        return self.running.depth > 0

    @property
    def has_copies(self) -> bool:
        """Whether copies stand for containers of the test's."""
        return bool(self._with_copies)

    @property
    def is_touched(self) -> bool:
        """Whether a comparison is being evaluated in which the candidate was asked for something."""
        return self.active and self.running.began != self.requests

    def hold(self) -> Mark:
        """Begin a comparison: from here on, keep back what calls change."""
        frame = self.running
        mark = frame, frame.depth
        if not frame.depth:
            frame.began = self.requests
        frame.depth += 1
        return mark

    def restore(self, mark: Mark, value: Any = None) -> Any:
        """Be where the function was at a mark, whatever began since and did not end; returns `value`."""
        frame, depth = mark
        frame.depth = depth
        if depth == 0 and (frame.stands or frame.answers):
            self._settle(frame)
        return value

    def reset(self) -> None:
        """Begin a statement: an exception may have left a comparison in its middle."""
        self.restore((self.running, 0))

    def expire(self) -> None:
        """End a test: nothing of it is held back any longer, whatever it left unfinished."""
        for frame in list(self._with_copies):
            self._settle(frame)
        self.running = Frame()

    def end(self) -> None:
        """End a function before it is left: what it returns is part of the expression that calls it."""
        self.leave(self.running)

    def leave(self, frame: Frame) -> None:
        """Go back to the caller of a function, which may have ended already."""
        if frame.caller is not None:
            self.running = frame.caller
        if frame.stands:
            self._settle(frame)

    def function(self) -> AbstractContextManager[None]:
        """Be in a function of the test."""
        return _Function(self)

    def generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Let each step of a generator of the test be a function."""

        @functools.wraps(function)
        def stepwise(*args: Any, **kwargs: Any) -> Any:
            inner = function(*args, **kwargs)
            step: Callable[[Any], Any] = inner.send
            given = None
            while True:
                with self.function():
                    try:
                        value = step(given)
                    except StopIteration as stop:
                        return stop.value
                try:
                    given = yield value
                    step = inner.send
                except GeneratorExit:
                    inner.close()
                    raise
                except BaseException as error:
                    if self.active:
                        mark_unchecked(error)
                    step, given = inner.throw, error

        return stepwise

    def serve(self, action: Callable[[], Any]) -> Any:
        """Do what the candidate asks for; no comparison ends meanwhile."""
        frame = self.running
        mark = frame, frame.depth
        try:
            return action()
        finally:
            self.restore(mark)
            with self._quietly():
                self._follow(frame)

    def _follow(self, frame: Frame) -> None:
        """Let copies have what a callback changed in the test's own containers, where only it changed them."""
        translated = _translation((stand.own, stand.copy) for stand in frame.stands.values())
        for number, stand in frame.stands.items():
            if stand.agreed.is_held_by(stand.own, exactly=False):
                continue
            if stand.state.is_held_by(stand.copy):
                own = State.of(stand.own)
                own.with_items(translated).put_into(stand.copy)
                frame.stands[number] = stand._replace(agreed=own, state=State.of(stand.copy))

    def cover_all(self) -> None:
        """Let copies stand for all containers: a function of the test is called in the middle of a comparison."""
        shared = self._shared()
        self._cover(shared, set(shared.numbers.values()))

    def spare(self, numbers: Iterable[int]) -> None:
        """Need no copies of what an answer brings during a comparison: no side of it held that before."""
        frame: Frame | None = self.running
        while frame is not None:
            if frame.depth:
                frame.answers.update(numbers)
            frame = frame.caller

    def take_changes(self, message: Decoder) -> None:
        """Let the shared containers, or their copies during a comparison, hold what the candidate left in them.

        Args:
            message: at its head; left behind it.

        Raises:
            RefusedValue: the message is malformed.
        """
        shared, start = self._shared(), message.at
        changes = shared.read_changes(message)
        if changes and self.active:
            shared.rollback()
            self._cover_all_that_lead_to(shared, changes)
            message.at = start
            changes = shared.read_changes(message)
        shared.apply(changes, message)

    def _cover_all_that_lead_to(self, shared: Shared, changed: Iterable[int]) -> None:
        """Let copies stand for containers that change, and for those through which a test would see it."""
        numbers, found = set[int](), set(changed)
        while found:
            numbers |= found
            ids = {id(shared.objects[number]) for number in found}
            found = {n for n in shared.numbers.values() if n not in numbers and shared.leads_to(n, ids)}
        self._cover(shared, numbers)

    def _cover(self, shared: Shared, numbers: set[int]) -> None:
        frame = self.running
        stood = {number for other in self._with_copies for number in (*other.stands, *other.tuples)}
        new = {
            number: copy.copy(shared.objects[number])
            for number in sorted(numbers - stood - frame.answers)
            if shared.is_mutable(number)
        }
        if not new:
            return
        if frame not in self._with_copies:
            self._with_copies.append(frame)
        translated = _translation((shared.objects[number], twin) for number, twin in new.items())
        for number, twin in new.items():
            State.of(twin).with_items(translated).put_into(twin)
            state = State.of(twin)
            frame.stands[number] = Stand(shared.objects[number], twin, shared.agreed(number), state)
            shared.stand_in(number, twin, state)
        for number in sorted(numbers - stood - frame.answers - new.keys()):
            own = shared.objects[number]
            if type(own) is tuple and (twin := translated(own)) is not own:
                frame.tuples[number] = own, twin
                shared.stand_in(number, twin, None)

    def _settle(self, frame: Frame) -> None:
        """Let the test's own containers hold what is in their copies, and share them again."""
        frame.depth = 0
        frame.answers.clear()
        if frame.stands:
            self._with_copies.remove(frame)
            stands, frame.stands = frame.stands, {}
            tuples, frame.tuples = frame.tuples, {}
            with self._quietly():
                self._stand_back(stands, tuples)

    def _stand_back(self, stands: dict[int, Stand], tuples: dict[int, tuple[Any, Any]]) -> None:
        shared = self._shared()
        pairs = [(stand.copy, stand.own) for stand in stands.values()]
        translated = _translation([*pairs, *((twin, own) for own, twin in tuples.values())])
        for number, (own, twin) in tuples.items():
            if shared.objects[number] is twin:
                shared.stand_back(number, own, None)
        for stand in stands.values():
            if not stand.state.is_held_by(stand.copy):
                State.of(stand.copy).with_items(translated).put_into(stand.own)
        for number in set(shared.numbers.values()) - stands.keys():
            if shared.is_mutable(number):
                value = shared.objects[number]
                changed = State.of(value).with_items(translated)
                if not changed.is_held_by(value):
                    changed.put_into(value)
        for number, stand in stands.items():
            if shared.objects[number] is stand.copy:
                agreed = shared.agreed(number)
                changed = stand.agreed if agreed is stand.state else agreed.with_items(translated)
                shared.stand_back(number, stand.own, changed)


def _translation(pairs: Iterable[tuple[Any, Any]]) -> Callable[[Any], Any]:
    """Return what puts the second of each pair in the place of the first, also inside tuples."""
    known: dict[int, tuple[Any, Any]] = {id(old): (old, new) for old, new in pairs}

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
