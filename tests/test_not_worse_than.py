"""The claim that a model is at most so much worse than its baseline."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.measurement import Correction, MeasurementError, Observation, Rules, using
from pytest_llmcal.scores import ScoresError

IDS = [str(i) for i in range(1000)]


def model(right: int, confidence: float = 0.8) -> Scores:
    """A model that answers the first so many of 1,000 items rightly."""
    return Scores([confidence] * 1000, np.arange(1000) < right, ids=IDS)


@pytest.mark.parametrize(
    ("right", "margin", "status"),
    [(800, 0.02, "holds"), (820, 0.01, "holds"), (795, 0.005, "undecided"), (700, 0.05, "refuted")],
)
def test_of_accuracy_less_is_worse(right: int, margin: float, status: str) -> None:
    verdict = model(right).not_worse_than(model(800), margin, metric="accuracy")
    assert verdict.status == status
    assert (verdict.relation, verdict.limit) == ("not_worse_than", -margin)


@pytest.mark.parametrize(("confidence", "status"), [(0.8, "holds"), (0.66, "undecided"), (0.5, "refuted")])
def test_of_a_proper_score_more_is_worse(confidence: float, status: str) -> None:
    verdict = model(800, confidence).not_worse_than(model(800), 0.02, metric="brier")
    assert (verdict.status, verdict.limit) == (status, 0.02)


def test_by_default_it_is_about_nll_and_says_so_in_one_sentence() -> None:
    verdict = model(800, 0.79).not_worse_than(model(800), 0.05)
    assert verdict.explain() == (
        "The claim that NLL is at most 0.05 worse than the baseline's holds: it was measured as "
        f"{float(verdict.measurement):.4g} worse on 1000 items, and with 95% confidence the true difference lies "
        f"between {-verdict.measurement.low:.4g} better and {verdict.measurement.high:.4g} worse."
    )


def test_better_is_said_of_more_accuracy_and_a_margin_of_zero_is_a_claim() -> None:
    verdict = model(900).not_worse_than(model(800), 0.0, metric="accuracy")
    assert verdict.status == "holds"
    assert verdict.explain().startswith("The claim that accuracy is not worse than the baseline's holds: it was ")
    assert "measured as 0.1 better" in verdict.explain()


def test_an_undecided_claim_says_how_many_items_would_decide_it() -> None:
    verdict = model(795).not_worse_than(model(800), 0.01, metric="accuracy")
    assert verdict.status == "undecided"
    assert verdict.items_needed is not None
    assert verdict.items_needed > 1000
    assert verdict.explain().endswith(f"about {verdict.items_needed} items would decide it.")


def test_arguments_of_the_metric_are_handed_on() -> None:
    verdict = model(800).not_worse_than(model(800), 0.2, metric="ece", norm="l2", confidence=0.9)
    assert verdict.measurement.name == "ece_l2_difference"
    assert verdict.measurement.confidence == 0.9


@pytest.mark.parametrize("margin", [-0.01, math.nan, -math.inf])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    with pytest.raises(MeasurementError, match=r"the margin for NLL is .*allowed is zero or more"):
        model(800).not_worse_than(model(800), margin)


def test_a_margin_larger_than_any_difference_is_refused() -> None:
    with pytest.raises(MeasurementError, match="lies between -1 and 1, so -5 is no limit"):
        model(800).not_worse_than(model(800), 5, metric="accuracy")


@pytest.mark.parametrize("metric", ["f1", "not_worse_than", "_reason", "scores", "largest_drop"])
def test_a_metric_that_is_not_known_is_named_beside_those_that_are(metric: str) -> None:
    with pytest.raises(MeasurementError, match=rf"called '{metric}'; known are accuracy, .*ace, aurc, auroc, brier"):
        model(800).not_worse_than(model(800), 0.01, metric=metric)


def test_what_the_metric_cannot_measure_is_its_own_error() -> None:
    with pytest.raises(ScoresError, match="auroc compares right answers with wrong ones"):
        model(1000).not_worse_than(model(800), 0.01, metric="auroc")


def test_it_is_judged_under_the_rules_in_force_and_observed_once() -> None:
    observed: list[Observation] = []
    with using(Rules(confidence=0.99, observe=observed.append)):
        verdict = model(700).not_worse_than(model(800), 0.05, metric="accuracy")
    assert verdict.measurement.confidence == 0.99
    assert [(entry.relation, entry.outcome) for entry in observed] == [("not_worse_than", "refuted")]


def test_as_one_of_many_it_is_refuted_less_easily() -> None:
    gains = 750  # worse by 0.05, refuted by itself with a margin of 0.034
    assert model(gains).not_worse_than(model(800), 0.034, metric="accuracy").status == "refuted"
    with using(Rules(correction=Correction("holm", 100, lambda: 0.01))):
        verdict = model(gains).not_worse_than(model(800), 0.034, metric="accuracy")
    assert verdict.status == "undecided"
    assert verdict.p_value is not None
    assert 0.0 < verdict.p_value < 0.025
    assert "one of 100 gates is refuted only at" in verdict.reason


def test_below_above_and_between_judge_a_difference_as_any_measurement() -> None:
    difference = model(700).compare(model(800)).accuracy()
    assert difference.below(-0.05).status == "holds"
    assert difference.above(0.0).status == "refuted"
    assert difference.between(-0.2, 0.0).status == "holds"
    assert difference.below(-0.05).claim == "accuracy minus the baseline's is at most -0.05"
    with pytest.raises(MeasurementError, match="accuracy minus the baseline's lies between -1 and 1"):
        difference.below(30)
