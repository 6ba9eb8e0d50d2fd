"""A calibrator knows the items that it was fitted on, and is not judged on them unawares."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import Abstention, CalibratorError, ConformalSets, InSampleWarning
from pytest_llmcal.calibrators.folds import folds_of


def answers(start: int, n: int = 60, *, ids: bool = True, seed: int = 0) -> Scores:
    generator = np.random.default_rng([seed, start])
    logits = generator.normal(0.0, 3.0, (n, 3))
    names = [f"item-{start + place}" for place in range(n)] if ids else None
    return Scores.from_logits(logits, (logits + generator.gumbel(0.0, 2.0, (n, 3))).argmax(axis=1), ids=names)


def test_the_same_items_warn_and_say_how_many() -> None:
    fitted = calibrators.create("temperature").fit(answers(0))
    with pytest.warns(InSampleWarning, match="in-sample: 20 of 60 items are among those that Temperature"):
        calibrated = fitted.transform(answers(40))
    assert calibrated.about.in_sample
    assert calibrated.ece().about.in_sample


def test_other_items_do_not_and_neither_do_the_same_ones_where_that_is_asked_for() -> None:
    fitted = calibrators.create("temperature").fit(answers(0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not fitted.transform(answers(60)).about.in_sample
        assert not fitted.transform(answers(0), in_sample=True).about.in_sample


def test_items_without_ids_are_known_by_their_numbers() -> None:
    fitted = calibrators.create("temperature").fit(answers(0, ids=False))
    with pytest.warns(InSampleWarning, match="60 of 60"):
        fitted.transform(answers(0, ids=False))
    assert not fitted.transform(answers(60, ids=False)).about.in_sample


def test_a_saved_one_still_knows_them(tmp_path: Path) -> None:
    calibrators.create("temperature").fit(answers(0)).save(tmp_path)
    with pytest.warns(InSampleWarning, match="60 of 60"):
        calibrators.load(tmp_path).transform(answers(0))


def test_cross_fitting_calibrates_each_item_without_itself_and_keeps_the_order() -> None:
    scores = answers(0)
    honest = calibrators.create("temperature").cross_fit(scores, folds=5)
    assert honest.ids == scores.ids
    assert not honest.about.in_sample
    assert honest.before is not None
    assert np.array_equal(honest.before.confidence, scores.confidence)
    for place, rest in folds_of(scores, 5, 0):
        alone = calibrators.create("temperature").fit(scores._take(rest)).transform(scores._take(place))
        assert np.array_equal(alone.confidence, honest.confidence[place])


def test_folds_keep_clusters_whole_and_leave_no_item_out() -> None:
    scores = Scores(np.full(40, 0.5), np.arange(40) % 2, clusters=[f"passage-{place // 4}" for place in range(40)])
    places = [place for place, _ in folds_of(scores, 3, 0)]
    assert sorted(np.concatenate(places)) == list(range(40))
    for place in places:
        assert len(place) == 4 * len({index // 4 for index in place})


@pytest.mark.parametrize("folds", [1, 0, 61, 2.0, True])
def test_a_number_of_folds_that_cannot_be_is_refused(folds: object) -> None:
    with pytest.raises(CalibratorError, match="folds must be a whole number from 2 to the 60 items"):
        calibrators.create("temperature").cross_fit(answers(0), folds=folds)  # type: ignore[arg-type]


@pytest.mark.parametrize("promise", [Abstention, ConformalSets])
def test_no_promise_is_founded_on_items_that_a_calibrator_was_fitted_on(promise: type) -> None:
    scores = answers(0)
    fitted = calibrators.create("temperature").fit(scores)
    with pytest.warns(InSampleWarning):
        marked = fitted.transform(scores)
    with pytest.raises(CalibratorError, match=r"the calibrator temperature\(T=.* was fitted on these"):
        promise().fit(marked)
    promise().fit(fitted.transform(scores, in_sample=True))
