import math

import numpy as np
import pytest

from pytest_llmcal.statistics.calibration_tests.registry import TESTS
from pytest_llmcal.statistics.calibration_tests.testing import examine


@pytest.mark.parametrize("clusters", [None, np.array([0, 0, 1])])
@pytest.mark.parametrize(("sure", "outcome"), [(1.0, False), (0.0, True)])
@pytest.mark.parametrize("name", TESTS)
def test_one_of_them_refutes_with_certainty(name, sure, outcome, clusters):
    found = examine(TESTS[name], np.array([sure, 0.7, 0.8]), np.array([outcome, True, True]), clusters)
    assert (found.statistic, found.p_value) == (math.inf, 0.0)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_confidence_that_is_nearly_one_is_not_impossible_when_wrong(dtype):
    nearly = np.nextafter(np.ones(1, dtype), np.zeros(1, dtype), dtype=dtype)
    assert 0.0 < examine(TESTS["kuiper"], nearly, np.array([False])).p_value < 1.0


@pytest.mark.parametrize("name", [name for name in TESTS if name != "spiegelhalter"])
def test_certain_answers_that_are_all_as_said_refute_nothing(name):
    found = examine(TESTS[name], np.array([1.0, 0.0, 1.0]), np.array([True, False, True]))
    assert (found.statistic, found.p_value) == (0.0, 1.0)


@pytest.mark.parametrize("name", TESTS)
def test_certain_answers_beside_others_change_no_statistic_that_looks_at_gaps(name):
    confidence, correct = np.array([0.3, 0.6, 0.9, 1.0, 1.0]), np.array([0, 1, 1, 1, 1])
    found = examine(TESTS[name], confidence, correct)
    assert math.isfinite(found.statistic)
    assert 0.0 < found.p_value <= 1.0
