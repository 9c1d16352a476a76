import math
from fractions import Fraction

import numpy
import pytest

from trl_rlvr.analysis.literal_checks import ALL_CLOSE
from trl_rlvr.sandbox.harness.plain_comparisons import holds


@pytest.mark.parametrize("value", [2.5, 2.5001, 3, True, 2.5 + 0j, math.inf, math.nan, [2.5], [2.5, 3], (3, 2.5), []])
@pytest.mark.parametrize("expected", [2.5, -2.5, [2.5, 3], (3, 2.5), []])
def test_closeness_is_numpys_but_for_values_of_another_length(value: object, expected: object) -> None:
    same_shape = numpy.shape(value) == numpy.shape(expected)  # type: ignore[arg-type]
    wanted = same_shape and numpy.allclose(value, expected, 1e-5, 1e-8)  # type: ignore[arg-type]
    try:
        assert holds(value, ALL_CLOSE, expected, (1e-5, 1e-8)) is wanted
    except TypeError:
        assert not wanted


@pytest.mark.parametrize("value", [Fraction(5, 2), "2.5", None, 10**30])
def test_what_numpy_cannot_compare_is_not_close(value: object) -> None:
    with pytest.raises(TypeError):
        holds(value, ALL_CLOSE, 2.5, (1e-5, 1e-8))
