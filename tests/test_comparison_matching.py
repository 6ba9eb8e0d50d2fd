"""Two models are compared item by item: by id, whatever the order, or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.measurement import About
from pytest_llmcal.scores import ScoresError


def test_items_are_matched_by_id_whatever_their_order() -> None:
    new = Scores([0.9, 0.8, 0.7], [1, 0, 1], ids=["a", "b", "c"])
    old = Scores([0.6, 0.5, 0.4], [0, 1, 1], ids=["c", "a", "b"])
    comparison = new.compare(old)
    assert comparison.baseline.ids == ("a", "b", "c")
    assert comparison.baseline.confidence.tolist() == [0.5, 0.4, 0.6]
    assert len(comparison) == 3


def test_the_order_of_the_rows_changes_no_difference() -> None:
    generator = np.random.default_rng(0)
    c, y, order = generator.random(80), generator.random(80) < 0.6, generator.permutation(80)
    new = Scores(c, y, ids=[str(i) for i in range(80)])
    old = Scores(c**2, ~y, ids=[str(i) for i in range(80)])
    shuffled = Scores(old.confidence[order], old.correct[order], ids=[old.ids[i] for i in order])
    for metric in ("accuracy", "brier", "nll", "auroc", "ece"):
        usual, other = (getattr(new.compare(baseline), metric)() for baseline in (old, shuffled))
        assert (float(usual), usual.low, usual.high) == pytest.approx((float(other), other.low, other.high))


@pytest.mark.parametrize(
    ("new_ids", "old_ids", "match"),
    [
        (None, None, "the scores of both have none; make them with ids="),
        (None, ["a", "b"], "the scores of this model have none"),
        (["a", "b"], None, "the scores of the baseline have none"),
        (["a", "x"], ["a", "b"], "the baseline has no score on the item 'x'$"),
        (["y", "x"], ["a", "b"], "the baseline has no score on the item 'y', nor on 1 more"),
    ],
)
def test_ids_that_are_missing_or_differ_are_named(new_ids, old_ids, match) -> None:
    with pytest.raises(ScoresError, match=match):
        Scores([0.9, 0.8], [1, 0], ids=new_ids).compare(Scores([0.7, 0.6], [1, 0], ids=old_ids))


def test_items_that_the_baseline_alone_has_are_named() -> None:
    old = Scores([0.9, 0.8, 0.7], [1, 0, 1], ids=["a", "b", "c"])
    with pytest.raises(ScoresError, match="this model has no score on the item 'b', nor on 1 more"):
        Scores([0.9], [1], ids=["a"]).compare(old)


def test_an_item_with_two_right_answers_is_named() -> None:
    logits, ids = np.zeros((3, 2)), ["a", "b", "c"]
    new, old = Scores.from_logits(logits, [0, 1, 1], ids=ids), Scores.from_logits(logits, [0, 0, 0], ids=ids)
    with pytest.raises(ScoresError, match=r"'b' has two right answers: choice 1 .* choice 0 .* and 1 more items"):
        new.compare(old)


def test_the_same_ids_of_other_data_are_refused() -> None:
    new, old = (Scores([0.9], [1], ids=["a"], about=About(data=data)) for data in ("4f", "77"))
    with pytest.raises(ScoresError, match=r"fingerprint 4f.* fingerprint 77"):
        new.compare(old)
    assert len(new.compare(Scores([0.8], [1], ids=["a"]))) == 1


def test_clusters_of_either_are_taken_and_must_agree() -> None:
    ids = ["a", "b", "c"]
    clustered = Scores([0.9, 0.8, 0.7], [1, 0, 1], ids=ids, clusters=["p", "p", "q"])
    renamed = Scores([0.9, 0.8, 0.7], [1, 0, 1], ids=ids, clusters=["1", "1", "2"])
    plain = Scores([0.9, 0.8, 0.7], [1, 0, 1], ids=ids)
    assert plain.compare(clustered).scores.clusters == ("p", "p", "q")
    assert clustered.compare(plain).baseline.clusters == ("p", "p", "q")
    assert clustered.compare(renamed).baseline.clusters == ("p", "p", "q")
    with pytest.raises(ScoresError, match="'b' is in the cluster 'p' of this model and 'y' of the baseline"):
        clustered.compare(Scores([0.9, 0.8, 0.7], [1, 0, 1], ids=ids, clusters=["x", "y", "y"]))


def test_what_is_no_scores_is_no_baseline() -> None:
    with pytest.raises(ScoresError, match="with the Scores of another model"):
        Scores([0.9], [1], ids=["a"]).compare("world/gpt2")  # type: ignore[arg-type]
