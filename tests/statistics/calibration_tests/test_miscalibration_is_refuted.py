import numpy as np
import pytest
from shapes import answers, odds_to_the

from pytest_llmcal.statistics.calibration_tests.registry import TESTS
from pytest_llmcal.statistics.calibration_tests.testing import examine


@pytest.mark.parametrize(("accuracy", "direction"), [(odds_to_the(0.5), "over"), (odds_to_the(2.0), "under")])
@pytest.mark.parametrize("name", TESTS)
def test_over_and_underconfidence_are_both_seen(name, accuracy, direction):
    p = [examine(TESTS[name], *answers("spread", 300, seed, accuracy)).p_value for seed in range(4)]
    assert np.mean(np.array(p) <= 0.05) >= 0.5, direction


@pytest.mark.parametrize("name", [name for name in TESTS if name != "spiegelhalter"])
def test_too_much_beside_too_little_confidence_is_seen(name):
    def accuracy(confidence):
        return np.where(confidence > 0.78, confidence + 0.1, confidence - 0.1).clip(0.0, 1.0)

    p = [examine(TESTS[name], *answers("spread", 800, seed, accuracy)).p_value for seed in range(2)]
    assert max(p) <= 0.05


@pytest.mark.parametrize("name", TESTS)
def test_what_is_hardly_possible_has_a_rate_below_that_of_999_draws(name):
    assert examine(TESTS[name], np.linspace(0.7, 0.95, 200), np.zeros(200, dtype=bool)).p_value == 1e-4
