"""The curves of a run as one SVG picture: the reward of each update, the share that passed, and the held-out pass@1.

The picture stands alone: no script, no font and no file beside it, so that a model's page on the Hub can show it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 16, 34, 34
_TICKS = 4
_MOST_POINTS = 400

Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """One line: its name in the legend, its colour, and points of update and value."""

    name: str
    colour: str
    points: tuple[Point, ...]
    marked: bool = False
    """Whether each point gets a dot: for measures that are few and far between."""


def curves_of(metrics: Sequence[Mapping[str, Any]], heldout: Sequence[Mapping[str, Any]]) -> list[Curve]:
    """Return the curves that there are points for.

    Args:
        metrics: rows of `metrics.jsonl`.
        heldout: rows of `heldout.jsonl`, those of other sets than the run's own left out.
    """
    own = [row for row in heldout if " on " not in str(row.get("label", ""))]
    found = [
        Curve("mean reward", "#1f77b4", _thinned(_points(metrics, "reward"))),
        Curve("pass rate while training", "#ff7f0e", _thinned(_points(metrics, "pass_rate"))),
        Curve("held-out pass@1", "#2ca02c", _points(own, "heldout/pass@1"), marked=True),
    ]
    return [curve for curve in found if curve.points]


def curves_svg(curves: Sequence[Curve], title: str) -> str:
    """Draw curves over one axis of updates.

    Args:
        curves: one or more, each with a point or more.
        title: of the picture, for readers that do not see it.
    """
    points = [point for curve in curves for point in curve.points]
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(0.0, *(y for _, y in points)), max(1.0, *(y for _, y in points))

    def place(point: Point) -> Point:
        x = _LEFT + (point[0] - first) / ((last - first) or 1) * (WIDTH - _LEFT - _RIGHT)
        y = HEIGHT - _BOTTOM - (point[1] - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)
        return round(x, 1), round(y, 1)

    parts = [*_axes(place, (first, last), (low, high)), *_legend(curves)]
    for curve in curves:
        placed = [place(point) for point in curve.points]
        line = " ".join(f"{x},{y}" for x, y in placed)
        parts.append(f'<polyline fill="none" stroke="{curve.colour}" stroke-width="1.8" points="{line}"/>')
        if curve.marked or len(placed) == 1:
            parts += [f'<circle cx="{x}" cy="{y}" r="3.5" fill="{curve.colour}"/>' for x, y in placed]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'role="img" font-family="sans-serif" font-size="11">'
    )
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", ground, *parts, "</svg>"]) + "\n"


def _points(rows: Sequence[Mapping[str, Any]], key: str) -> tuple[Point, ...]:
    """Return update and value where a row has a number under `key`, in order of updates."""
    found = [(row["step"], row.get(key)) for row in rows if isinstance(row.get("step"), int)]
    return tuple(sorted((float(step), float(value)) for step, value in found if _is_number(value)))


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value  # NaN is not itself


def _thinned(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return means of runs of neighbours where there are more points than a picture can show."""
    size = -(-len(points) // _MOST_POINTS) or 1
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return tuple((sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups)


def _axes(place: Any, steps: Point, values: Point) -> list[str]:
    parts = []
    for tick in range(_TICKS + 1):
        share = tick / _TICKS
        value = values[0] + share * (values[1] - values[0])
        _, y = place((steps[0], value))
        parts.append(f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="#dddddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end" fill="#444444">{value:.2g}</text>')
        step = steps[0] + share * (steps[1] - steps[0])
        if steps[1] > steps[0] or not tick:
            x, _ = place((step, values[0]))
            parts.append(f'<text x="{x}" y="{HEIGHT - 18}" text-anchor="middle" fill="#444444">{step:.0f}</text>')
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    return [*parts, f'<text x="{middle}" y="{HEIGHT - 4}" text-anchor="middle" fill="#444444">update</text>']


def _legend(curves: Sequence[Curve]) -> list[str]:
    parts = []
    for index, curve in enumerate(curves):
        x = _LEFT + index * 210
        parts.append(f'<rect x="{x}" y="12" width="14" height="4" fill="{curve.colour}"/>')
        parts.append(f'<text x="{x + 20}" y="18" fill="#222222">{escape(curve.name)}</text>')
    return parts
