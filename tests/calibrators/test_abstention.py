"""A threshold from which on the error rate is certified: what it does with all kinds of calibration items."""

from __future__ import annotations

import json
import math
import warnings

import numpy as np
import pytest
from scipy.stats import binom

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import Abstention, CalibratorError, InSampleWarning
from pytest_llmcal.scores import ScoresError


def drawn(n=2000, seed=0, power=6.0, **more):
    """Answers that are right more and more often the surer they are."""
    generator = np.random.default_rng(seed)
    confidence = generator.random(n)
    return Scores(confidence, generator.random(n) < 1.0 - (1.0 - confidence) ** power, **more)


def test_it_answers_what_it_can_and_new_answers_keep_the_risk():
    fitted = Abstention(risk=0.1).fit(drawn())
    some = drawn(20_000, seed=1).abstain(fitted)
    assert 0.3 < float(some.coverage) < 1.0
    assert some.risk.below(0.1)
    assert some.answered.accuracy().above(0.9)


def test_all_right_answers_are_certified_exactly_from_the_number_that_the_binomial_asks_for():
    least = math.ceil(math.log(0.05) / math.log(0.95))
    assert binom.pmf(0, least, 0.05) <= 0.05 < binom.pmf(0, least - 1, 0.05)
    for n, threshold in [(least, 0.8), (least - 1, math.inf)]:
        assert Abstention(risk=0.05, delta=0.05).fit(Scores(np.full(n, 0.8), np.ones(n))).threshold == threshold


def test_equal_confidences_stand_or_fall_together():
    confidence = np.repeat([0.9, 0.8], 500)
    correct = np.ones(1000)
    correct[500:600] = 0  # the first hundred at 0.8, in the order of the rows
    for order in (np.arange(1000), np.random.default_rng(0).permutation(1000), np.arange(1000)[::-1]):
        assert Abstention(risk=0.05).fit(Scores(confidence[order], correct[order])).threshold == 0.9


def test_the_order_of_the_items_changes_nothing():
    scores = drawn()
    order = np.random.default_rng(1).permutation(len(scores))
    there, back = Abstention(0.1).fit(scores), Abstention(0.1).fit(scores._take(order))
    assert there.threshold == back.threshold


def test_a_greater_risk_answers_more():
    thresholds = [Abstention(risk).fit(drawn()).threshold for risk in (0.08, 0.1, 0.12, 0.2)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[0] > thresholds[-1]


@pytest.mark.parametrize(
    "scores",
    [
        Scores([0.9], [1]),
        Scores([0.9], [0]),
        Scores(np.linspace(0, 1, 500), np.zeros(500)),
        Scores(np.ones(500), np.arange(500) % 2),
        Scores(np.linspace(0, 1, 20), np.ones(20)),
    ],
    ids=["one right", "one wrong", "all wrong", "half right at confidence one", "too few"],
)
def test_where_nothing_can_be_certified_nothing_is_answered_and_it_says_so(scores):
    fitted = Abstention().fit(scores)
    assert fitted.threshold == math.inf
    assert "none certified" in repr(fitted)
    none = Scores([1.0, 0.9], [1, 1]).abstain(fitted)
    assert float(none.coverage) == 0.0
    with pytest.raises(ScoresError, match=r"no item is answered.*no threshold was certified"):
        none.answered.accuracy()


def test_confidences_of_zero_and_one_are_thresholds_like_others():
    assert Abstention().fit(Scores(np.zeros(500), np.ones(500))).threshold == 0.0
    assert Abstention().fit(Scores(np.ones(500), np.ones(500))).threshold == 1.0


def test_precision_does_not_matter():
    scores = drawn()
    single = Scores(scores.confidence.astype(np.float32), scores.correct)
    assert Abstention(0.1).fit(single).threshold == pytest.approx(Abstention(0.1).fit(scores).threshold, abs=1e-4)


def test_clusters_of_copies_answer_as_if_the_copies_were_not_there():
    one = drawn(1000)
    numbers = np.repeat(one.confidence, 4), np.repeat(one.correct, 4)
    names = [str(i) for i in range(1000) for _ in range(4)]
    alone, clustered = (Abstention(0.1).fit(s) for s in (one, Scores(*numbers, clusters=names)))
    blind = Abstention(0.1).fit(Scores(*numbers))
    assert blind.threshold < clustered.threshold
    assert clustered.calibration_coverage == pytest.approx(alone.calibration_coverage, abs=0.1)


def test_two_clusters_certify_nothing():
    scores = Scores(np.linspace(0.5, 1, 1000), np.ones(1000), clusters=["a", "b"] * 500)
    assert Abstention().fit(scores).threshold == math.inf


def test_it_is_saved_and_loaded_as_it_was(tmp_path):
    for fitted in (Abstention(0.1, 0.01).fit(drawn()), Abstention().fit(Scores([0.9], [1]))):
        fitted.save(tmp_path)
        loaded = Abstention.load(tmp_path)
        assert (loaded.threshold, loaded.risk, loaded.delta) == (fitted.threshold, fitted.risk, fitted.delta)
        assert loaded.summary() == fitted.summary()
        assert json.loads((tmp_path / "calibrator.json").read_text())["calibrator"] == "abstention"


@pytest.mark.parametrize(
    ("learnt", "match"),
    [
        ({}, "'certified' is missing"),
        ({"certified": True, "calibration_coverage": 0.5}, "'threshold' is missing"),
        ({"certified": 1, "threshold": 0.5, "calibration_coverage": 0.5}, "must be true or false"),
        ({"certified": True, "threshold": "0.5", "calibration_coverage": 0.5}, "must be a finite number"),
    ],
)
def test_damaged_values_are_refused(tmp_path, learnt, match):
    Abstention().fit(drawn()).save(tmp_path)
    path = tmp_path / "calibrator.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"learnt": learnt}))
    with pytest.raises(CalibratorError, match=match):
        Abstention.load(tmp_path)


def test_items_it_was_fitted_on_warn_and_are_marked(tmp_path):
    scores = drawn(ids=[str(i) for i in range(2000)])
    Abstention(0.1).fit(scores).save(tmp_path)
    fitted = Abstention.load(tmp_path)
    for judge in (lambda: scores.abstain(fitted).answered, lambda: fitted.answered(scores)):
        with pytest.warns(InSampleWarning, match="2000 of 2000 items") as caught:
            judged = judge()
        assert caught[0].filename == __file__
        assert judged.accuracy().about.in_sample
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not scores.abstain(fitted, in_sample=True).coverage.about.in_sample
        assert not fitted.answered(scores, in_sample=True).about.in_sample
        assert not drawn(seed=1).abstain(fitted).coverage.about.in_sample


def test_scores_that_an_earlier_calibrator_learnt_from_stay_marked():
    scores = Scores.from_logits([[3.0, 0.0], [1.0, 0.0]] * 50, [0, 0, 0, 1] * 25)
    with pytest.warns(InSampleWarning):
        calibrated = calibrators.create("temperature").fit(scores).transform(scores)
    others = Scores(scores.confidence, scores.correct, ids=[f"other-{row}" for row in range(100)])
    fitted = Abstention(0.5).fit(others)
    assert calibrated.abstain(fitted, in_sample=True).coverage.about.in_sample


def test_it_must_be_fitted_first(tmp_path):
    for use in (lambda rule: drawn().abstain(rule), lambda rule: rule.answered(drawn()), lambda r: r.save(tmp_path)):
        with pytest.raises(CalibratorError, match="this abstention is not fitted"):
            use(Abstention())


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, math.nan, "0.05", True, None])
def test_an_option_that_is_no_share_is_refused(bad):
    with pytest.raises(CalibratorError, match="risk must be a number above 0 and below 1"):
        Abstention(risk=bad)
    with pytest.raises(CalibratorError, match="delta must be a number above 0 and below 1"):
        Abstention(delta=bad)


def test_it_changes_no_probabilities_so_that_it_is_no_calibrator():
    assert "abstention" not in calibrators.names()
    assert not issubclass(Abstention, calibrators.Calibrator)
