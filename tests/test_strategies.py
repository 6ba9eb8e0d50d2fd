"""Strategies draw what they say, and find what careless code does wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import find, given, settings

from pytest_llmcal import Scores, strategies
from pytest_llmcal.metrics.calibration_error import calibration_error


@given(strategies.confidences(min_size=3, max_size=9))
def test_confidences_are_probabilities_of_the_size_asked_for(confidence: np.ndarray) -> None:
    assert 3 <= len(confidence) <= 9
    assert ((confidence >= 0) & (confidence <= 1)).all()


@pytest.mark.parametrize("wanted", [0.0, 0.3, 0.6, 1 / 3, 1.0])
def test_confidences_meet_the_edges_of_bins(wanted: float) -> None:
    assert wanted in find(strategies.confidences(), lambda drawn: wanted in drawn)


def test_confidences_have_ties() -> None:
    drawn = find(strategies.confidences(), lambda c: len(c) >= 10 and len(np.unique(c)) == 2 and (c > 0.5).any())
    assert len(drawn) >= 10


@given(strategies.logits())
def test_rows_of_logits_have_at_least_two_choices_and_their_missing_ones_last(values: np.ndarray) -> None:
    present = np.isfinite(values)
    assert (present.sum(axis=1) >= 2).all()
    assert (present[:, :-1] >= present[:, 1:]).all()
    assert (values[~present] == -np.inf).all()


def test_logits_are_ragged_unless_asked_otherwise() -> None:
    assert not np.isfinite(find(strategies.logits(), lambda values: bool(np.isinf(values).any()))).all()


@given(strategies.logits(ragged=False))
def test_full_logits_are_finite(values: np.ndarray) -> None:
    assert np.isfinite(values).all()


@given(strategies.probabilities())
def test_probability_rows_are_accepted_as_they_come(rows: np.ndarray) -> None:
    scores = Scores.from_probabilities(rows, np.zeros(len(rows), dtype=int))
    assert scores.confidence == pytest.approx(rows.max(axis=1))


@given(strategies.scores())
def test_scores_can_be_measured_whatever_was_drawn(scores: Scores) -> None:
    assert 0 <= scores.accuracy() <= 1
    ece = scores.ece()
    assert 0 <= ece.low <= ece.high <= 1
    assert sum(len(part) for part in scores.by_group("region").values()) == len(scores)


@given(strategies.scores())
def test_metrics_do_not_depend_on_the_order_of_the_items(scores: Scores) -> None:
    turned = Scores(scores.confidence[::-1].copy(), scores.correct[::-1].copy())
    assert float(turned.ece()) == pytest.approx(float(Scores(scores.confidence, scores.correct).ece()), abs=1e-12)


@settings(max_examples=25)
@given(strategies.calibrated_scores(min_size=300))
def test_a_calibrated_model_is_rarely_far_from_its_confidence(scores: Scores) -> None:
    # Five standard errors of the mean gap, at its widest: no draw of any seed comes near.
    assert abs(float(np.mean(scores.confidence - scores.correct))) < 5 * 0.5 / np.sqrt(300)


def test_an_overconfident_model_is_right_less_often_than_it_says() -> None:
    def confident(scores: Scores) -> bool:
        return len(scores) >= 200 and float(scores.confidence.min()) > 0.9 and float(scores.confidence.max()) < 0.99

    scores = find(strategies.miscalibrated_scores(power=0.3, min_size=200), confident)
    assert calibration_error(scores.confidence, scores.correct) > 0.1


def test_clusters_go_from_one_for_all_to_one_for_each() -> None:
    assert len(set(find(strategies.clusters(6), lambda drawn: len(set(drawn)) == 1))) == 1
    assert len(set(find(strategies.clusters(6), lambda drawn: len(set(drawn)) == 6))) == 6


@given(strategies.scores(clustered=True))
def test_clustered_scores_have_a_cluster_for_each_item(scores: Scores) -> None:
    assert scores.clusters is not None
    assert len(scores.clusters) == len(scores)


@given(strategies.perfect_steps())
def test_perfect_steps_are_right_exactly_as_often_as_they_say(scores: Scores) -> None:
    for level in np.unique(scores.confidence):
        assert scores.correct[scores.confidence == level].mean() == pytest.approx(level)
