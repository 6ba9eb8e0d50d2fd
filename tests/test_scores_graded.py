"""Graded correctness: a confidence promises the mean, 0/1 stays what it was, and nothing turns a grade into a bool."""

from __future__ import annotations

import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal import Scores, calibrators, strategies
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.metrics.bin_sums import _graded_sums, bin_sums
from pytest_llmcal.metrics.bins import make_bins, uniform
from pytest_llmcal.metrics.decomposition import corp, murphy
from pytest_llmcal.metrics.graded import dispersion
from pytest_llmcal.scores import ScoresError
from pytest_llmcal.scores.joined import joined
from pytest_llmcal.statistics.coverage import _hoeffding_bentkus

MEASURED = ("accuracy", "brier", "nll", "ece", "squared_ece", "mce", "smooth_ece", "skce", "kde_ece", "aurc")
LEVELS = np.array([0.1, 0.3, 0.45, 0.6, 0.75, 0.9])


def model(n: int = 600, *, seed: int = 0, size: float = 4.0, bias: float = 0.0, spread: bool = False) -> Scores:
    """Grades from a beta distribution worth ``size`` answers, about the confidence plus a bias."""
    random = np.random.default_rng(seed)
    c = random.uniform(0.35, 0.95, n) if spread else random.choice(LEVELS, n)
    mean = np.clip(c + bias, 0.01, 0.99)
    return Scores(c, random.beta(size * mean, size * (1 - mean)), ids=[f"{seed}-{item}" for item in range(n)])


def of_quarters(n: int = 80, seed: int = 1) -> tuple[Scores, Scores]:
    """Grades of quarters, and the same as four right or wrong answers each: all means are equal."""
    random = np.random.default_rng(seed)
    c, quarters = random.choice(LEVELS, n), random.integers(0, 5, n)
    return Scores(c, quarters / 4), Scores(np.repeat(c, 4), (np.arange(4) < quarters[:, None]).ravel())


def test_grades_are_kept_and_what_is_right_or_wrong_stays_boolean() -> None:
    graded = Scores([0.9, 0.8], np.float32([0.25, 1.0]))
    assert graded.is_graded
    assert graded.correct.dtype == np.float64
    assert graded.correct.tolist() == [0.25, 1.0]
    for plain in ([1, 0], [True, False], [1.0, 0.0], np.float32([1, 0])):
        assert not Scores([0.9, 0.8], plain).is_graded
        assert Scores([0.9, 0.8], plain).correct.dtype == np.bool_


@given(strategies.scores(max_size=40))
@settings(deadline=None, max_examples=25)
def test_zeros_and_ones_of_any_kind_measure_bit_for_bit_alike(scores: Scores) -> None:
    whole = scores.top_label()
    floats = Scores(whole.confidence, whole.correct.astype(np.float64), ids=whole.ids)
    for metric in ("accuracy", "brier", "nll", "ece", "smooth_ece", "aurc"):
        one, other = getattr(whole, metric)(), getattr(floats, metric)()
        assert (float(one), one.low, one.high, one.noise_floor) == (
            float(other),
            other.low,
            other.high,
            other.noise_floor,
        )


@given(strategies.scores(max_size=60))
@settings(deadline=None, max_examples=50)
def test_sums_of_grades_are_those_of_right_and_wrong_where_all_are_zero_or_one(scores: Scores) -> None:
    plain = bin_sums(scores.confidence, scores.correct)
    graded = _graded_sums(scores.confidence, scores.correct.astype(np.float64), 15)
    for name in vars(plain):
        np.testing.assert_allclose(getattr(graded, name), getattr(plain, name), atol=1e-12, err_msg=name)


@given(strategies.scores(max_size=60, graded=True))
@settings(deadline=None, max_examples=25)
def test_every_measure_of_grades_is_a_number_within_its_interval(scores: Scores) -> None:
    metrics = MEASURED if len(scores) > 1 else ("accuracy", "brier", "nll", "ece", "mce", "smooth_ece", "aurc")
    for metric in metrics:
        if metric == "squared_ece" and not _a_pair_shares_a_bin(scores):
            continue  # it is refused, as of right and wrong answers
        measured = getattr(scores, metric)()
        assert measured.low <= measured.high
        assert not math.isnan(measured)
        if metric in {"accuracy", "brier", "nll", "aurc"}:
            assert measured.low <= float(measured) <= measured.high
    for part in scores.reliability().bins:
        assert 0.0 <= part.band_low <= part.band_high <= 1.0


def _a_pair_shares_a_bin(scores: Scores) -> bool:
    return bool(
        (bin_sums(scores.confidence, scores.correct, make_bins(scores.confidence, scores.correct)).count > 1).any()
    )


@pytest.mark.parametrize("metric", ["accuracy", "nll", "ece", "mce", "smooth_ece"])
def test_means_of_quarters_are_those_of_four_answers_each(metric: str) -> None:
    graded, expanded = of_quarters()
    options = {} if metric in {"accuracy", "nll", "smooth_ece"} else {"binning": "uniform"}
    one, other = getattr(graded, metric)(**options), getattr(expanded, metric)(**options)
    assert float(one) == pytest.approx(float(other), abs=1e-9)


def test_the_brier_score_is_the_mean_square_and_holds_what_grades_vary() -> None:
    graded, expanded = of_quarters()
    assert float(graded.brier()) == pytest.approx(np.mean((graded.confidence - graded.correct) ** 2))
    varies = np.mean(graded.correct * (1 - graded.correct))
    assert float(graded.brier()) == pytest.approx(float(expanded.brier()) - varies)


def test_the_nll_is_the_cross_entropy_infinite_where_a_part_of_it_was_impossible() -> None:
    c, y = np.array([0.9, 0.4]), np.array([0.3, 0.5])
    expected = -np.mean(y * np.log(c) + (1 - y) * np.log(1 - c))
    assert float(Scores(c, y).nll()) == pytest.approx(expected)
    assert float(Scores([1.0, 0.5], [0.99, 0.5]).nll()) == math.inf
    clipped = Scores([1.0, 0.5], [0.5, 0.5]).nll(clip=0.01)
    assert float(clipped) == pytest.approx((-0.5 * math.log(0.01 * 0.99) + math.log(2)) / 2)
    assert "1 of 2 items" in clipped.method


def test_the_area_is_the_mean_loss_of_the_surest() -> None:
    scores = Scores([0.9, 0.8, 0.7], [0.5, 1.0, 0.2])
    assert float(scores.aurc()) == pytest.approx((0.5 + 0.5 / 2 + 1.3 / 3) / 3)
    assert float(scores.accuracy_at_coverage(0.6)) == pytest.approx(0.75)
    assert float(scores.abstain(0.75).risk) == pytest.approx(0.25)


@pytest.mark.parametrize("score", ["brier", "nll"])
def test_parts_of_a_score_of_grades_add_up_and_isotonic_is_that_of_the_answers(score: str) -> None:
    graded, expanded = of_quarters()
    for parts in (corp(graded.confidence, graded.correct, score), graded.decomposition(score, "murphy")):
        whole = parts.miscalibration - parts.discrimination + parts.within_bins + parts.uncertainty
        assert parts.score == pytest.approx(whole)
        assert parts.score == pytest.approx(float(getattr(graded, score)()))
    pools, same = (one.reliability(binning="corp").bins for one in (graded, expanded))
    assert [pool.accuracy for pool in pools] == pytest.approx([pool.accuracy for pool in same])
    bins = graded.confidence, graded.correct
    assert murphy(*bins, uniform(15), "nll").miscalibration == pytest.approx(
        murphy(expanded.confidence, expanded.correct, uniform(15), "nll").miscalibration
    )


@pytest.mark.parametrize("size", [1.0, 4.0, 19.0])
def test_the_dispersion_is_the_share_of_the_variance_of_zero_and_one(size: float) -> None:
    many = model(60_000, size=size)
    assert dispersion(many.confidence, many.correct) == pytest.approx(1 / (1 + size), rel=0.05)
    assert dispersion(np.full(4, 0.9), np.full(4, 0.5)) > 0.9  # four alike say little about how much they vary


def test_miscalibration_is_not_taken_for_dispersion() -> None:
    fair, sure = (model(20_000, bias=bias) for bias in (0.0, -0.09))
    assert dispersion(sure.confidence, sure.correct) == pytest.approx(
        dispersion(fair.confidence, fair.correct), rel=0.12
    )


@pytest.mark.parametrize("metric", ["ece", pytest.param("smooth_ece", marks=pytest.mark.slow)])
def test_the_noise_floor_is_what_a_perfect_model_of_such_grades_shows(metric: str) -> None:
    n, size = 900, 9.0
    shown = [float(getattr(model(n, seed=seed, size=size), metric)()) for seed in range(40)]
    floor = getattr(model(n, seed=99, size=size), metric)().noise_floor
    zero_one = getattr(_rounded(model(n, seed=99, size=size)), metric)().noise_floor
    assert floor.mean == pytest.approx(np.mean(shown), rel=0.2)
    assert floor.mean < 0.75 * zero_one.mean


def _rounded(scores: Scores) -> Scores:
    return Scores(scores.confidence, np.random.default_rng(77).random(len(scores)) < scores.correct)


def test_grades_say_more_than_as_many_right_and_wrong_answers() -> None:
    graded = model(400, size=9.0)
    plain = _rounded(graded)
    for metric in ("accuracy", "ece", "smooth_ece", "aurc"):
        one, other = getattr(graded, metric)(), getattr(plain, metric)()
        assert one.high - one.low < 0.8 * (other.high - other.low), metric
    assert graded.ece().high < 0.06 < plain.ece().high


def test_tests_of_calibration_know_how_little_grades_vary() -> None:
    biased = model(400, size=19.0, bias=-0.03, spread=True)
    found = biased.calibration_test()
    assert found.method == "sign flips"
    assert found.p_value < 0.01
    assert _rounded(biased).calibration_test().p_value > 0.05
    assert biased.is_calibrated().status == "refuted"
    assert model(400, seed=4, size=19.0, spread=True).is_calibrated().status == "holds"


def test_near_certainty_the_test_redraws_the_most_that_answers_may_vary() -> None:
    c = np.full(200, 0.99)
    assert "0/1" in Scores(c, np.r_[np.full(199, 1.0), 0.4]).calibration_test().method
    impossible = Scores([1.0, 0.9], [0.999, 0.4]).calibration_test()
    assert (impossible.p_value, impossible.method) == (0.0, "an impossible outcome")


@pytest.mark.parametrize("test", ["ece", "hosmer-lemeshow", "kolmogorov-smirnov", "skce", "spiegelhalter", "t-cal"])
def test_each_test_sees_a_bias_of_grades_and_not_where_there_is_none(test: str) -> None:
    assert model(400, seed=3, size=9.0, bias=-0.1, spread=True).calibration_test(test).p_value < 0.01
    assert model(400, seed=3, size=9.0, spread=True).calibration_test(test).p_value > 0.05


def test_what_compares_right_with_wrong_refuses_grades() -> None:
    for metric in ("auroc", "e_aurc"):
        with pytest.raises(ScoresError, match=r"correctness here\s+is graded"):
            getattr(model(40), metric)()
    for name in ("bbq", "venn-abers"):
        with pytest.raises(CalibratorError, match=f"{name} learns from right and wrong answers"):
            calibrators.create(name).fit(model(40))


LEARN = ("platt", "beta", "isotonic", "centered-isotonic", "histogram", "scaling-binning", "spline", "auto")


@pytest.mark.parametrize("name", LEARN)
def test_calibrators_of_confidences_learn_the_mean_grade(name: str) -> None:
    fitted, held = model(1500, bias=-0.15, spread=True), model(1500, seed=1, bias=-0.15, spread=True)
    repaired = calibrators.create(name).fit(fitted).transform(held)
    assert repaired.is_graded
    assert float(repaired.ece()) < 0.03 < 0.1 < float(held.ece())
    change = repaired.nll().change_from(held.nll())
    assert change.high < 0.0


@pytest.mark.parametrize("name", ["isotonic", "histogram"])
def test_maps_of_quarters_are_those_of_four_answers_each(name: str) -> None:
    graded, expanded = of_quarters()
    maps = [calibrators.create(name, extremes="raw").fit(one).maps["answer"](LEVELS) for one in (graded, expanded)]
    np.testing.assert_allclose(*maps, atol=1e-12)


def test_annealing_of_steps_learns_grades_too() -> None:
    fitted = calibrators.create("annealing", metric="nll", parameters="binning", evaluations=50)
    held = model(600, seed=1, bias=-0.2)
    assert float(fitted.fit(model(600, bias=-0.2)).transform(held).ece()) < 0.05


def test_a_promise_about_grades_is_that_of_hoeffding_and_bentkus() -> None:
    from scipy.stats import binom

    n, risk, loss = 200.0, 0.1, 8.4
    [bound] = _hoeffding_bentkus(np.array([loss]), np.array([n]), risk)
    share = loss / n
    divergence = share * math.log(share / risk) + (1 - share) * math.log((1 - share) / (1 - risk))
    assert bound == pytest.approx(min(math.exp(-n * divergence), math.e * binom.cdf(9, n, risk)))
    scores = Scores(np.linspace(0.5, 1.0, 800), np.where(np.arange(800) < 200, 0.3, 0.99))
    rule = calibrators.Abstention(risk=0.05).fit(scores)
    assert 0.5 < rule.threshold < 0.8  # the worse quarter is held back


def test_differences_of_grades_are_paired() -> None:
    new, old = model(300), model(300, seed=0, bias=-0.1)
    difference = new.compare(old).accuracy()
    assert float(difference) == pytest.approx(float(new.accuracy()) - float(old.accuracy()))
    assert difference.low > 0.0
    assert "Hall" in difference.method
    mixed = Scores(old.confidence, old.correct > 0.5, ids=old.ids)
    assert float(new.compare(mixed).accuracy()) == pytest.approx(new.correct.mean() - mixed.correct.mean())
    assert new.compare(old).not_worse_than(0.0, metric="accuracy").status == "holds"


def test_clusters_of_grades_widen_the_interval() -> None:
    one = model(200)
    copies = Scores(np.repeat(one.confidence, 5), np.repeat(one.correct, 5), clusters=np.repeat(one.ids, 5).tolist())
    for metric in ("accuracy", "ece"):
        clustered, alone = getattr(copies, metric)(), getattr(one, metric)()
        assert clustered.high - clustered.low > 0.9 * (alone.high - alone.low)


def test_no_way_round_turns_a_grade_into_right_or_wrong(tmp_path: Path) -> None:
    scores = Scores([0.9, 0.8, 0.7, 0.6], [0.25, 1, 0, 0.5], ids=list("abcd"), groups={"g": ["x", "x", "x", "y"]})
    assert pickle.loads(pickle.dumps(scores)).correct.tolist() == scores.correct.tolist()
    parts = scores.by_group("g")
    assert parts["x"].correct.tolist() == [0.25, 1.0, 0.0]
    assert parts["y"].is_graded
    assert joined(scores.split(0.5)).is_graded
    assert not scores._take(np.array([1, 2])).is_graded  # of these none is
    table = tmp_path / "scores.csv"
    table.write_text("confidence,correct\n0.9,0.25\n0.8,true\n0.7,0\n", encoding="utf-8")
    assert Scores.from_table(table).correct.tolist() == [0.25, 1.0, 0.0]
    for wrong in ("1.5", "nan", "yes"):
        table.write_text(f"confidence,correct\n0.9,{wrong}\n", encoding="utf-8")
        with pytest.raises(ScoresError, match=r"column 'correct'.*graded, a number from 0 to 1"):
            Scores.from_table(table)


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=10)
def test_the_order_of_the_items_does_not_matter(seed: int) -> None:
    scores = model(50)
    shuffled = scores._take(np.random.default_rng(seed).permutation(50))
    for metric in ("accuracy", "ece", "aurc"):
        one, other = getattr(scores, metric)(), getattr(shuffled, metric)()
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-9)
