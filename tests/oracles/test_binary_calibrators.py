"""Our calibrators of confidences against other libraries, on inputs where those are right."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # theirs are not ours to mend
]


def peer(name: str):
    return pytest.importorskip(name, reason=f"{name} is the oracle; make test-slow installs it")


@pytest.fixture(params=[0, 1, 2])
def answers(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give confidences and answers of an overconfident model, and new confidences."""
    generator = np.random.default_rng(request.param)
    confidence = generator.beta(5.0, 1.5, 3000)
    return confidence, generator.random(3000) < confidence**1.5, generator.beta(5.0, 1.5, 2000)


def ours(name: str, answers, **options: object) -> np.ndarray:
    confidence, correct, new = answers
    fitted = calibrators.create(name, **options).fit(Scores(confidence, correct))
    return fitted.transform(Scores(new, np.ones(len(new)))).confidence


def test_scikit_learn_isotonic_regression(answers) -> None:
    confidence, correct, new = answers
    theirs = peer("sklearn.isotonic").IsotonicRegression(out_of_bounds="clip").fit(confidence, correct).predict(new)
    assert ours("isotonic", answers, extremes="raw") == pytest.approx(theirs, abs=1e-12)


def test_scikit_learn_isotonic_regression_on_ties(answers) -> None:
    confidence, correct, new = answers
    tied = confidence.round(1), correct, new
    theirs = peer("sklearn.isotonic").IsotonicRegression(out_of_bounds="clip").fit(tied[0], correct).predict(new)
    assert ours("isotonic", tied, extremes="raw") == pytest.approx(theirs, abs=1e-12)


def test_scikit_learn_sigmoid_calibration_of_logits(answers) -> None:
    confidence, correct, new = answers
    sigmoid = peer("sklearn.calibration")._SigmoidCalibration()
    logits = (np.log(c / (1 - c)) for c in (confidence, new))
    theirs = sigmoid.fit(next(logits), correct).predict(next(logits))
    assert ours("platt", answers) == pytest.approx(theirs, abs=1e-5)


def test_scikit_learn_logistic_regression_gives_beta_calibration(answers) -> None:
    confidence, correct, new = answers
    features = [np.column_stack([np.log(c), -np.log1p(-c)]) for c in (confidence, new)]
    regression = peer("sklearn.linear_model").LogisticRegression(C=1e12, tol=1e-12, max_iter=5000)
    theirs = regression.fit(features[0], correct)
    assert (theirs.coef_ >= 0.0).all()
    assert ours("beta", answers) == pytest.approx(theirs.predict_proba(features[1])[:, 1], abs=1e-5)


def test_netcal_beta_calibration(answers) -> None:
    confidence, correct, new = answers
    theirs = peer("netcal.scaling").BetaCalibration().fit(confidence, correct.astype(int)).transform(new)
    assert ours("beta", answers) == pytest.approx(np.ravel(theirs), abs=1e-3)


def test_netcal_histogram_binning_where_no_bin_is_empty(answers) -> None:
    confidence, correct, new = answers
    inside = (new > 0.2) & (confidence.min() < new)
    theirs = peer("netcal.binning").HistogramBinning(bins=5).fit(confidence, correct.astype(int)).transform(new)
    mine = ours("histogram", answers, bins=5, binning="uniform", extremes="raw")
    assert mine[inside] == pytest.approx(np.ravel(theirs)[inside], abs=1e-12)


def test_uncertainty_calibration_platt_binner(answers) -> None:
    confidence, correct, new = answers
    binner = peer("calibration").PlattBinnerCalibrator(len(confidence), num_bins=10)
    binner.train_calibration(confidence, correct.astype(int))
    # its Platt scaling takes no soft targets, and its edges lie elsewhere between two neighbours
    difference = np.abs(ours("scaling-binning", answers, bins=10) - binner.calibrate(new))
    assert np.mean(difference < 3e-3) > 0.99


def test_mapie_venn_abers(answers) -> None:
    confidence, correct, _ = answers
    p0, p1, levels = peer("mapie._venn_abers").calc_p0p1(
        np.column_stack([1 - confidence, confidence]), correct.astype(float)
    )
    fitted = calibrators.create("venn-abers").fit(Scores(confidence, correct))
    low, high = fitted.maps["answer"].bounds(levels)
    assert low == pytest.approx(p0[1:, 1], abs=1e-12)
    assert high == pytest.approx(p1[:-1, 1], abs=1e-12)
