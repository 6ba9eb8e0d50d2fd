"""Annealing is never worse than its start, keeps to its budget, and gives the same result each time."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.calibrators.annealing import objectives
from pytest_llmcal.calibrators.annealing.annealing import Annealing
from pytest_llmcal.calibrators.annealing.maps import Logits
from pytest_llmcal.calibrators.annealing.single_precision import in_single_precision
from pytest_llmcal.metrics.abstention_cost import abstention_cost
from tests.calibrators.where_temperature_hurts import crossing, position

SLOW: dict[str, Callable[[Scores], float]] = {
    "ece": lambda scores: float(scores.ece(debias=True)),
    "brier": lambda scores: float(scores.brier()),
    "nll": lambda scores: float(scores.nll(clip=1e-6)),
    "cost": lambda scores: abstention_cost(scores.confidence, scores.correct, 0.2),
}


def accuracy_lost(scores: Scores) -> float:
    return 1.0 - float(scores.accuracy())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(sorted(SLOW)), st.sampled_from(["temperature", "vector", "binning"]))
def test_a_metric_on_arrays_is_what_scores_say(seed: int, metric: str, parameters: str) -> None:
    scores = in_single_precision(position(300, seed))
    annealing = Annealing(metric, parameters=parameters, evaluations=5).fit(scores)  # type: ignore[arg-type]
    space = annealing._space(scores)
    found = np.random.default_rng(seed).uniform(*np.array(space.box).T)
    fast = annealing._metric(scores, space)
    assert fast(found) == pytest.approx(SLOW[metric](annealing._mapped(scores, found, "x")), abs=1e-12)
    assert fast(None) == pytest.approx(SLOW[metric](annealing._mapped(scores, None, "x")), abs=1e-12)


def test_the_debiased_maximum_is_that_of_bins_with_ten_items_or_more() -> None:
    confidence = np.repeat([0.55, 0.75, 0.95], [9, 100, 100])
    right = np.concatenate([np.zeros(9), np.arange(100) < 75, np.arange(100) < 65])
    space = Logits(np.log(np.column_stack([confidence, 1.0 - confidence])), 1 - right.astype(int), "temperature", 1.0)
    assert objectives.debiased_mce(space.outcome(None)) == pytest.approx(0.3, abs=1e-3)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["ece", "mce", "brier", "nll", "cost"]))
def test_it_is_never_worse_than_temperature_on_the_items_it_was_fitted_on(seed: int, metric: str) -> None:
    summary = Annealing(metric, parameters="vector", evaluations=150).fit(position(200, seed)).summary()
    assert float(summary["at_end"]) <= float(summary["at_start"])


def test_any_function_of_scores_can_be_the_metric() -> None:
    scores = position(400)
    fitted = Annealing(accuracy_lost, parameters="vector", evaluations=300).fit(scores)
    repaired = fitted.transform(scores, in_sample=True)
    assert float(repaired.accuracy()) > float(scores.accuracy()) + 0.05
    assert fitted.summary()["at_end"] == pytest.approx(accuracy_lost(repaired))


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_a_metric_that_gives_no_number_is_refused(value: float) -> None:
    with pytest.raises(CalibratorError, match=r"the metric gave (nan|-inf)"):
        Annealing(lambda _: value).fit(position(100))


@pytest.mark.parametrize("parameters", ["temperature", "vector", "binning"])
def test_fitting_twice_gives_the_same_and_single_precision_too(parameters: str) -> None:
    choices = position(500).choices
    assert choices is not None
    double, single = (
        Scores.from_logits(choices.values.astype(kind), choices.labels) for kind in (np.float64, np.float32)
    )
    options = {"metric": "ece", "parameters": parameters, "evaluations": 300}
    once, again, by_single = (
        calibrators.create("annealing", **options).fit(scores).transform(double, in_sample=True).confidence
        for scores in (double, double, single)
    )
    assert np.array_equal(once, again)
    assert np.allclose(once, by_single, atol=1e-4)


def test_the_trace_falls_and_ends_with_the_budget() -> None:
    fitted = Annealing(parameters="vector", evaluations=250).fit(position(500))
    number, best = fitted.trace.T
    assert number[0] == 1
    assert number[-1] == 250
    assert (np.diff(best) <= 0.0).all()
    assert best[-1] < best[0]
    assert fitted.summary()["evaluations"] == 250
    assert f"{best[-1]:.4g} (250)" in str(fitted.summary()["trace"])
    assert fitted.summary()["stopped"] == "evaluations"


def test_steps_are_never_worse_than_isotonic_regression_by_the_metric_they_are_given() -> None:
    fitted = Annealing("mce", parameters="binning", evaluations=500).fit(crossing(1000))
    assert fitted.moved
    assert fitted.trace[-1, 1] <= fitted.trace[0, 1]


def test_time_that_is_not_spent_changes_nothing() -> None:
    scores = position(300)
    free, timed = (Annealing(parameters="vector", evaluations=100, seconds=s).fit(scores) for s in (None, 600.0))
    assert np.array_equal(free.trace, timed.trace)
    assert timed.summary()["stopped"] == "evaluations"


def test_it_stops_when_its_time_is_spent_and_says_so() -> None:
    fitted = Annealing(evaluations=10**9, seconds=0.05).fit(position(300))
    assert fitted.summary()["stopped"] == "seconds"
    assert "stopped=seconds" in fitted.label


@pytest.mark.parametrize("metric", ["ece", accuracy_lost])
@pytest.mark.parametrize("parameters", ["temperature", "vector", "binning"])
def test_a_saved_one_gives_the_same(metric: object, parameters: str, tmp_path: Path) -> None:
    fitted = calibrators.create("annealing", metric=metric, parameters=parameters, evaluations=150).fit(position(300))
    fitted.save(tmp_path)
    loaded = calibrators.load(tmp_path)
    new = position(50, seed=1)
    assert np.array_equal(loaded.transform(new).confidence, fitted.transform(new).confidence)
    assert loaded.summary() == fitted.summary()


def test_a_function_is_not_saved_and_its_name_is() -> None:
    restored = Annealing()
    restored._restore(Annealing(accuracy_lost, evaluations=50).fit(position(100))._learnt())
    with pytest.raises(CalibratorError, match="the metric 'accuracy_lost' was a function, which is not saved"):
        restored.fit(position(100))


@pytest.mark.parametrize("parameters", ["temperature", "vector", "binning"])
def test_missing_choices_stay_missing(parameters: str) -> None:
    choices = position(300).choices
    assert choices is not None
    padded = np.pad(choices.values, ((0, 0), (0, 1)), constant_values=-np.inf)
    scores = Scores.from_logits(padded, choices.labels)
    repaired = calibrators.create("annealing", parameters=parameters, evaluations=100).fit(scores)
    after = repaired.transform(scores, in_sample=True)
    assert np.isfinite(after.confidence).all()
    if after.choices is not None:
        assert np.isneginf(after.choices.values[:, -1]).all()


@pytest.mark.filterwarnings("ignore::pytest_llmcal.calibrators.AtBoundWarning")
@pytest.mark.parametrize("parameters", ["temperature", "vector", "binning"])
@pytest.mark.parametrize(("n", "label"), [(1, 0), (1, 1), (3, None), (200, 0)])
def test_few_items_or_one_class_are_survived(parameters: str, n: int, label: int | None) -> None:
    drawn = position(n).choices
    assert drawn is not None
    scores = Scores.from_logits(drawn.values, drawn.labels if label is None else np.full(n, label))
    fitted = calibrators.create("annealing", parameters=parameters, evaluations=60).fit(scores)
    assert np.isfinite(fitted.transform(position(20, seed=1)).confidence).all()
    if n < 30:
        assert not fitted.moved  # type: ignore[attr-defined]
        assert fitted.summary()["stopped"] == "items"


def test_steps_keep_the_order_and_mend_impossible_confidences() -> None:
    scores = Scores(np.repeat([0.0, 0.2, 0.7, 1.0], 50), np.tile([1, 0], 100))
    fitted = Annealing("nll", parameters="binning", evaluations=300).fit(scores)
    after = fitted.transform(scores, in_sample=True).confidence
    assert (np.diff(after) >= 0.0).all()
    assert 0.0 < after.min() <= after.max() < 1.0


def test_a_vector_fitted_on_other_choices_is_refused() -> None:
    fitted = Annealing(parameters="vector", evaluations=50).fit(position(100))
    with pytest.raises(CalibratorError, match="fitted on 4 choices, and <Scores of 300 items, 2 choices"):
        fitted.transform(crossing(300))


@pytest.mark.parametrize("parameters", ["temperature", "vector"])
def test_confidences_alone_have_no_temperature(parameters: str) -> None:
    with pytest.raises(CalibratorError, match="needs logits or probabilities over the choices"):
        calibrators.create("annealing", parameters=parameters).fit(Scores([0.9], [1]))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"metric": "auroc"}, "metric must be one of 'ece', 'mce', 'brier', 'nll', 'cost', or a function"),
        ({"parameters": "matrix"}, "parameters must be one of 'temperature', 'vector', 'binning', got 'matrix'"),
        ({"evaluations": 0}, "evaluations must be a whole number of at least 1, got 0"),
        ({"evaluations": True}, "evaluations must be a whole number"),
        ({"seconds": 0}, "seconds must be a number above 0 and below inf, got 0"),
        ({"seconds": math.nan}, "seconds must be a number above 0"),
        ({"seed": -1}, "seed must be a whole number of at least 0"),
        ({"abstention": 1.0}, "abstention must be a number above 0 and below 1, got 1.0"),
        ({"bins": 1}, "bins must be a whole number of at least 2"),
        ({"anchor": -0.1}, "anchor must be a number above 0"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, object], match: str) -> None:
    with pytest.raises(CalibratorError, match=match):
        calibrators.create("annealing", **options)


def test_a_function_that_is_called_like_a_metric_of_ours_does_not_come_back_as_it(tmp_path) -> None:
    def ece(scores: Scores) -> float:
        return float(scores.brier())

    Annealing(ece, evaluations=30).fit(position(200)).save(tmp_path)
    with pytest.raises(CalibratorError):
        Annealing.load(tmp_path).fit(position(200))
