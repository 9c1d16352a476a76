import pytest

from trl_rlvr.errors import ConfigError, DataError
from trl_rlvr.training.filter import SampleCount, filter_by_pass_rate

COUNTS = [
    SampleCount("never", 4, 0),
    SampleCount("rarely", 4, 1),
    SampleCount("mostly", 4, 3),
    SampleCount("always", 4, 4),
    SampleCount("unknown", 0, 0),
]


def test_what_is_always_or_never_solved_goes_by_default():
    report = filter_by_pass_rate(COUNTS)

    assert report.kept == ["rarely", "mostly"]
    assert (report.too_hard, report.too_easy, report.unjudged) == (["never"], ["always"], ["unknown"])
    assert report.summary() == "kept 2, too hard 1, too easy 1, unjudged 1"


def test_bounds_are_exclusive():
    assert filter_by_pass_rate(COUNTS, low=0.25, high=0.75).kept == []
    assert filter_by_pass_rate(COUNTS, low=0.24, high=0.76).kept == ["rarely", "mostly"]


def test_without_a_bound_nothing_is_too_hard_or_too_easy():
    assert filter_by_pass_rate(COUNTS, low=None).kept == ["never", "rarely", "mostly"]
    assert filter_by_pass_rate(COUNTS, high=None).kept == ["rarely", "mostly", "always"]


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.5), (0.6, 0.4), (-0.1, 1.0), (1.0, None), (0.0, 1.5), (None, 0.0)])
def test_a_band_that_holds_nothing_is_refused(low, high):
    with pytest.raises(ConfigError, match=f"above {low!r} and below {high!r}"):
        filter_by_pass_rate(COUNTS, low=low, high=high)


@pytest.mark.parametrize(("samples", "passed"), [(4, 5), (4, -1), (-1, -1)])
def test_counts_that_cannot_be_are_refused(samples, passed):
    with pytest.raises(DataError, match="'x' has"):
        SampleCount("x", samples, passed)
