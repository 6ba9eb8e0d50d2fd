"""The members of an ensemble are averaged, item by item and choice by choice."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.calibrators.distillation import ensemble
from pytest_llmcal.measurement import About

ONE = Scores.from_probabilities(
    [[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]], [0, 2], ids=["a", "b"], groups={"region": ["n", "s"]}, about=About(model="m1")
)
TWO = Scores.from_logits(
    np.log([[0.1, 0.1, 0.8], [0.5, 0.5, 1e-300]]), [2, 0], ids=["b", "a"], about=About(model="m2", revision="x")
)


def test_probabilities_are_averaged_whatever_the_order_of_the_items() -> None:
    mean = ensemble([ONE, TWO])
    assert mean.choices is not None
    assert np.allclose(mean.choices.values, [[0.7, 0.3, 0.0], [0.15, 0.2, 0.65]])
    assert not mean.choices.are_logits
    assert mean.ids == ("a", "b")
    assert mean.groups == {"region": ("n", "s")}
    assert mean.correct.tolist() == [True, True]
    assert mean.about == About(model="mean of m1, m2")


def test_one_member_is_its_own_mean() -> None:
    alone = ensemble([ONE])
    assert alone.choices is not None
    assert ONE.choices is not None
    assert np.array_equal(alone.choices.values, ONE.choices.values)


def test_logits_of_any_size_and_absent_choices_are_averaged_as_probabilities() -> None:
    one = Scores.from_logits([[1000.0, 0.0, -np.inf]], [0], ids=["a"])
    two = Scores.from_logits([[0.0, 0.0, -np.inf]], [0], ids=["a"])
    mean = ensemble([one, two])
    assert mean.choices is not None
    assert mean.choices.values.tolist() == [[0.75, 0.25, 0.0]]


def other(**changes: object) -> Scores:
    values = {"probabilities": [[0.9, 0.1], [0.2, 0.8]], "labels": [0, 1], "ids": ["a", "b"]} | changes
    return Scores.from_probabilities(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ([], "an ensemble needs the scores of at least one member, got none"),
        ([other(), other(ids=["a", "c"])], "member 1 and member 0 do not speak of the same items: only one has 'b'"),
        (
            [other(), other(probabilities=[[0.5, 0.5]] * 3, labels=[0, 0, 0], ids=["a", "b", "c"])],
            "member 1 and member 0 do not speak of the same items: only one has 'c'",
        ),
        (
            [other(), other(labels=[0, 0])],
            "member 1 and member 0 do not have the same choices in the same order: see item 'b'",
        ),
        (
            [other(), other(probabilities=[[0.5, 0.5, 0.0]] * 2)],
            "member 1 and member 0 do not have the same choices in the same order: see item 'a'",
        ),
    ],
)
def test_members_that_do_not_belong_together_are_refused(members: list[Scores], text: str) -> None:
    with pytest.raises(CalibratorError) as refusal:
        ensemble(members)
    assert str(refusal.value) == text


def test_members_without_ids_or_choices_are_refused() -> None:
    with pytest.raises(CalibratorError, match="member 0 is matched with items by id"):
        ensemble([other(ids=None)])
    with pytest.raises(CalibratorError, match="member 1 needs logits or probabilities"):
        ensemble([other(), other().top_label()])
