"""Our answer sets against those of MAPIE, where it is right."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.calibrators import ConformalSets
from pytest_llmcal.metrics.conformal import aps
from pytest_llmcal.statistics.conformal import conformal_threshold

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # theirs are not ours to mend
]

K = 6


class AsGiven:
    """A classifier of scikit-learn's kind that takes its probabilities for its features."""

    classes_ = np.arange(K)
    n_features_in_ = K

    def fit(self, *_):
        return self

    def predict_proba(self, rows):
        return rows

    def predict(self, rows):
        return rows.argmax(axis=1)

    def __sklearn_is_fitted__(self):
        return True


@pytest.fixture(params=[0, 1, 2])
def halves(request):
    """Give probabilities and right choices of calibration items, and of new ones."""
    generator = np.random.default_rng(request.param)
    logits = generator.normal(0.0, 2.0, (1000, K))
    rows = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (logits + 1.5 * generator.gumbel(size=(1000, K))).argmax(axis=1)
    return (rows[:437], labels[:437]), (rows[437:], labels[437:])


def theirs(halves, method, coverage, **options):
    classification = pytest.importorskip(
        "mapie.classification", reason="MAPIE is the oracle; make test-slow installs it"
    )
    peer = classification.SplitConformalClassifier(
        AsGiven(), confidence_level=coverage, conformity_score=method, prefit=True, random_state=7
    )
    (rows, labels), (new, _) = halves
    return peer.conformalize(rows, labels).predict_set(new, conformity_score_params=options)[1][:, :, 0]


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.99])
def test_lac(halves, coverage):
    (rows, labels), (new, answers) = halves
    fitted = ConformalSets("lac", coverage).fit(Scores.from_probabilities(rows, labels))
    ours = fitted.sets(Scores.from_probabilities(new, answers)).mask
    assert np.array_equal(ours, theirs(halves, "lac", coverage))


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.99])
def test_randomised_aps_with_their_random_numbers(halves, coverage):
    (rows, labels), (new, _) = halves
    uniform = [np.random.RandomState(7).uniform(size=len(part)) for part in (rows, new)]
    right = aps(rows, uniform[0])[np.arange(len(rows)), labels]
    ours = aps(new, uniform[1]) <= conformal_threshold(right, coverage)
    assert np.array_equal(ours, theirs(halves, "aps", coverage, include_last_label="randomized"))
