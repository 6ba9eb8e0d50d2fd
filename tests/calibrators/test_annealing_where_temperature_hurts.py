"""On items that it was not fitted on, annealing beats temperature on its metric where one temperature cannot do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.metrics.abstention_cost import abstention_cost
from tests.calibrators import where_temperature_hurts as models

HELD_OUT: dict[str, Callable[[Scores], float]] = {
    "ece": lambda scores: float(scores.ece(debias=True)),
    "mce": lambda scores: float(scores.mce(min_count=30)),
    "brier": lambda scores: float(scores.brier()),
    "nll": lambda scores: float(scores.nll()),
    "cost": lambda scores: abstention_cost(scores.confidence, scores.correct, 0.2),
}


def held_out(model: Callable[..., Scores], metric: str, parameters: str, seed: int) -> tuple[float, float, float]:
    """Return the metric on the other half of the items: as they are, after temperature, after annealing."""
    fit, test = model(seed=seed).split(0.5, seed=seed)
    annealing = calibrators.create("annealing", metric=metric, parameters=parameters, evaluations=1000, seed=seed)
    repaired = [one.fit(fit).transform(test) for one in (calibrators.create("temperature"), annealing)]
    raw, temperature, annealed = (HELD_OUT[metric](scores) for scores in (test, *repaired))
    return raw, temperature, annealed


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("model", "metric", "parameters", "gain"),
    [
        (models.crossing, "ece", "binning", 0.05),
        (models.ceiling, "ece", "binning", 0.01),
        (models.ceiling, "mce", "binning", 0.0),
        (models.position, "ece", "vector", 0.02),
        (models.position, "brier", "vector", 0.08),
        (models.position, "nll", "vector", 0.1),
        (models.sure_of_a_few_wrong_keys, "cost", "temperature", 0.02),
        (models.sure_of_a_few_wrong_keys, "ece", "temperature", 0.15),
        (models.sure_of_a_few_wrong_keys, "mce", "temperature", 0.1),
    ],
)
def test_it_beats_temperature_and_does_not_hurt(
    model: Callable[..., Scores], metric: str, parameters: str, gain: float, seed: int
) -> None:
    raw, temperature, annealed = held_out(model, metric, parameters, seed)
    assert annealed < temperature - gain
    assert annealed < raw + 0.02  # two standard errors, or more, of a gap of so many items


@pytest.mark.parametrize("parameters", ["temperature", "vector", "binning"])
@pytest.mark.parametrize("metric", ["ece", "brier"])
def test_it_leaves_a_calibrated_model_nearly_alone(metric: str, parameters: str) -> None:
    fit, test = models.calibrated().split(0.5)
    repaired = calibrators.create("annealing", metric=metric, parameters=parameters, evaluations=1000).fit(fit)
    before = test.top_label() if parameters == "binning" else test
    after = repaired.transform(test)
    assert float(after.ece()) < float(test.ece()) + 0.015
    assert float(after.nll()) < float(before.nll()) + 0.01
