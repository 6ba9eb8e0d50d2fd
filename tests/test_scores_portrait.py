"""What the report draws of scores is what the scores say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.measurement import Step
from pytest_llmcal.scores.portrait import portrait_of

RNG = np.random.default_rng(3)
CONFIDENCE = RNG.uniform(0.3, 1.0, 500)
CORRECT = RNG.uniform(size=500) < CONFIDENCE**2
GROUPS = {
    "region": [("north", "south")[index % 2] for index in range(500)],
    "passage": [f"p{index}" for index in range(500)],
}


def test_the_bins_are_those_of_the_reliability_curve_and_hold_every_item() -> None:
    scores = Scores(CONFIDENCE, CORRECT)
    portrait = portrait_of(scores)
    assert portrait.bins == scores.reliability().bins
    assert sum(entry.count for entry in portrait.bins) == portrait.n == 500
    assert portrait.accuracy == float(scores.accuracy())
    assert portrait.confidence == pytest.approx(CONFIDENCE.mean())
    assert portrait.before == ()


def test_the_pools_are_those_of_the_corp_curve() -> None:
    scores = Scores(CONFIDENCE, CORRECT)
    pools, bins = portrait_of(scores).pools, scores.reliability(binning="corp").bins
    assert [pool.accuracy for pool in pools] == pytest.approx([entry.accuracy for entry in bins], abs=1e-6)
    assert [pool.high for pool in pools] == pytest.approx([entry.high for entry in bins], abs=1e-6)


def test_the_risks_agree_with_the_accuracies_at_their_coverage() -> None:
    scores = Scores(CONFIDENCE, CORRECT)
    risks = portrait_of(scores).risks
    assert [entry.coverage for entry in risks] == pytest.approx([step / 20 for step in range(1, 21)])
    for entry in risks:
        assert 1.0 - entry.risk == pytest.approx(float(scores.accuracy_at_coverage(entry.coverage)), abs=1e-6)


def test_groups_are_measured_each_and_names_of_single_items_are_no_groups() -> None:
    scores = Scores(CONFIDENCE, CORRECT, groups=GROUPS)
    groups = portrait_of(scores).groups
    assert [(group.attribute, group.name, group.n) for group in groups] == [
        ("region", "north", 250),
        ("region", "south", 250),
    ]
    north = scores.by_group("region")["north"]
    assert (groups[0].ece, groups[0].accuracy) == pytest.approx((float(north.ece()), float(north.accuracy())), abs=1e-6)
    assert groups[0].low <= groups[0].high


def test_calibrated_scores_know_what_they_went_through() -> None:
    probabilities = RNG.dirichlet([0.4, 0.4], 400)
    labels = (RNG.uniform(size=400) > probabilities[:, 0]).astype(int)
    scores = Scores.from_logits(2 * np.log(probabilities), labels, ids=[str(index) for index in range(400)])
    fit, test = scores.split(0.5)
    calibrated = calibrators.create("temperature").fit(fit).transform(test)
    portrait = portrait_of(calibrated)
    assert portrait.calibration is not None
    assert portrait.calibration.name == "temperature"
    assert list(portrait.calibration.parameters) == ["T"]
    assert portrait.calibration.trace == ()
    assert portrait.before == test.reliability().bins
    assert portrait_of(test).calibration is None


def test_a_search_tells_how_it_went() -> None:
    scores = Scores.from_logits([[2.0, 0.0], [0.0, 2.0]] * 100, [0, 1, 1, 1] * 50)
    fitted = calibrators.create("annealing", metric="brier", parameters="vector", evaluations=200).fit(scores)
    steps = fitted.facts().trace
    assert steps[0].evaluations == 1
    assert steps[-1] == Step(200, min(step.value for step in steps))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_a_portrait_of_anything_is_made_of_numbers(answers: list[tuple[float, bool]]) -> None:
    confidence, correct = zip(*answers, strict=True)
    portrait = portrait_of(Scores(confidence, correct, groups={"one": ["a"] * len(answers)}))
    assert portrait.risks[-1].risk == pytest.approx(1.0 - portrait.accuracy, abs=1e-6)
    assert all(0.0 <= pool.low <= pool.high <= 1.0 for pool in portrait.pools)
    assert all(np.isfinite([group.ece, group.low, group.high]).all() for group in portrait.groups)
