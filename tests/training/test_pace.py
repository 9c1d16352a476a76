"""How long an update takes, from the first ones."""

import pytest

from trl_rlvr.training.pace import Pace, duration


def paced(cycle, *ends):
    pace = Pace(cycle)
    for end in ends:
        pace.add(end)
    return pace.update_s


@pytest.mark.parametrize(
    ("cycle", "ends", "found"),
    [
        (1, [], None),
        (1, [0.0, 50.0], None),
        (1, [0.0, 50.0, 60.0], 10.0),
        (1, [0.0, 5.0, 6.0], None),
        (1, [0.0, 5.0, 5.5, 6.0, 6.5], 0.5),
        (2, [0.0, 50.0, 51.0], None),
        (2, [0.0, 50.0, 51.0, 60.0], 5.0),
        (2, [0.0, 50.0, 51.0, 60.0, 61.0], 5.0),
    ],
)
def test_the_first_update_is_left_out_and_only_whole_cycles_count(cycle, ends, found):
    assert paced(cycle, *ends) == found


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3599.6, "1 h 0 min"), (90000, "25 h 0 min")]
)
def test_lengths_of_time_are_said_in_two_units(seconds, said):
    assert duration(seconds) == said
