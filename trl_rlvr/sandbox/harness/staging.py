"""Stages mutations of the test's containers while a comparison is evaluated, as a transaction does.

From the first mutation on, the connection works with copies, and answers refer to them. When the comparison ends, the
test's own containers take over the content of their copies. Each function of the test has a scope of its own: between
its statements the solution's mutations apply at once, whatever expression called it.
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
from trl_rlvr.sandbox.harness.failure_marks import mark_aborted
from trl_rlvr.sandbox.harness.scopes import Mark, Scope, StagedCopy


class _Function:
    """A function of the test while it runs; a class, since a recursive function enters it a million times."""

    __slots__ = ("_scope", "_staging")

    def __init__(self, staging: "Staging") -> None:
        self._staging = staging

    def __enter__(self) -> None:
        self._scope = self._staging.running = Scope(self._staging.running)

    def __exit__(self, kind: object, error: BaseException | None, *rest: object) -> None:
        if error is not None and self._scope.depth:
            mark_aborted(error)
        self._staging.leave(self._scope)


class Staging:
    """One conversation's comparisons.

    Args:
        shared: returns the table of what is shared now.
        quietly: a context in which no object of the candidate's asks it for its hash.
    """

    def __init__(self, shared: Callable[[], Shared], quietly: Callable[[], AbstractContextManager[None]]) -> None:
        self._shared = shared
        self._quietly = quietly
        self._running: ContextVar[Scope] = ContextVar("running")
        """The innermost one; each task of an event loop has its own."""
        self._outside = threading.local()
        """The one of a thread that stands outside of all: what another thread compares is none of its business."""
        self._staged_scopes: list[Scope] = []
        self.requests = 0
        """How often the candidate was asked for something that could change what it has."""

    @property
    def running(self) -> Scope:
        """The function that runs here."""
        scope = self._running.get(None)
        if scope is None or scope.thread != get_ident():  # a context may be handed on to a thread
            scope = getattr(self._outside, "scope", None)
        if scope is None:
            scope = self._outside.scope = Scope()
        return scope

    @running.setter
    def running(self, scope: Scope) -> None:
        self._running.set(scope)

    @property
    def active(self) -> bool:
        """Whether a comparison is being evaluated."""
        return self.running.depth > 0

    @property
    def has_copies(self) -> bool:
        """Whether copies stand for containers of the test's."""
        return bool(self._staged_scopes)

    @property
    def is_touched(self) -> bool:
        """Whether a comparison is being evaluated in which the candidate was asked for something."""
        return self.active and self.running.began != self.requests

    def begin_comparison(self) -> Mark:
        """Begin a comparison: from here on, keep back what calls change."""
        scope = self.running
        mark = scope, scope.depth
        if not scope.depth:
            scope.began = self.requests
        scope.depth += 1
        return mark

    def end_comparison(self, mark: Mark, value: Any = None) -> Any:
        """Be where the function was at a mark, whatever began since and did not end; returns `value`."""
        scope, depth = mark
        scope.depth = depth
        if depth == 0 and (scope.staged or scope.answers):
            self._commit(scope)
        return value

    def begin_statement(self) -> None:
        """Begin a statement: an exception may have left a comparison in its middle."""
        self.end_comparison((self.running, 0))

    def expire(self) -> None:
        """End a test: nothing of it is held back any longer, whatever it left unfinished."""
        for scope in list(self._staged_scopes):
            self._commit(scope)
        self.running = Scope()

    def end(self) -> None:
        """End a function before it is left: what it returns is part of the expression that calls it."""
        self.leave(self.running)

    def leave(self, scope: Scope) -> None:
        """Go back to the caller of a function, which may have ended already."""
        if scope.caller is not None:
            self.running = scope.caller
        if scope.staged:
            self._commit(scope)

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
                        mark_aborted(error)
                    step, given = inner.throw, error

        return stepwise

    def serve(self, action: Callable[[], Any]) -> Any:
        """Do what the candidate asks for; no comparison ends meanwhile."""
        scope = self.running
        mark = scope, scope.depth
        try:
            return action()
        finally:
            self.end_comparison(mark)
            with self._quietly():
                self._refresh_copies(scope)

    def _refresh_copies(self, scope: Scope) -> None:
        """Let copies have what a callback changed in the test's own containers, where only it changed them."""
        translated = _translation((staged_copy.own, staged_copy.copy) for staged_copy in scope.staged.values())
        for number, staged_copy in scope.staged.items():
            if staged_copy.agreed.is_held_by(staged_copy.own):
                continue
            if staged_copy.state.is_held_by(staged_copy.copy):
                own = State.of(staged_copy.own)
                own.with_items(translated).put_into(staged_copy.copy)
                scope.staged[number] = staged_copy._replace(agreed=own, state=State.of(staged_copy.copy))

    def stage_all(self) -> None:
        """Let copies stand for all containers: a function of the test is called in the middle of a comparison."""
        shared = self._shared()
        self._stage(shared, set(shared.numbers.values()))

    def leave_unstaged(self, numbers: Iterable[int]) -> None:
        """Do not stage containers that arrived with an answer: the test had no reference to them before."""
        scope: Scope | None = self.running
        while scope is not None:
            if scope.depth:
                scope.answers.update(numbers)
            scope = scope.caller

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
            self._stage_all_that_lead_to(shared, changes)
            message.at = start
            changes = shared.read_changes(message)
        shared.apply(changes, message)

    def _stage_all_that_lead_to(self, shared: Shared, changed: Iterable[int]) -> None:
        """Let copies stand for containers that change, and for those through which a test would see it."""
        numbers, found = set[int](), set(changed)
        while found:
            numbers |= found
            ids = {id(shared.objects[number]) for number in found}
            found = {n for n in shared.numbers.values() if n not in numbers and shared.leads_to(n, ids)}
        self._stage(shared, numbers)

    def _stage(self, shared: Shared, numbers: set[int]) -> None:
        scope = self.running
        stood = {number for other in self._staged_scopes for number in (*other.staged, *other.tuples)}
        new = {
            number: copy.copy(shared.objects[number])
            for number in sorted(numbers - stood - scope.answers)
            if shared.is_mutable(number)
        }
        if not new:
            return
        if scope not in self._staged_scopes:
            self._staged_scopes.append(scope)
        translated = _translation((shared.objects[number], twin) for number, twin in new.items())
        for number, twin in new.items():
            State.of(twin).with_items(translated).put_into(twin)
            state = State.of(twin)
            scope.staged[number] = StagedCopy(shared.objects[number], twin, shared.agreed(number), state)
            shared.replace_by_copy(number, twin, state)
        for number in sorted(numbers - stood - scope.answers - new.keys()):
            own = shared.objects[number]
            if type(own) is tuple and (twin := translated(own)) is not own:
                scope.tuples[number] = own, twin
                shared.replace_by_copy(number, twin, None)

    def _commit(self, scope: Scope) -> None:
        """Let the test's own containers hold what is in their copies, and share them again."""
        scope.depth = 0
        scope.answers.clear()
        if scope.staged:
            self._staged_scopes.remove(scope)
            staged, scope.staged = scope.staged, {}
            tuples, scope.tuples = scope.tuples, {}
            with self._quietly():
                self._write_back(staged, tuples)

    def _write_back(self, staged: dict[int, StagedCopy], tuples: dict[int, tuple[Any, Any]]) -> None:
        shared = self._shared()
        pairs = [(staged_copy.copy, staged_copy.own) for staged_copy in staged.values()]
        translated = _translation([*pairs, *((twin, own) for own, twin in tuples.values())])
        for number, (own, twin) in tuples.items():
            if shared.objects[number] is twin:
                shared.restore_original(number, own, None)
        for staged_copy in staged.values():
            if not staged_copy.state.is_held_by(staged_copy.copy):
                State.of(staged_copy.copy).with_items(translated).put_into(staged_copy.own)
        for number in set(shared.numbers.values()) - staged.keys():
            if shared.is_mutable(number):
                value = shared.objects[number]
                changed = State.of(value).with_items(translated)
                if not changed.is_held_by(value):
                    changed.put_into(value)
        for number, staged_copy in staged.items():
            if shared.objects[number] is staged_copy.copy:
                agreed = shared.agreed(number)
                changed = staged_copy.agreed if agreed is staged_copy.state else agreed.with_items(translated)
                shared.restore_original(number, staged_copy.own, changed)


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
