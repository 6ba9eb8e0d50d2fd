"""The simplest calibrator that is as good as the best is chosen, and what was tried is said."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import Calibrator, CalibratorError, registry
from pytest_llmcal.calibrators.auto import Auto
from pytest_llmcal.calibrators.calibrator import Learnt
from pytest_llmcal.calibrators.candidates import CANDIDATES, Suits
from tests.calibrators.where_temperature_hurts import calibrated, choices, position


class Biases(Calibrator):
    """Stands in for vector scaling: the log of how much more often a choice is right than it is said to be."""

    name: ClassVar[str] = "vector"

    def _learn(self, scores: Scores) -> None:
        assert scores.choices is not None
        said = np.concatenate([part for _, part in scores.choices.probabilities()]).mean(axis=0)
        right = np.bincount(scores.choices.labels, minlength=len(said)) + 1.0
        self.bias = np.log(right / right.sum() / said)

    def _apply(self, scores: Scores) -> Scores:
        assert scores.choices is not None
        return scores.recalibrated(scores.choices.values + self.bias, self.label)

    def _learnt(self) -> Learnt:
        return {"bias": self.bias}

    def _restore(self, learnt: Learnt) -> None:
        self.bias = np.asarray(learnt["bias"])

    def _summary(self) -> dict[str, float | int | str | bool]:
        return {"choices": len(self.bias)}


class Same(Biases):
    """Fits nothing; richer in name only."""

    name: ClassVar[str] = "dirichlet"

    def _learn(self, scores: Scores) -> None:
        assert scores.choices is not None
        self.bias = np.zeros(scores.choices.values.shape[1])


class Failing(Same):
    name: ClassVar[str] = "matrix"

    def _learn(self, scores: Scores) -> None:
        raise CalibratorError(f"no matrix fits {len(scores)} items")


class FailingOnAll(Biases):
    """Fits the folds of 1000 items, not all of them."""

    def _learn(self, scores: Scores) -> None:
        if len(scores) == 1000:
            raise CalibratorError("a thousand is too many")
        super()._learn(scores)


class Mean(Calibrator):
    """Stands in for Platt scaling: every confidence is the accuracy."""

    name: ClassVar[str] = "platt"

    def _learn(self, scores: Scores) -> None:
        self.mean = float(scores.correct.mean())

    def _apply(self, scores: Scores) -> Scores:
        return scores.recalibrated_confidence(np.full(len(scores), self.mean), self.label)

    def _learnt(self) -> Learnt:
        return {"mean": self.mean}

    def _restore(self, learnt: Learnt) -> None:
        self.mean = float(learnt["mean"])

    def _summary(self) -> dict[str, float | int | str | bool]:
        return {"mean": self.mean}


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {"vector": Biases, "dirichlet": Same, "matrix": Failing, "platt": Mean}
    ours = registry._kind
    monkeypatch.setattr(registry, "_kind", lambda name: kinds.get(name) or ours(name))
    monkeypatch.setattr(registry, "names", lambda: sorted({"temperature", "auto", *kinds}))


def chosen(auto: Auto) -> str:
    return "identity" if auto.chosen is None else auto.chosen.name


def test_a_calibrated_model_is_mostly_left_as_it_is() -> None:
    # 92 of 100 draws; a candidate that is as good lies a standard error ahead now and then
    assert sum(chosen(Auto().fit(calibrated(1000, seed))) == "identity" for seed in range(10)) >= 8


def test_identity_changes_nothing_and_says_that_it_did_not() -> None:
    auto, new = Auto().fit(calibrated(9)), calibrated(50, 10)
    after = auto.transform(new)
    assert np.array_equal(after.confidence, new.confidence)
    assert after.before is new
    assert after.about.calibrator == "auto(chosen=identity)"


@pytest.mark.parametrize("seed", range(3))
def test_where_one_temperature_is_enough_it_is_taken(seed: int) -> None:
    logits, labels = choices(1000, seed, 2.0)
    assert chosen(Auto().fit(Scores.from_logits(2.0 * logits, labels))) == "temperature"


@pytest.mark.parametrize("seed", range(3))
def test_where_it_is_not_a_richer_one_is(seed: int) -> None:
    fit, test = position(2000, seed).split(0.5)
    auto = Auto().fit(fit)
    assert chosen(auto) == "vector"
    plain = calibrators.create("temperature").fit(fit).transform(test)
    assert float(auto.transform(test).nll()) < float(plain.nll()) - 0.05


def test_it_says_what_it_tried_and_what_failed() -> None:
    summary = Auto().fit(position(1000)).summary()
    assert summary["chosen"] == "vector(choices=4)"
    assert list(summary) == ["chosen", "identity", "temperature", "vector", "dirichlet", "matrix"]
    assert str(summary["vector"]).endswith("+0.0000 to the best, standard error 0.0000")
    assert "to the best, standard error 0.0" in str(summary["temperature"])
    assert summary["matrix"] == "left out: no matrix fits 800 items"


def test_one_that_fits_the_folds_alone_is_left_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = registry._kind
    monkeypatch.setattr(registry, "_kind", lambda name: FailingOnAll if name == "vector" else ours(name))
    auto = Auto().fit(position(1000))
    assert auto.summary()["vector"] == "left out: a thousand is too many"
    assert chosen(auto) == "temperature"  # the best of the others


def test_likelihoods_are_those_of_cross_fitting() -> None:
    scores = position(500)
    honest = calibrators.create("temperature").cross_fit(scores, folds=4, seed=3)
    trials = {trial.name: trial for trial in Auto(folds=4, seed=3).fit(scores).trials}
    assert trials["temperature"].nll == pytest.approx(float(honest.nll()))
    assert trials["identity"].nll == pytest.approx(float(scores.nll()))


def test_clusters_make_the_standard_error_larger() -> None:
    once = position(300)
    assert once.choices is not None
    values, labels = np.repeat(once.choices.values, 4, axis=0), np.repeat(once.choices.labels, 4)
    names = [f"passage-{item // 4}" for item in range(1200)]
    free, tied = (
        {trial.name: trial for trial in Auto().fit(Scores.from_logits(values, labels, clusters=clusters)).trials}
        for clusters in (None, names)
    )
    assert (tied["temperature"].error or 0.0) > 1.7 * (free["temperature"].error or 0.0) > 0.0


def test_candidates_that_do_not_suit_are_said_and_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CANDIDATES, "dirichlet", Suits("choices", 10, 3))  # type: ignore[arg-type]
    summary = Auto().fit(position(150)).summary()
    assert summary["vector"] == "left out: takes 200 items, and there are 150"
    assert summary["dirichlet"] == "left out: takes at most 3 choices, and there are 4"


def test_scores_of_confidences_have_candidates_of_their_own() -> None:
    scores = Scores(np.tile([0.99, 0.98], 100), np.tile([1, 0, 1, 1], 50))
    auto = Auto().fit(scores)
    assert [trial.name for trial in auto.trials] == ["identity", "platt"]
    assert chosen(auto) == "platt"


def test_an_impossible_answer_rules_a_candidate_out() -> None:
    scores = Scores(np.tile([1.0, 0.7], 50), np.tile([0, 1], 50))
    auto = Auto().fit(scores)
    assert auto.summary()["identity"] == "left out: gives what was right probability zero in 50 items"
    assert chosen(auto) == "platt"


def test_names_that_are_given_are_tried_and_no_others() -> None:
    auto = Auto(["dirichlet"]).fit(position(500))
    assert [trial.name for trial in auto.trials] == ["identity", "dirichlet"]
    crossing_kinds = Auto(["platt"]).fit(position(500))
    assert "leaves no probabilities of choices" in str(crossing_kinds.summary()["platt"])


@pytest.mark.parametrize("n", [1, 5, 9])
def test_few_items_leave_everything_as_it_is(n: int) -> None:
    auto = Auto().fit(position(n))
    assert auto.summary() == {"chosen": "identity", "identity": "not compared"}


@pytest.mark.parametrize("make", [position, calibrated])
def test_a_saved_one_gives_the_same(make: type, tmp_path: Path) -> None:
    auto, new = Auto().fit(make(500)), position(50, seed=1)
    auto.save(tmp_path)
    loaded = calibrators.load(tmp_path)
    assert np.array_equal(loaded.transform(new).confidence, auto.transform(new).confidence)
    assert loaded.summary() == auto.summary()


def test_another_chosen_one_in_the_folder_is_refused(tmp_path: Path) -> None:
    Auto().fit(position(500)).save(tmp_path)
    calibrators.create("temperature").fit(position(100)).save(tmp_path / "chosen")
    with pytest.raises(CalibratorError, match="chose 'vector', and chosen holds 'temperature'"):
        calibrators.load(tmp_path)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"candidates": ["magic"]}, "'magic' is no candidate"),
        ({"candidates": ["auto"]}, "'auto' is no candidate"),
        ({"candidates": "temperature"}, "must be a list of names"),
        ({"folds": 1}, "folds must be a whole number of at least 2"),
        ({"seed": -1}, "seed must be a whole number"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, object], match: str) -> None:
    with pytest.raises(CalibratorError, match=match):
        calibrators.create("auto", **options)


def test_folds_that_choose_unlike_candidates_are_joined_whatever_the_scores_were_made_of() -> None:
    for seed in range(12):
        generator = np.random.default_rng(seed)
        logits = generator.normal(0.0, 2.0, (150, 4))
        labels = (logits / 1.35 + generator.gumbel(size=(150, 4))).argmax(axis=1)
        rows = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        honest = calibrators.create("auto").cross_fit(Scores.from_probabilities(rows, labels))
        assert len(honest) == 150
