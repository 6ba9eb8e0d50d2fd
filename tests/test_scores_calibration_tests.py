"""What ``Scores`` says of calibration tests, and the verdict that is made of one."""

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.measurement import Correction, Rules, shares, using
from pytest_llmcal.scores import CalibrationTest, ScoresError
from pytest_llmcal.statistics.calibration_tests.registry import TESTS


def drawn(n, seed, accuracy=lambda confidence: confidence):
    generator = np.random.default_rng(seed)
    confidence = generator.beta(5.0, 1.5, n)
    return Scores(confidence, generator.random(n) < accuracy(confidence))


def statuses(n, draws, accuracy=lambda confidence: confidence, **arguments):
    found = [drawn(n, seed, accuracy).is_calibrated(**arguments).status for seed in range(draws)]
    return {status: found.count(status) / draws for status in ("holds", "refuted", "undecided")}


@pytest.mark.parametrize("name", TESTS)
def test_each_test_is_found_by_its_name(name):
    found = drawn(60, 0).calibration_test(name)
    assert isinstance(found, CalibrationTest)
    assert (found.name, found.n, found.method) == (name, 60, "redraws")
    assert 0.0 < found.p_value <= 1.0


def test_the_default_test_is_named():
    assert drawn(60, 0).calibration_test().name == "kuiper"


def test_an_unknown_test_is_refused_with_those_there_are():
    with pytest.raises(ScoresError, match=r"'auto' or one of 'ece', 'hosmer-lemeshow', .* got 'z'"):
        drawn(60, 0).calibration_test("z")


def test_spiegelhalter_without_anything_to_see_is_refused_and_others_see_it():
    scores = Scores([0.5] * 20, [1] * 20)
    with pytest.raises(ScoresError, match="there is none; take another one, such as 'kuiper'"):
        scores.calibration_test("spiegelhalter")
    assert scores.calibration_test("kuiper").p_value < 0.001


def test_clusters_of_scores_reach_the_test():
    scores = Scores([0.8] * 40, [1] * 40, clusters=[str(i // 10) for i in range(40)])
    assert scores.calibration_test().method == "redraws of clusters that are right or wrong together, 4 clusters"
    assert scores.calibration_test().p_value > 0.2
    assert Scores([0.8] * 40, [1] * 40).calibration_test().p_value < 0.01


def test_a_perfect_model_is_refuted_at_most_at_the_level():
    found = statuses(100, 200)
    assert found["refuted"] <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert found["holds"] == 0.0  # a hundred items exclude no error of 0.05


def test_enough_items_of_a_perfect_model_hold():
    assert statuses(8000, 20)["holds"] >= 0.7


def test_an_error_beyond_the_tolerance_is_hardly_ever_let_pass():
    # even where the level lets no test refute anything
    found = statuses(3000, 100, lambda c: np.clip(c - 0.052, 0.0, 1.0), alpha=0.0)
    assert found["refuted"] == 0.0
    assert found["holds"] <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / 100)


def test_underconfidence_is_refuted():
    assert statuses(1000, 3, lambda c: 1.0 / (1.0 + (1.0 / c - 1.0) ** 2))["refuted"] == 1.0


def test_a_model_that_many_items_refute_is_refuted_however_small_its_error_is():
    n = 200_000
    verdict = Scores([0.9] * n, np.arange(n) < 0.897 * n).is_calibrated()
    assert verdict.status == "refuted"
    assert verdict.measurement.high < 0.01


def test_an_impossible_outcome_refutes_at_any_level():
    verdict = Scores([1.0] * 10, [1] * 9 + [0]).is_calibrated(alpha=1e-9)
    assert verdict.status == "refuted"
    assert "p = 0 on 10 items" in verdict.explain()


def test_the_verdict_is_about_the_error_and_says_which_test_it_is_from():
    observed = []
    with using(Rules(observe=observed.append, confidence=0.9)):
        verdict = drawn(300, 1).is_calibrated(test="t-cal", tolerance=0.04)
    assert (verdict.relation, verdict.limit, verdict.measurement.name) == ("is_calibrated", 0.04, "ece")
    assert verdict.items_needed > 300
    assert verdict.explain().startswith(
        "The claim that the model is calibrated is undecided: the T-Cal test gives p = 0."
    )
    assert "which is above 0.1, but with 90% confidence the ECE is at most 0." in verdict.explain()
    assert verdict.explain().endswith(f"; about {verdict.items_needed} items would decide it.")
    assert [(entry.relation, entry.limit) for entry in observed] == [("is_calibrated", 0.04)]


@pytest.mark.parametrize(("name", "value"), [("alpha", -0.1), ("alpha", float("nan")), ("tolerance", 1.1)])
def test_a_number_out_of_range_is_refused(name, value):
    with pytest.raises(ScoresError, match=f"{name} must lie between 0 and 1"):
        drawn(60, 0).is_calibrated(**{name: value})


def weakly_refuted():
    scores = Scores([0.8] * 100, [1] * 71 + [0] * 29)
    assert 0.01 < scores.calibration_test().p_value < 0.05
    return scores


def test_as_one_of_many_gates_the_p_value_is_held_against_the_share_of_the_level():
    scores = weakly_refuted()
    assert scores.is_calibrated().status == "refuted"
    with using(Rules(correction=Correction("bonferroni", 5, shares(5)))):
        verdict = scores.is_calibrated()
    assert (verdict.status, verdict.share) == ("undecided", 0.15)
    assert "one of 5 gates is refuted only at 99.25%" in verdict.explain()
    with using(Rules(correction=Correction("bonferroni", 5, shares(5)))):
        assert Scores([0.8] * 100, [1] * 50 + [0] * 50).is_calibrated().status == "refuted"


@pytest.mark.parametrize(("alpha", "handed_on"), [(None, 0.5), (0.1, 0.25)])
def test_what_is_handed_on_to_holm_falls_where_the_p_value_falls_below_its_level(alpha, handed_on):
    # One verdict's level among all is (1 - confidence) / 2: half of the p-value meets it where p meets 1 - confidence.
    scores = weakly_refuted()
    with using(Rules(correction=Correction("holm", 5, shares(5)))):
        verdict = scores.is_calibrated(alpha)
    assert verdict.p_value == pytest.approx(scores.calibration_test().p_value * handed_on, rel=1e-6)


def test_what_would_not_be_refuted_by_itself_hands_nothing_on() -> None:
    with using(Rules(correction=Correction("holm", 5, shares(5)))):
        verdict = weakly_refuted().is_calibrated(0.02)
    assert (verdict.status == "refuted", verdict.p_value) == (False, None)


def test_one_that_a_test_may_soon_refute_is_promised_no_number_of_items() -> None:
    soon = Scores([0.9] * 100, [1] * 84 + [0] * 16).is_calibrated()
    assert (soon.status, soon.items_needed) == ("undecided", None)
    likely = Scores([0.9] * 100, [1] * 90 + [0] * 10).is_calibrated()
    assert likely.status == "undecided"
    assert likely.items_needed is not None
