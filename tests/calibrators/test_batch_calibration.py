"""Batch calibration: division by the mean probability of a batch, whatever is right."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.calibrators.batch import BatchCalibration

BIAS = np.array([2.0, 0.0, -1.0])


def calibrated(n: int = 4000, k: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits of a calibrated model whose choices are right equally often."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0.0, 1.5, (n, k))
    return logits, (logits + generator.gumbel(size=(n, k))).argmax(axis=1)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 30), st.integers(2, 6), st.integers(0, 10_000), st.sampled_from(["probability", "log-probability"])
)
def test_it_is_the_division_that_the_paper_writes(n: int, k: int, seed: int, mean: str) -> None:
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(k), n) * 0.999 + 0.001 / k
    scores = Scores.from_probabilities(probabilities, np.zeros(n, dtype=int))
    prior = probabilities.mean(axis=0) if mean == "probability" else np.exp(np.log(probabilities).mean(axis=0))
    wanted = probabilities / prior
    wanted /= wanted.sum(axis=1, keepdims=True)
    fitted = BatchCalibration(mean=mean).fit(scores)
    got = np.concatenate([part for _, part in fitted.transform(scores).choices.probabilities()])
    np.testing.assert_allclose(got, wanted, rtol=1e-9)
    np.testing.assert_allclose(fitted.prior, prior / prior.sum(), rtol=1e-9)


@pytest.mark.parametrize(("mean", "slack"), [("probability", 0.06), ("log-probability", 0.01)])
def test_a_planted_preference_is_taken_off_on_held_out_items(mean: str, slack: float) -> None:
    logits, labels = calibrated()
    clean, biased = Scores.from_logits(logits, labels), Scores.from_logits(logits + BIAS, labels)
    batch, test = biased.split(0.5)
    mended = BatchCalibration(mean=mean).fit(batch).transform(test)
    _, best = clean.split(0.5)
    assert float(test.accuracy()) < float(best.accuracy()) - 0.1
    assert float(mended.accuracy()) > float(best.accuracy()) - slack
    assert float(mended.nll()) < float(best.nll()) + slack < float(test.nll())
    assert float(test.ece()) > 0.1
    assert float(mended.ece()) < 0.02 + slack


def test_the_mean_of_logarithms_finds_the_planted_logits_themselves() -> None:
    logits, labels = calibrated(20_000)
    prior = BatchCalibration(mean="log-probability").fit(Scores.from_logits(logits + BIAS, labels)).prior
    wanted = np.exp(BIAS) / np.exp(BIAS).sum()
    np.testing.assert_allclose(prior, wanted, rtol=0.1)


def test_a_calibrated_model_is_left_nearly_alone_if_its_choices_are_right_equally_often() -> None:
    scores = Scores.from_logits(*calibrated())
    assert float(BatchCalibration().fit(scores).transform(scores).nll()) == pytest.approx(
        float(scores.nll()), abs=0.002
    )


def test_a_calibrated_model_is_made_worse_where_one_answer_is_the_commoner_one() -> None:
    logits, _ = calibrated()
    logits = logits + BIAS
    labels = (logits + np.random.default_rng(1).gumbel(size=logits.shape)).argmax(axis=1)
    scores = Scores.from_logits(logits, labels)
    assert float(BatchCalibration().fit(scores).transform(scores).nll()) > float(scores.nll()) + 0.1


def test_right_answers_are_not_read_so_the_batch_itself_may_be_judged() -> None:
    logits, labels = calibrated(200)
    ids = [f"item {place}" for place in range(200)]
    scores, others = (Scores.from_logits(logits, right, ids=ids) for right in (labels, (labels + 1) % 3))
    fitted = BatchCalibration().fit(others)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mended = fitted.transform(scores)
    assert not mended.about.in_sample
    assert np.array_equal(mended.confidence, BatchCalibration().fit(scores).transform(scores).confidence)
    assert mended.ids == scores.ids
    assert mended.before is scores
    assert mended.about.calibrator == fitted.label


def test_one_that_learns_answers_still_warns() -> None:
    scores = Scores.from_logits(*calibrated(50))
    with pytest.warns(calibrators.InSampleWarning):
        calibrators.create("temperature").fit(scores).transform(scores)


def test_missing_choices_stay_missing_and_count_for_nothing() -> None:
    logits, labels = calibrated(300)
    logits[:150, 2] = -np.inf
    labels[:150] %= 2
    scores = Scores.from_logits(logits, labels)
    fitted = BatchCalibration().fit(scores)
    probabilities = np.concatenate([part for _, part in scores.choices.probabilities()])
    wanted = np.array([*probabilities[:, :2].mean(axis=0), probabilities[150:, 2].mean()])
    np.testing.assert_allclose(fitted.prior, wanted / wanted.sum(), rtol=1e-9)
    assert np.array_equal(np.isneginf(fitted.transform(scores).choices.values), np.isneginf(logits))


def test_a_choice_without_a_prior_is_refused_and_the_item_named() -> None:
    narrow = Scores.from_logits([[1.0, 0.0, -np.inf], [0.0, 1.0, -np.inf]], [0, 1])
    wide = Scores.from_logits([[1.0, 0.0, -np.inf], [1.0, 0.0, 0.5]], [0, 2], ids=["a", "b"])
    fitted = BatchCalibration().fit(narrow)
    with pytest.raises(CalibratorError, match=r"item 'b' has a choice 2 .* fitted on choices 0, 1"):
        fitted.transform(wide)
    padded = Scores.from_logits([[1.0, 0.0, -np.inf, -np.inf]], [0])
    assert np.isneginf(fitted.transform(padded).choices.values[:, 2:]).all()
    assert len(fitted.transform(Scores.from_logits([[1.0, 0.0]], [0]))) == 1


def test_more_numbers_than_fit_in_one_slice_give_the_same_mean() -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(40), 9000)
    fitted = BatchCalibration().fit(Scores.from_probabilities(probabilities, np.zeros(9000, dtype=int)))
    np.testing.assert_allclose(fitted.prior, probabilities.mean(axis=0), rtol=1e-9)
    assert set(fitted.summary()) == {"choices", "lowest", "highest"}


def test_one_item_becomes_uniform_as_the_docstring_says() -> None:
    one = Scores.from_logits([[3.0, 1.0, 0.0]], [0])
    np.testing.assert_allclose(BatchCalibration().fit(one).transform(one).confidence, [1 / 3])


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_precision_hardly_matters(dtype: type) -> None:
    logits, labels = calibrated(500)
    single, double = (
        BatchCalibration().fit(Scores.from_logits(each, labels)) for each in (logits.astype(dtype), logits)
    )
    np.testing.assert_allclose(single.prior, double.prior, atol=1e-4)


def test_huge_logits_stay_numbers() -> None:
    scores = Scores.from_logits([[1e4, 0.0], [9e3, 0.0]], [0, 1])
    mended = BatchCalibration().fit(scores).transform(scores)
    assert np.isfinite(mended.choices.values).all()


def test_scores_without_choices_and_an_unknown_mean_are_refused() -> None:
    with pytest.raises(CalibratorError, match="batch calibration needs logits or probabilities"):
        BatchCalibration().fit(Scores([0.9], [1]))
    with pytest.raises(CalibratorError, match=r"mean must be one of 'probability', 'log-probability', got 'median'"):
        calibrators.create("batch", mean="median")


def test_a_choice_that_no_item_offers_has_no_share_however_small_the_others_are() -> None:
    geometric = BatchCalibration(mean="log-probability")
    scores = Scores.from_logits([[0.0, -3000.0, -np.inf], [-3000.0, 0.0, -np.inf]], [0, 1])
    np.testing.assert_allclose(geometric.fit(scores).prior, [0.5, 0.5, 0.0])


def test_what_a_server_is_told_is_what_is_done_here() -> None:
    generator = np.random.default_rng(3)
    scores = Scores.from_logits(generator.normal([1.0, 0.0, -1.0], 1.0, (40, 3)), generator.integers(0, 3, 40))
    fitted = calibrators.create("batch").fit(scores)
    told = fitted.logit_map()
    assert told is not None
    assert told.bias is not None
    assert scores.choices is not None
    by_hand = scores.choices.values + np.array(told.bias)
    calibrated = fitted.transform(scores)
    assert calibrated.confidence == pytest.approx(Scores.from_logits(by_hand, scores.choices.labels).confidence)
