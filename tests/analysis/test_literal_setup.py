"""Setup code beside which tests are read as literal checks."""

import pytest

from trl_rlvr.analysis.literal_setup import literal_suite

CLOSE = "assert np.allclose(f(1), 2.5)"


@pytest.mark.parametrize(
    ("setup", "test", "is_literal"),
    [
        ("", "assert f(1) == 2", True),
        ("import numpy as np", CLOSE, True),
        ("from math import isclose", "assert isclose(f(1), 2.5)", True),
        ("", CLOSE, False),
        ("import numpy as np\ndef np(): ...", CLOSE, False),
        ("import numpy as np\nfrom other import *", CLOSE, False),
        ("def abs(x): return 0", "assert abs(f(1) - 2) < 1", False),
        ("len = 3", "assert f(1) == len('ab')", False),
        ("print(1)", "assert f(1) == 2", False),
    ],
)
def test_the_setup_decides_what_a_name_means(setup: str, test: str, is_literal: bool) -> None:
    assert (literal_suite((test,), setup, ("f",)) is not None) is is_literal
