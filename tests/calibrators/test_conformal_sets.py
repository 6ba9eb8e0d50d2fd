"""Answer sets that hold the right choice as often as promised."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.calibrators import CalibratorError, ConformalSets, InSampleWarning
from pytest_llmcal.scores import AnswerSets, ScoresError

METHODS = ("lac", "aps", "raps")


def drawn(n=500, k=5, seed=0, noise=1.0, **more):
    generator = np.random.default_rng(seed)
    logits = generator.normal(0.0, 2.0, (n, k))
    return Scores.from_logits(logits, (logits + noise * generator.gumbel(size=(n, k))).argmax(axis=1), **more)


def named(n, start=0):
    return [f"item-{i}" for i in range(start, start + n)]


def coverages(n, draws, coverage, new=200, **options):
    """Return the mean coverage of new items over calibration splits, for a model that is too sure of itself."""
    shares = []
    for seed in range(draws):
        scores = drawn(n + new, seed=seed, noise=2.0, ids=named(n + new))
        fitted = ConformalSets(coverage=coverage, **options).fit(scores._take(np.arange(n)))
        shares.append(fitted.sets(scores._take(np.arange(n, n + new))).covered.mean())
    return np.mean(shares), 3.0 * np.std(shares) / math.sqrt(draws)


@pytest.mark.parametrize(("n", "coverage"), [(20, 0.9), (50, 0.8), (200, 0.9)])
def test_mean_coverage_lies_in_its_band(n, coverage):
    mean, error = coverages(n, 500, coverage, method="lac")
    assert coverage - error <= mean <= coverage + 1 / (n + 1) + error


@pytest.mark.parametrize(
    "options", [{"method": "aps"}, {"method": "raps"}, {"method": "aps", "randomised": True}], ids=str
)
def test_adaptive_sets_cover_as_often_too(options):
    mean, error = coverages(50, 200, 0.9, **options)
    assert 0.9 - error <= mean <= 0.9 + 1 / 51 + error


def test_lac_holds_every_choice_that_is_likely_enough():
    fitted = ConformalSets("lac", 0.8).fit(drawn())
    test = drawn(seed=1)
    probabilities = np.exp(test.choices.values) / np.exp(test.choices.values).sum(axis=1, keepdims=True)
    assert np.array_equal(fitted.sets(test).mask, probabilities >= 1.0 - fitted.quantile)


def test_adaptive_sets_hold_the_most_probable_choices_and_at_least_one():
    for options in ({"method": "aps"}, {"method": "raps"}):
        sets = ConformalSets(coverage=0.5, **options).fit(drawn()).sets(drawn(seed=1))
        assert sets.sizes.min() == 1
        inside = np.where(sets.mask, sets.scores.choices.values, np.inf).min(axis=1)
        outside = np.where(sets.mask, -np.inf, sets.scores.choices.values).max(axis=1)
        assert np.all(inside > outside)


def test_a_penalty_cuts_long_tails():
    fit, test = drawn(k=30, noise=2.0), drawn(k=30, noise=2.0, seed=1)
    plain, cut = (ConformalSets(method, 0.9).fit(fit).sets(test) for method in ("aps", "raps"))
    assert cut.sizes.max() < plain.sizes.max()


@pytest.mark.parametrize("method", METHODS)
def test_too_few_items_give_all_choices_an_item_has(method):
    for n in (1, 8):
        fitted = ConformalSets(method, 0.9).fit(drawn(n))
        assert fitted.quantile == math.inf
        sets = fitted.sets(Scores.from_logits([[1.0, 0.0, -np.inf], [1.0, 0.0, -800.0]], [0, 1]))
        assert sets.mask.tolist() == [[True, True, False], [True, True, True]]
        assert "too few items" in sets.coverage().method


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("randomised", [False, True])
def test_a_choice_that_is_not_there_is_in_no_set_and_changes_nothing(method, randomised):
    scores = drawn(ids=named(500))
    padded = np.hstack([scores.choices.values, np.full((500, 2), -np.inf)])
    wide = Scores.from_logits(padded, scores.choices.labels, ids=scores.ids)
    there, back = (ConformalSets(method, 0.95, randomised=randomised).fit(s) for s in (scores, wide))
    assert back.quantile == pytest.approx(there.quantile, abs=1e-12)
    sets = back.sets(wide, in_sample=True)
    assert not sets.mask[:, 5:].any()
    assert np.array_equal(sets.mask[:, :5], there.sets(scores, in_sample=True).mask)


@pytest.mark.parametrize("method", ["aps", "raps"])
def test_random_numbers_belong_to_the_item_and_not_to_its_row(method):
    fitted = ConformalSets(method, 0.8, randomised=True).fit(drawn(ids=named(500)))
    test = drawn(seed=1, ids=named(500, 500))
    order = np.random.default_rng(0).permutation(500)
    assert np.array_equal(fitted.sets(test).mask[order], fitted.sets(test._take(order)).mask)
    other = ConformalSets(method, 0.8, randomised=True, seed=1).fit(drawn(ids=named(500)))
    assert not np.array_equal(fitted.sets(test).mask, other.sets(test).mask)
    with pytest.raises(CalibratorError, match="randomised sets draw by the ids of the items"):
        fitted.sets(drawn(seed=1))


def test_sets_may_be_empty_where_they_are_random_or_no_choice_is_likely_enough():
    fit, test = drawn(ids=named(500)), drawn(seed=1, ids=named(500, 500))
    for options in ({"method": "lac"}, {"method": "aps", "randomised": True}):
        assert ConformalSets(coverage=0.4, **options).fit(fit).sets(test).sizes.min() == 0


@pytest.mark.parametrize("method", METHODS)
def test_precision_does_not_matter(method):
    scores = drawn()
    single = Scores.from_logits(scores.choices.values.astype(np.float32), scores.choices.labels)
    there, back = (ConformalSets(method).fit(s).quantile for s in (scores, single))
    assert back == pytest.approx(there, abs=1e-4)


def test_probabilities_give_what_their_logits_give():
    scores = drawn()
    rows = np.exp(scores.choices.values) / np.exp(scores.choices.values).sum(axis=1, keepdims=True)
    other = Scores.from_probabilities(rows, scores.choices.labels)
    assert ConformalSets().fit(other).quantile == pytest.approx(ConformalSets().fit(scores).quantile, abs=1e-12)


def test_measurements_of_sets_are_in_words_and_have_their_intervals():
    fit, test = drawn().split(0.5)
    sets = ConformalSets("lac", 0.9).fit(fit).sets(test)
    coverage, size = sets.coverage(), sets.size()
    assert float(coverage) == sets.covered.mean()
    assert coverage.above(0.8).claim == "coverage of answer sets is at least 0.8"
    assert float(size) == sets.sizes.mean()
    assert size.low < float(size) < size.high
    assert size.below(3).claim == "mean size of answer sets is at most 3"
    assert size.method.startswith("LAC sets that promise coverage 0.9; Hall's")
    assert sets.coverage(confidence=0.5).low > coverage.low


def test_sets_by_group_are_the_sets_of_its_items():
    scores = drawn(100, groups={"half": ["a", "b"] * 50})
    sets = ConformalSets().fit(drawn(seed=1)).sets(scores)
    parts = sets.by_group("half")
    assert sorted(parts) == ["a", "b"]
    assert np.array_equal(parts["b"].mask, sets.mask[1::2])
    assert parts["b"].coverage().about.group == "half=b"
    with pytest.raises(ScoresError, match="no attribute 'third'"):
        sets.by_group("third")


def test_copies_in_clusters_give_the_threshold_of_one_each():
    scores = drawn(50)
    times = np.repeat(np.arange(50), 4)
    copies = scores._take(times)._with(clusters=tuple(map(str, times)))
    assert ConformalSets().fit(copies).quantile == ConformalSets().fit(scores).quantile


def test_a_mask_of_another_shape_or_of_scores_without_choices_is_refused():
    with pytest.raises(ScoresError, match=r"a mask of shape \(500, 4\) does not belong"):
        AnswerSets(drawn(), np.ones((500, 4), dtype=bool), "by hand")
    with pytest.raises(ScoresError, match="does not belong"):
        AnswerSets(Scores([0.5], [1]), np.ones((1, 2), dtype=bool), "by hand")


def test_scores_without_choices_and_impossible_right_ones_are_refused():
    with pytest.raises(CalibratorError, match="an answer set needs logits or probabilities"):
        ConformalSets().fit(Scores([0.9], [1]))
    with pytest.raises(CalibratorError, match="item 1 gives its right choice probability zero"):
        ConformalSets().fit(Scores.from_probabilities([[0.5, 0.5], [1.0, 0.0]], [0, 1]))


@pytest.mark.parametrize("n", [5, 200])
def test_it_is_saved_and_loaded_as_it_was(tmp_path, n):
    options = {"method": "raps", "coverage": 0.85, "penalty": 0.2, "unpenalised": 2, "randomised": True, "seed": 3}
    fitted = ConformalSets(**options).fit(drawn(n, ids=named(n)))
    fitted.save(tmp_path)
    loaded = ConformalSets.load(tmp_path)
    test = drawn(seed=1, ids=named(500, 500))
    assert np.array_equal(loaded.sets(test).mask, fitted.sets(test).mask)
    assert loaded.summary() == fitted.summary()
    with pytest.warns(InSampleWarning, match=f"{n} of {n} items"):
        assert loaded.sets(drawn(n, ids=named(n))).coverage().about.in_sample
    assert not loaded.sets(drawn(n, ids=named(n)), in_sample=True).size().about.in_sample


def test_damaged_values_are_refused(tmp_path):
    ConformalSets().fit(drawn()).save(tmp_path)
    path = tmp_path / "calibrator.json"
    for learnt, match in [({"bounded": True}, "'quantile' is missing"), ({"bounded": "yes"}, "must be true or false")]:
        path.write_text(json.dumps(json.loads(path.read_text()) | {"learnt": learnt}))
        with pytest.raises(CalibratorError, match=match):
            ConformalSets.load(tmp_path)


def test_it_must_be_fitted_first():
    with pytest.raises(CalibratorError, match="this conformal is not fitted"):
        ConformalSets().sets(drawn())


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"method": "top_k"}, "method must be one of 'lac', 'aps', 'raps', got 'top_k'"),
        ({"coverage": 1.0}, "coverage must be a number above 0 and below 1, got 1.0"),
        ({"penalty": -0.1}, "penalty must be a number of at least 0, got -0.1"),
        ({"penalty": math.nan}, "penalty must be a number of at least 0"),
        ({"unpenalised": 1.5}, "unpenalised must be a whole number of at least 0, got 1.5"),
        ({"randomised": 1}, "randomised must be True or False, got 1"),
        ({"seed": None}, "seed must be a whole number"),
    ],
)
def test_an_option_that_is_none_is_refused(options, match):
    with pytest.raises(CalibratorError, match=match):
        ConformalSets(**options)
