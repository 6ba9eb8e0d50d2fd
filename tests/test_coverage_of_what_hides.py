"""What has no confidence is never answered, so it lowers the coverage."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.statistics.proportion import clopper_pearson


def hiding(missing: int, n: int = 1000, *, right: float = 0.95, clusters: bool = False) -> Scores:
    """The surest answers are right, the others wrong."""
    names = [str(item // 10) for item in range(n)] if clusters else None
    left_out = {f"lost-{item}": "unparseable" for item in range(missing)}
    return Scores(np.linspace(1.0, 0.5, n), np.arange(n) < right * n, clusters=names, left_out=left_out)


def test_the_coverage_is_that_of_all_items() -> None:
    coverage = hiding(600).abstain(0.75).coverage
    assert (float(coverage), coverage.n) == (500 / 1600, 1600)
    assert (coverage.low, coverage.high) == pytest.approx(clopper_pearson(500, 1600, 0.95))
    assert "the 600 that have no confidence" in coverage.method
    assert coverage.below(0.4).status == "holds"
    assert coverage.above(0.4).status == "refuted"
    assert float(hiding(0).abstain(0.75).coverage) == 0.5


def test_items_of_no_known_cluster_are_clusters_by_themselves() -> None:
    coverage = hiding(600, clusters=True).abstain(0.75).coverage
    assert "700 clusters" in coverage.method
    assert coverage.high - coverage.low > hiding(600).abstain(0.75).coverage.high - coverage.low


@pytest.mark.parametrize("missing", [1, 100, 3000])
def test_the_largest_coverage_at_a_risk_is_out_of_all_items(missing: int) -> None:
    few, all_right = hiding(missing).coverage_at_risk(0.01), hiding(missing, right=1.0).coverage_at_risk(0.9)
    assert float(few) == pytest.approx(959 / (1000 + missing))
    assert float(all_right) == 1000 / (1000 + missing)  # to answer more cannot be, whatever the risk
    for one in (few, all_right):
        assert one.n == 1000 + missing
        assert one.low <= float(one) <= one.high < 1.0
    assert hiding(missing).coverage_at_risk(1.0).high < 1.0


def test_its_lower_end_promises_no_more_than_can_be_answered() -> None:
    """Each of 300 samples of a model that is always right and says how sure it is of half of the items."""
    random = np.random.default_rng(0)
    wrong = 0
    for _ in range(300):
        said = int(random.binomial(200, 0.5))
        one = hiding(200 - said, said, right=1.0).coverage_at_risk(0.6, confidence=0.9)
        wrong += not one.low <= 0.5 <= one.high
    assert wrong <= 42  # 30 at most are expected
