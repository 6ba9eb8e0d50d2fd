"""Each calibrator of confidences against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression
from scipy.special import gammaln

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators.bbq import _binnings
from pytest_llmcal.calibrators.extremes import isotonic_pools
from pytest_llmcal.calibrators.histogram_binning import HistogramBinning
from pytest_llmcal.calibrators.isotonic import Isotonic
from pytest_llmcal.calibrators.levels import Levels
from pytest_llmcal.calibrators.spline import Spline
from pytest_llmcal.calibrators.venn_abers import VennAbers
from pytest_llmcal.metrics.bins import make_bins

few_answers = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=40).map(
    lambda pairs: (np.array([c / 12 for c, _ in pairs]), np.array([y for _, y in pairs]))
)


def mapped(calibrator: calibrators.Calibrator, confidence: list[float]) -> list[float]:
    return calibrator.transform(Scores(confidence, [1] * len(confidence)), in_sample=True).confidence.tolist()


@settings(max_examples=60, deadline=None)
@given(few_answers)
def test_venn_abers_is_two_isotonic_fits_for_each_new_item(answers) -> None:
    confidence, correct = answers
    bounds = VennAbers().fit(Scores(confidence, correct)).maps["answer"].bounds  # type: ignore[attr-defined]
    new = np.append(np.unique(confidence), [0.0, 0.04, 0.51, 1.0])
    for outcome, got in zip((0.0, 1.0), bounds(new), strict=True):
        for place, c in enumerate(new):
            levels, index = np.unique(np.append(confidence, c), return_inverse=True)
            count = np.bincount(index)
            accuracy = np.bincount(index, np.append(correct, outcome)) / count
            slow = isotonic_regression(accuracy, weights=count).x[np.searchsorted(levels, c)]
            assert got[place] == pytest.approx(slow, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(few_answers)
def test_isotonic_raw_is_the_pooled_accuracy_and_shrunk_differs_at_the_ends_alone(answers) -> None:
    confidence, correct = answers
    levels = Levels.of(confidence, correct)
    raw, shrunk = (isotonic_pools(levels, extremes) for extremes in ("raw", "shrunk"))  # type: ignore[arg-type]
    assert (np.diff(raw.accuracy) > 0.0).all()
    assert raw.right.sum() == correct.sum()
    assert (np.diff(shrunk.accuracy) > 0.0).all()
    assert ((shrunk.accuracy > 0.0) & (shrunk.accuracy < 1.0)).all()
    if raw.accuracy[0] > 0.0 and raw.accuracy[-1] < 1.0:
        assert np.array_equal(raw.accuracy, shrunk.accuracy)


def test_isotonic_maps_an_end_that_was_never_or_always_right_as_said() -> None:
    scores = Scores([0.1] * 3 + [0.5] * 2 + [0.9] * 4, [0] * 3 + [1, 0] + [1] * 4)
    assert mapped(Isotonic(extremes="raw").fit(scores), [0.0, 0.1, 0.5, 0.9, 1.0]) == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert mapped(Isotonic().fit(scores), [0.1, 0.5, 0.9]) == pytest.approx([0.5 / 4, 0.5, 4.5 / 5])


def test_an_end_that_would_pass_its_neighbour_is_pooled_with_it() -> None:
    # one wrong answer would become 0.25, above the 0.2 of the next level
    scores = Scores([0.1] + [0.5] * 5 + [0.9] * 2, [0, 1, 0, 0, 0, 0, 1, 0])
    assert mapped(Isotonic().fit(scores), [0.1, 0.5, 0.9]) == pytest.approx([1.5 / 7, 1.5 / 7, 0.5])


def test_centred_isotonic_rises_strictly_between_the_centres_of_the_pools() -> None:
    scores = Scores([0.1, 0.2, 0.4, 0.6, 0.8, 0.9], [1, 0, 0, 1, 1, 0])
    fitted = calibrators.create("centered-isotonic").fit(scores)
    # pools: 0.1 to 0.4 with one right of three, 0.6 to 0.9 with two right of three
    assert mapped(fitted, [0.0, 0.7 / 3, 0.5, 2.3 / 3, 1.0]) == pytest.approx([1 / 3, 1 / 3, 1 / 2, 2 / 3, 2 / 3])


def test_histogram_gives_the_accuracy_of_the_bin_and_shrinks_certainty() -> None:
    scores = Scores([0.05, 0.15, 0.15, 0.55, 0.55], [0, 1, 0, 1, 1])
    shrunk, raw = (HistogramBinning(bins=10, binning="uniform", extremes=e).fit(scores) for e in ("shrunk", "raw"))  # type: ignore[arg-type]
    assert mapped(raw, [0.1, 0.2, 0.6]) == [0.0, 0.5, 1.0]
    assert mapped(shrunk, [0.1, 0.2, 0.6]) == pytest.approx([0.25, 0.5, 2.5 / 3])


def test_an_empty_uniform_bin_belongs_to_the_next_one_that_is_not() -> None:
    scores = Scores([0.15, 0.15, 0.55, 0.55, 0.55], [1, 0, 1, 1, 0])
    fitted = HistogramBinning(bins=10, binning="uniform").fit(scores)
    assert mapped(fitted, [0.01, 0.2, 0.21, 0.45, 0.6, 0.99]) == pytest.approx([0.5, 0.5, 2 / 3, 2 / 3, 2 / 3, 2 / 3])


@settings(max_examples=60, deadline=None)
@given(few_answers, st.integers(1, 20))
def test_bins_of_equal_mass_are_those_of_the_calibration_error(answers, bins) -> None:
    confidence, correct = answers
    levels = Levels.of(confidence, correct)
    ours = levels.pooled(levels.equal_mass(bins)).highest
    assert ours.tolist() == make_bins(confidence, correct, bins, "equal-mass").upper.tolist()


def test_scaling_binning_is_the_mean_of_platts_map_over_each_bin() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.beta(5, 2, 300)
    scores = Scores(confidence, generator.random(300) < confidence**2)
    platt = np.array(mapped(calibrators.create("platt").fit(scores), confidence.tolist()))
    binned = np.array(mapped(calibrators.create("scaling-binning", bins=6).fit(scores), confidence.tolist()))
    place = make_bins(confidence, scores.correct, 6, "equal-mass").of(confidence)
    means = np.bincount(place, platt) / np.bincount(place)
    assert binned == pytest.approx(means[place])


def test_bbq_is_the_average_of_binnings_weighed_by_their_evidence() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.random(90)
    correct = generator.random(90) < confidence**2
    levels = Levels.of(confidence, correct)
    evidences, values = [], []
    for first in _binnings(levels):
        edges = np.append(levels.upper[first[1:] - 1], 1.0)
        place = np.searchsorted(edges, confidence)
        evidence, value = 0.0, np.empty(len(edges))
        for b, upper in enumerate(edges):
            middle, prior = (upper + (edges[b - 1] if b else 0.0)) / 2, 2.0 / len(edges)
            n, right = (place == b).sum(), correct[place == b].sum()
            alpha, beta = prior * middle, prior * (1 - middle)
            evidence += gammaln(prior) - gammaln(n + prior) + gammaln(right + alpha) - gammaln(alpha)
            evidence += gammaln(n - right + beta) - gammaln(beta)
            value[b] = (right + alpha) / (n + prior)
        evidences.append(evidence)
        values.append(value[place])
    weights = np.exp(np.array(evidences) - max(evidences))
    expected = weights @ np.array(values) / weights.sum()
    assert mapped(calibrators.create("bbq").fit(Scores(confidence, correct)), confidence.tolist()) == pytest.approx(
        expected.tolist(), abs=1e-12
    )
    assert {len(first) for first in _binnings(levels)} == set(range(1, 46))  # 90^(1/3) is 4.48


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_no_beta_map_nearby_is_better(seed) -> None:
    generator = np.random.default_rng(seed)
    confidence = generator.beta(4, 2, 200)
    correct = generator.random(200) < generator.choice([1 - confidence, confidence**2, 0.5 + 0 * confidence])
    fitted = calibrators.create("beta").fit(Scores(confidence, correct)).maps["answer"]  # type: ignore[attr-defined]

    def loss(a, b, m):
        z = a * np.log(confidence) - b * np.log1p(-confidence) + m
        return np.logaddexp(0.0, z).sum() - z[correct].sum()

    best = loss(fitted.a, fitted.b, fitted.m)
    assert fitted.a >= 0.0
    assert fitted.b >= 0.0
    for step in np.vstack([np.eye(3), -np.eye(3)]) * 0.01:
        a, b, m = np.array([fitted.a, fitted.b, fitted.m]) + step
        if a >= 0.0 and b >= 0.0:
            assert best <= loss(a, b, m) + 1e-9


def wavy(n: int) -> Scores:
    generator = np.random.default_rng(0)
    confidence = generator.random(n)
    return Scores(confidence, generator.random(n) < 0.5 + 0.35 * np.sin(9.0 * confidence))


def test_a_spline_falls_only_where_it_may() -> None:
    monotone, free = (Spline(monotone=each).fit(wavy(4000)) for each in (True, False))
    line = np.linspace(0.0, 1.0, 2001).tolist()
    assert (np.diff(mapped(monotone, line)) >= -1e-12).all()
    assert (np.diff(mapped(free, line)) < 0.0).any()
    assert free.summary()["monotone"] is False
    assert float(free.transform(wavy(2000)).nll()) < float(monotone.transform(wavy(2000)).nll()) - 0.05


def test_a_spline_through_logits_that_lie_on_a_line_is_platts() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.random(1000)
    scores = Scores(confidence, generator.random(1000) < confidence)
    line = np.linspace(0.01, 0.99, 50).tolist()
    assert mapped(Spline(knots=2).fit(scores), line) == pytest.approx(
        mapped(calibrators.create("platt").fit(scores), line), abs=1e-6
    )


def test_platt_says_by_its_slope_that_surer_answers_were_less_often_right() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.random(1000)
    scores = Scores(confidence, generator.random(1000) > confidence)
    assert calibrators.create("platt").fit(scores).summary()["slope"] == pytest.approx(-1.0, abs=0.15)
    assert calibrators.create("beta").fit(scores).summary()["a"] == 0.0


def test_a_surest_bin_next_to_one_is_a_bin_like_any_other() -> None:
    generator = np.random.default_rng(0)
    logits = np.zeros((1000, 2))
    logits[:, 0] = generator.uniform(20.0, 45.0, 1000)
    labels = (generator.random(1000) < 0.1).astype(int)
    labels[logits[:, 0] > 35.0] = 0
    scores = Scores.from_logits(logits, labels).top_label()
    confidence = calibrators.create("bbq").fit(scores).transform(scores, in_sample=True).confidence
    assert ((confidence > 0.5) & (confidence < 1.0)).all()
