import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.measurement import Rules, using
from pytest_llmcal.scores import ScoresError


def spread(n, accuracy, seed):
    generator = np.random.default_rng(seed)
    confidence = generator.uniform(0.35, 0.97, n)
    return Scores(confidence, generator.random(n) < accuracy(confidence))


def statuses(n, accuracy, draws=200, tolerance=0.05):
    found = [spread(n, accuracy, seed).reliability().is_monotone(tolerance).status for seed in range(draws)]
    return {status: found.count(status) / draws for status in ("holds", "refuted", "undecided")}


def test_bins_carry_the_band_of_a_calibrated_model():
    curve = Scores([0.5] * 100, [1] * 50 + [0] * 50).reliability(bins=10).bins
    assert len(curve) == 1
    assert (curve[0].low, curve[0].high, curve[0].count) == (0.4, 0.5, 100)
    assert (curve[0].confidence, curve[0].accuracy) == (0.5, 0.5)
    assert (curve[0].band_low, curve[0].band_high) == pytest.approx((0.4, 0.6))


def test_a_calibrated_model_leaves_its_bands_rarely():
    outside = total = 0
    for seed in range(60):
        for one in spread(1000, lambda c: c, seed).reliability().bins:
            outside += not one.band_low <= one.accuracy <= one.band_high
            total += 1
    assert 0 < outside / total < 0.06


def test_a_calibrated_model_is_monotone():
    assert statuses(2000, lambda c: c)["holds"] >= 0.95


def test_a_model_without_any_order_is_not_called_monotone_nor_refuted():
    found = statuses(2000, lambda c: np.full_like(c, 0.7))
    assert found["refuted"] <= 0.05


def test_a_fall_of_just_the_tolerance_is_judged_wrongly_in_few_draws():
    # the upper 40% of confidences are right 0.05 less often than the fifth below them
    found = statuses(2000, lambda c: np.where(c > 0.598, 0.70, np.where(c > 0.474, 0.75, 0.5)))
    assert found["holds"] <= 0.05
    assert found["refuted"] <= 0.05


def test_a_model_that_is_worse_where_it_is_surest_is_refuted():
    assert statuses(2000, lambda c: np.where(c > 0.84, 0.5, c))["refuted"] >= 0.95


def test_one_confidence_for_all_cannot_rise_or_fall():
    verdict = Scores([0.5] * 50, [1] * 50).reliability().is_monotone()
    assert verdict.status == "undecided"
    assert "same confidence" in verdict.explain()


def test_the_verdict_is_about_the_largest_drop_and_says_so():
    observed = []
    with using(Rules(observe=observed.append, confidence=0.9)):
        verdict = spread(500, lambda c: 1 - c, 0).reliability().is_monotone(0.1)
    assert verdict.status == "refuted"
    assert verdict.measurement.name == "largest_drop"
    assert verdict.measurement.confidence == 0.9
    assert [(entry.relation, entry.limit) for entry in observed] == [("is_monotone", 0.1)]
    assert verdict.explain().startswith(
        "The claim that no more confident group of items is right less often than a less confident one, "
        "by more than 0.1 is refuted: the largest fall in accuracy was measured as 0."
    )


@pytest.mark.parametrize("tolerance", [-0.1, 1.1, float("nan")])
def test_a_tolerance_that_is_none_is_refused(tolerance):
    with pytest.raises(ScoresError, match="tolerance must lie between 0 and 1"):
        Scores([0.5, 0.6], [1, 0]).reliability().is_monotone(tolerance)
