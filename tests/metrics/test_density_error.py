import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import beta

from pytest_llmcal.metrics.density_error import (
    BANDWIDTHS,
    best_bandwidth,
    density_error,
    leave_one_out_weights,
)


def answers(n=60, seed=0):
    generator = np.random.default_rng(seed)
    confidence = generator.beta(5.0, 1.5, n)
    return confidence, generator.random(n) < confidence**2


def density(c, i, j, bandwidth):
    return beta.pdf(c[i], c[j] / bandwidth + 1.0, (1.0 - c[j]) / bandwidth + 1.0)


@pytest.mark.parametrize("bandwidth", [0.01, 0.1, 1.0])
def test_it_is_the_ratio_of_beta_densities_of_the_paper(bandwidth):
    confidence, correct = answers()
    gaps = []
    for i in range(len(confidence)):
        others = [j for j in range(len(confidence)) if j != i]
        near = np.array([density(confidence, i, j, bandwidth) for j in others])
        gaps.append(abs(near @ correct[others] / near.sum() - confidence[i]))
    assert density_error(confidence, correct, bandwidth) == pytest.approx(np.mean(gaps), abs=1e-9)


def test_the_bandwidth_is_the_likeliest_of_those_tried():
    c, _ = answers()
    likelihoods = []
    for bandwidth in BANDWIDTHS:
        near = beta.logpdf(c[:, None], c / bandwidth + 1.0, (1.0 - c) / bandwidth + 1.0)
        np.fill_diagonal(near, -np.inf)
        likelihoods.append(logsumexp(near, axis=1).sum())
    assert best_bandwidth(c) == BANDWIDTHS[int(np.argmax(likelihoods))]


def test_no_item_speaks_for_itself_and_all_others_together_speak_once():
    weights = leave_one_out_weights(np.array([0.0, 0.3, 0.3, 1.0]), 0.05)
    assert np.diag(weights).tolist() == [0.0] * 4
    assert weights.sum(axis=1) == pytest.approx(np.ones(4))
    assert weights[1, 2] > 0.9


def test_levels_that_come_often_are_judged_each_by_itself():
    confidence = np.repeat([0.5, 0.9], 100)
    correct = np.concatenate([np.arange(100) < 70, np.arange(100) < 80])
    assert density_error(confidence, correct, best_bandwidth(confidence)) == pytest.approx(0.15, abs=1e-6)
