import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal import strategies
from pytest_llmcal.scores import Scores
from pytest_llmcal.statistics.calibration_tests.registry import TESTS
from pytest_llmcal.statistics.calibration_tests.spiegelhalter import sees
from pytest_llmcal.statistics.calibration_tests.testing import examine
from pytest_llmcal.statistics.clusters import members_of


def possible(name: str, scores: Scores) -> bool:
    return name != "spiegelhalter" or sees(scores.confidence)


@pytest.mark.parametrize("name", TESTS)
@settings(max_examples=20)
@given(scores=strategies.scores(clustered=True))
def test_p_values_are_probabilities_and_nothing_is_nan(name: str, scores: Scores) -> None:
    if possible(name, scores):
        found = examine(TESTS[name], scores.confidence, scores.correct, members_of(scores.clusters))
        assert 0.0 <= found.p_value <= 1.0
        assert not math.isnan(found.statistic)


@pytest.mark.parametrize("name", TESTS)
@settings(max_examples=20)
@given(scores=strategies.scores(clustered=True), seed=st.integers(0, 1000))
def test_the_order_of_the_items_changes_nothing(name: str, scores: Scores, seed: int) -> None:
    if possible(name, scores):
        order = np.random.default_rng(seed).permutation(len(scores))
        members = members_of(scores.clusters)
        there = examine(TESTS[name], scores.confidence, scores.correct, members)
        members = None if members is None else members[order]
        assert examine(TESTS[name], scores.confidence[order], scores.correct[order], members) == there


@pytest.mark.parametrize("name", ["kuiper", "kolmogorov-smirnov"])
def test_items_of_one_confidence_are_summed_up_before_the_walk_is_looked_at(name: str) -> None:
    correct = np.repeat([1, 0], 30)
    assert examine(TESTS[name], np.full(60, 0.5), correct).statistic == 0.0


def test_right_at_the_least_confidence_that_there_is_leaves_no_doubt() -> None:
    found = examine(TESTS["hosmer-lemeshow"], np.array([0.0, 5e-324]), np.array([0, 1]))
    assert 1e280 < found.statistic < math.inf
    assert found.p_value == 0.0001
