"""Curves of a run's metrics, laid out for inline SVG: numbers and paths, no markup."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 420, 150
LEFT, RIGHT, TOP, BOTTOM = 48, 8, 8, 20
"""Margins of the plotting area, in the SVG's units."""

MOST_POINTS = 600
"""Points of one curve: more than a screen shows only make the page heavy."""

_PANELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Reward", ("reward", "reward_std")),
    ("Pass rate", ("pass_rate", "tests_pass_rate")),
    ("Pass rate on visible, hidden and augmented tests", ("pass_rate/",)),
    ("Pass rate by turn, on visible tests", ("refinement/pass_rate_",)),
    ("Held-out problems", ("heldout/",)),
    ("Verdicts", ("verdict/",)),
    ("Extraction", ("extraction/",)),
    ("Reward hacking", ("reward_hacking/",)),
    ("Groups without signal", ("frac_reward_zero_std",)),
    ("Length of completions, tokens", ("completions/mean_length", "completions/min_length", "completions/max_length")),
    ("Entropy, nats", ("entropy",)),
    ("Gradient norm", ("grad_norm",)),
    ("Learning rate", ("learning_rate",)),
    ("Repair", ("refinement/repaired", "refinement/broken", "refinement/repeated", "refinement/no_room")),
    ("Seconds", ("step_time", "verification_s")),
    ("Single rewards", ("rewards/",)),
    ("Curriculum", ("curriculum/",)),
)
"""Title, and keys of `docs/metrics.md`; one that ends in `/` or `_` stands for all that begin so."""


@dataclass(frozen=True)
class Curve:
    """One series of a panel."""

    name: str
    path: str
    """For the `d` of an SVG path."""
    points: list[tuple[int, float]]
    """Update and value."""
    colour: int
    """From 0, in the order of the panel."""


@dataclass(frozen=True)
class Panel:
    """One small plot."""

    title: str
    curves: list[Curve]
    ticks: list[tuple[float, str]]
    """Height and label of the horizontal lines."""
    first_step: int
    last_step: int


def panels(metrics: Sequence[Mapping[str, Any]], heldout: Sequence[Mapping[str, Any]]) -> list[Panel]:
    """Lay out the panels for which a run has numbers; series that are 0 throughout are left out.

    Args:
        metrics: rows of `metrics.jsonl`.
        heldout: rows of `heldout.jsonl`.
    """
    rows = [*metrics, *heldout]
    steps = [int(row.get("step", 0)) for row in rows]
    if not steps:
        return []
    keys = sorted({key for row in rows for key in row})
    span = (min(steps), max(steps))
    found = []
    for title, wanted in _PANELS:
        names = [key for want in wanted for key in keys if key == want or (want[-1] in "/_" and key.startswith(want))]
        series = {name: points for name in names if (points := _points(rows, name))}
        if len(names) > 3:
            series = {name: points for name, points in series.items() if any(value for _, value in points)}
        if series:
            found.append(_panel(title, series, span))
    return found


def _points(rows: Sequence[Mapping[str, Any]], key: str) -> list[tuple[int, float]]:
    points = [
        (int(row.get("step", 0)), float(value))
        for row in rows
        if isinstance(value := row.get(key), int | float) and math.isfinite(value)
    ]
    stride = math.ceil(len(points) / MOST_POINTS) if points else 1
    return [*points[:-1:stride], points[-1]] if points else []


def _panel(title: str, series: Mapping[str, list[tuple[int, float]]], span: tuple[int, int]) -> Panel:
    values = [value for points in series.values() for _, value in points]
    low, high = min(0.0, *values), max(values)
    high = high if high > low else low + 1.0
    curves = [
        Curve(name, _path(points, span, (low, high)), points, colour)
        for colour, (name, points) in enumerate(series.items())
    ]
    marks = [low + (high - low) * part / 2 for part in range(3)]
    return Panel(title, curves, [(_y(mark, (low, high)), f"{mark:.3g}") for mark in marks], *span)


def _path(points: Sequence[tuple[int, float]], span: tuple[int, int], bounds: tuple[float, float]) -> str:
    if len(points) == 1:  # a path of one point shows nothing
        (step, value) = points[0]
        x, y = _x(step, span), _y(value, bounds)
        return f"M{x - 2:.1f} {y:.1f}h4"
    return "M" + "L".join(f"{_x(step, span):.1f} {_y(value, bounds):.1f}" for step, value in points)


def _x(step: int, span: tuple[int, int]) -> float:
    first, last = span
    return LEFT + (WIDTH - LEFT - RIGHT) * (step - first) / max(1, last - first)


def _y(value: float, bounds: tuple[float, float]) -> float:
    low, high = bounds
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low))
