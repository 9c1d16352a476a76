"""The options, and what is wrong with them."""

import pytest

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.refinement import RefinementConfig


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("refinement_turns", 0),
        ("refinement_turn_tokens", 0),
        ("refinement_feedback", "all"),
        ("refinement_feedback_characters", 10),
        ("refinement_reward", "sum"),
        ("refinement_gamma", 1.5),
        ("refinement_no_code_penalty", 0.2),
    ],
)
def test_a_value_out_of_range_is_named(option, value):
    with pytest.raises(ConfigError, match=f"{option} is {value!r}"):
        RefinementConfig(**{option: value})


def test_turns_share_a_completion():
    assert RefinementConfig(refinement_turns=3).turn_tokens(100) == 33
    assert RefinementConfig(refinement_turns=3, refinement_turn_tokens=50).turn_tokens(100) == 50


def test_a_turn_longer_than_the_whole_is_refused():
    with pytest.raises(ConfigError, match="max_completion_length, 20"):
        RefinementConfig(refinement_turns=2, refinement_turn_tokens=30).turn_tokens(20)
