import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal import Scores, strategies
from pytest_llmcal.scores import ScoresError


def test_what_was_ruled_out_and_happened_costs_infinity_unless_clipped():
    scores = Scores([1.0, 0.5], [0, 1])
    assert float(scores.nll()) == math.inf
    clipped = scores.nll(clip=1e-6)
    assert float(clipped) == pytest.approx((-math.log(1e-6) + math.log(2.0)) / 2)
    assert "probabilities below 1e-06 counted as 1e-06 (1 of 2 items)" in clipped.method
    assert clipped.high <= -math.log(1e-6)


def test_a_right_choice_of_probability_zero_is_clipped_too():
    scores = Scores.from_probabilities([[1.0, 0.0, 0.0], [0.2, 0.8, 0.0]], [1, 1])
    assert float(scores.nll(clip=0.01)) == pytest.approx((-math.log(0.01) - math.log(0.8)) / 2)


@given(scores=strategies.scores(), clip=st.floats(1e-9, 0.5))
def test_clipping_never_adds_to_the_score(scores, clip):
    clipped = scores.nll(clip)
    assert float(clipped) <= float(scores.nll()) + 1e-12
    assert clipped.low - 1e-12 <= float(clipped) <= clipped.high + 1e-12
    assert clipped.high <= -math.log(clip) + 1e-9


def test_a_clip_below_every_probability_changes_no_number():
    scores = Scores(np.linspace(0.5, 0.9, 40), np.arange(40) % 4 > 0)
    plain, clipped = scores.nll(), scores.nll(clip=1e-3)
    assert (float(clipped), clipped.low, clipped.high) == (float(plain), plain.low, plain.high)
    assert "(0 of 40 items)" in clipped.method


def test_choices_that_an_item_does_not_have_cost_nothing_and_are_not_clipped():
    small = Scores.from_logits([[2.0, 0.0], [0.0, 1.0]], [0, 0])
    padded = Scores.from_logits([[2.0, 0.0, -np.inf], [0.0, 1.0, -np.inf]], [0, 0])
    there, here = small.nll(clip=0.01), padded.nll(clip=0.01)
    assert (float(here), here.low, here.high) == pytest.approx((float(there), there.low, there.high))


@pytest.mark.parametrize("bad", [0.0, -1e-3, 0.6, float("nan"), "1e-3", True])
def test_a_clip_that_is_none_is_refused(bad):
    with pytest.raises(ScoresError, match="clip must be a probability above 0"):
        Scores([0.5], [1]).nll(bad)
