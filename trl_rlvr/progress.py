"""How far work is: a bar where stderr is a terminal, else a plain line now and then."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from tqdm import tqdm

_EVERY_S = 15.0
"""Seconds between two lines, and before the first one: what is done sooner needs none."""


@contextlib.contextmanager
def progress(total: int, unit: str, label: str = "", *, shown: bool = True) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many more are done.

    Args:
        total: how many there are.
        unit: one of them, in a word whose plural ends in s.
        label: the work that it is about, before the figures.
        shown: False on all processes but one.
    """
    if shown and sys.stderr.isatty():
        with tqdm(total=total, unit=unit, desc=label or None, file=sys.stderr) as bar:
            yield lambda count: _ignore(bar.update(count))
        return
    done, told = 0, time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, told
        done += count
        if shown and time.monotonic() - told >= _EVERY_S and done < total:
            print(f"{label}: {done} of {total} {unit}s".removeprefix(": "), file=sys.stderr, flush=True)
            told = time.monotonic()

    yield advance


def _ignore(value: object) -> None:
    """Drop what `update` returns, which says only whether the bar was drawn."""
