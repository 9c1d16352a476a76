"""The picture of a run's curves."""

import math
from xml.etree import ElementTree

from trl_rlvr.training.hub.curve import HEIGHT, WIDTH, curves_of, curves_svg

METRICS = [{"step": step, "reward": step / 10 - 0.5, "pass_rate": step / 20} for step in range(1, 11)]
HELDOUT = [
    {"step": 0, "label": "baseline", "heldout/pass@1": 0.2},
    {"step": 0, "label": "baseline on other", "heldout/pass@1": 0.9},
    {"step": 10, "label": "trained", "heldout/pass@1": 0.4},
]
SPACE = "{http://www.w3.org/2000/svg}"


def drawn(curves, title="t"):
    return ElementTree.fromstring(curves_svg(curves, title))


def points(line):
    return [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]


def test_each_curve_is_a_line_within_the_picture():
    picture = drawn(curves_of(METRICS, HELDOUT))
    lines = [points(line) for line in picture.iter(f"{SPACE}polyline")]

    assert [len(line) for line in lines] == [10, 10, 2]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for line in lines for x, y in line)


def test_more_is_higher_and_later_is_further_right():
    first, *_, last = points(next(drawn(curves_of(METRICS, [])).iter(f"{SPACE}polyline")))

    assert last[0] > first[0]
    assert last[1] < first[1]


def test_only_the_runs_own_held_out_problems_are_drawn():
    (curve,) = curves_of([], HELDOUT)

    assert curve.points == ((0.0, 0.2), (10.0, 0.4))


def test_what_is_no_number_is_left_out():
    rows = [{"step": 1, "reward": None}, {"step": 2, "reward": math.nan}, {"step": 3, "reward": 1.0}, {"reward": 2.0}]

    assert [curve.points for curve in curves_of(rows, [])] == [((3.0, 1.0),)]
    assert drawn(curves_of(rows, [])).find(f"{SPACE}circle") is not None


def test_long_runs_are_thinned_to_means_of_neighbours():
    (curve,) = curves_of([{"step": step, "reward": step % 2} for step in range(4000)], [])

    assert len(curve.points) == 400
    assert {value for _, value in curve.points} == {0.5}


def test_a_title_is_text_and_nothing_else():
    assert drawn(curves_of(METRICS, []), "<script>&").findtext(f"{SPACE}title") == "<script>&"
