"""Answers that are held back below a threshold, and what is said of those that are given."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal import Scores, strategies
from pytest_llmcal.measurement import using
from pytest_llmcal.measurement.rules import Rules
from pytest_llmcal.scores import ScoresError
from pytest_llmcal.statistics.proportion import clopper_pearson

SCORES = Scores([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0], ids=["a", "b", "c", "d"], groups={"region": ["n", "s", "n", "s"]})


def test_the_answered_are_those_at_the_threshold_or_above():
    some = SCORES.abstain(0.7)
    assert some.answered.ids == ("a", "b", "c")
    assert some.is_answered.tolist() == [True, True, True, False]
    assert float(some.coverage) == 0.75
    assert float(some.answered.accuracy()) == pytest.approx(2 / 3)
    assert float(some.risk) == pytest.approx(1 / 3)


@given(scores=strategies.scores(clustered=True), threshold=st.floats(0.0, 1.0))
def test_risk_is_one_less_accuracy_and_coverage_times_items_are_the_answered(scores, threshold):
    some = scores.abstain(threshold)
    assert float(some.coverage) * len(scores) == pytest.approx(some.is_answered.sum())
    assert some.coverage.low <= float(some.coverage) <= some.coverage.high
    if some.is_answered.any():
        accuracy = some.answered.accuracy()
        assert float(some.risk) == pytest.approx(1.0 - float(accuracy))
        assert (some.risk.low, some.risk.high) == pytest.approx((1.0 - accuracy.high, 1.0 - accuracy.low))


def test_equal_confidences_are_answered_together_in_any_precision():
    confidence = np.array([0.7, 0.7, 0.7, 0.3], dtype=np.float32)
    assert float(Scores(confidence, [1, 1, 0, 0]).abstain(float(confidence[0])).coverage) == 0.75


def test_the_interval_is_that_of_clopper_and_pearson_at_the_level_of_the_rules():
    some = SCORES.abstain(0.7)
    assert (some.coverage.low, some.coverage.high) == pytest.approx(clopper_pearson(3, 4, 0.95))
    with using(Rules(confidence=0.8)):
        assert (some.coverage.low, some.coverage.high) == pytest.approx(clopper_pearson(3, 4, 0.8))


def test_clusters_widen_the_coverage():
    one = Scores(np.linspace(0, 1, 40), np.ones(40)).abstain(0.5).coverage
    names = [str(i) for i in range(40) for _ in range(5)]
    copies = Scores(np.repeat(np.linspace(0, 1, 40), 5), np.ones(200), clusters=names).abstain(0.5).coverage
    assert copies.high - copies.low == pytest.approx(one.high - one.low, rel=0.1)


def test_claims_are_in_words():
    some = SCORES.abstain(0.7)
    assert some.coverage.above(0.6).claim == "coverage is at least 0.6"
    assert some.risk.below(0.1).claim == "error rate is at most 0.1"
    assert some.coverage.method == "answered at confidence 0.7 or more; Clopper-Pearson interval"
    assert some.answered.accuracy().about.group == "answered items"
    assert some.answered.by_group("region")["n"].about.group == "answered items, region=n"
    assert repr(some) == "<3 of 4 items answered: at confidence 0.7 or more>"


def test_nothing_answered_has_coverage_zero_and_no_accuracy():
    for threshold, why in [
        (0.95, "the threshold is 0.95, the greatest confidence 0.9"),
        (math.inf, "no threshold was"),
    ]:
        none = SCORES.abstain(threshold)
        assert float(none.coverage) == 0.0
        assert none.coverage.high < 1.0
        for measure in (lambda none=none: none.answered, lambda none=none: none.risk):
            with pytest.raises(ScoresError, match=f"no item is answered.*{why}"):
                measure()


def test_anything_with_a_threshold_is_a_rule():
    assert SCORES.abstain(SimpleNamespace(threshold=0.8)).answered.ids == ("a", "b")


@pytest.mark.parametrize("bad", [math.nan, None, "0.5", True, np.bool_(True), SimpleNamespace(threshold=None)])
def test_a_threshold_that_is_none_is_refused(bad):
    with pytest.raises(ScoresError, match="threshold must be a number, the least confidence that is answered"):
        SCORES.abstain(bad)
