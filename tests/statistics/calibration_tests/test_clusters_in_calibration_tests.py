import numpy as np
import pytest
from shapes import CONFIDENCES, answers, odds_to_the

from pytest_llmcal.statistics.calibration_tests.registry import TESTS
from pytest_llmcal.statistics.calibration_tests.testing import examine

DRAWS = 60


def clustered(shape, clusters, size, seed):
    """Give answers that are right or wrong together, cluster by cluster, of a calibrated model."""
    generator = np.random.default_rng(seed)
    members = np.repeat(np.arange(clusters), size)
    confidence = CONFIDENCES[shape](generator, clusters * size)
    return confidence, generator.random(clusters)[members] < confidence, members


@pytest.mark.parametrize(
    ("shape", "clusters", "size", "method"),
    [("spread", 10, 10, "redraws of clusters"), ("near one", 30, 10, "redraws of clusters"), ("ties", 200, 3, "sign")],
)
def test_dependent_answers_of_a_calibrated_model_are_refuted_at_most_at_the_level(shape, clusters, size, method):
    found = [examine(TESTS["kuiper"], *clustered(shape, clusters, size, seed)) for seed in range(DRAWS)]
    assert all(one.method.startswith(method) for one in found)
    assert np.mean([one.p_value <= 0.05 for one in found]) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / DRAWS)


def test_without_the_clusters_the_same_answers_would_be_refuted_far_too_often():
    found = [examine(TESTS["kuiper"], *clustered("spread", 10, 10, seed)[:2]).p_value for seed in range(40)]
    assert np.mean(np.array(found) <= 0.05) > 0.2


@pytest.mark.parametrize("power", [0.5, 2.0])
@pytest.mark.parametrize("name", TESTS)
def test_miscalibration_is_seen_through_clusters(name, power):
    confidence, correct = answers("spread", 600, 0, odds_to_the(power))
    assert examine(TESTS[name], confidence, correct, np.arange(600) // 3).p_value <= 0.05


def test_the_names_of_the_clusters_are_nothing():
    confidence, correct, members = clustered("ties", 8, 5, 1)
    assert examine(TESTS["ece"], confidence, correct, members).p_value == pytest.approx(
        examine(TESTS["ece"], confidence, correct, members.max() - members).p_value, abs=0.05
    )


def test_a_few_large_clusters_among_many_small_ones_count_as_few():
    # sign flips refuted such a calibrated model in 15% of draws at 5%
    members = np.repeat(np.arange(400), [20] * 20 + [2] * 380)
    confidence = 1.0 - np.random.default_rng(0).beta(1.0, 30.0, len(members))
    assert examine(TESTS["kuiper"], confidence, confidence > 0.5, members).method.startswith("redraws of clusters")
