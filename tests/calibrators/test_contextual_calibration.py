"""Contextual calibration: division by what a model says when nothing is asked."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal import Scores, Task, calibrators, load_task
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.calibrators.contextual import ContextualCalibration
from pytest_llmcal.tasks import Item, Items

LABELS = ("red", "green", "blue")
BIAS = np.array([2.0, 0.0, -1.0])


@pytest.fixture
def colours(tmp_path: Path) -> Task:
    """Questions that state the logits of their answers, which are drawn from them."""
    generator = np.random.default_rng(0)
    logits = generator.normal(0.0, 1.5, (1200, 3)).round(3)
    answers = (logits + generator.gumbel(size=logits.shape)).argmax(axis=1)
    with (tmp_path / "colours.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", *LABELS, "answer"])
        for row, answer in zip(logits, answers, strict=True):
            writer.writerow([" ".join(map(str, row)), *LABELS, LABELS[answer]])
    return load_task(
        tmp_path / "colours.csv",
        template="Text: {{ text }}\nColour:",
        choices=LABELS,
        shuffle_choices=False,
        calibration=0.5,
    )


def reader(bias: np.ndarray) -> Callable[[Items], Scores]:
    """A model that says what the text states, and prefers some labels whatever it reads; to "" it says more."""

    def score(items: Items) -> Scores:
        questions = [item for item in items if isinstance(item, Item)]
        rows = []
        for item in questions:
            text = item.prompt.removeprefix("Text: ").removesuffix("\nColour:")
            stated = [0.0, 0.0, 0.0] if text in ("N/A", "[MASK]") else [0.3, 0.0, 0.0] if text == "" else text.split()
            rows.append(np.array(stated, dtype=float) + bias)
        return Scores.from_logits(rows, [item.answer for item in questions], ids=[item.id for item in questions])

    return score


def test_a_planted_preference_is_found_and_taken_off(colours: Task) -> None:
    clean, biased = reader(np.zeros(3))(colours.test), reader(BIAS)(colours.test)
    fitted = calibrators.create("contextual", scorer=reader(BIAS), items=colours, content_free=["N/A", "[MASK]"]).fit()
    assert isinstance(fitted, ContextualCalibration)
    np.testing.assert_allclose(fitted.prior, np.exp(BIAS) / np.exp(BIAS).sum(), rtol=1e-9)
    mended = fitted.transform(biased)
    np.testing.assert_allclose(mended.confidence, clean.confidence, rtol=1e-9)
    assert mended.accuracy() == clean.accuracy() > biased.accuracy() + 0.1
    assert float(mended.ece()) == pytest.approx(float(clean.ece()))
    assert float(biased.ece()) > float(clean.ece()) + 0.1
    assert mended.before is biased
    assert mended.about.calibrator == fitted.label


def test_the_prior_is_the_mean_probability_over_the_three_inputs(colours: Task) -> None:
    fitted = ContextualCalibration(reader(BIAS), colours).fit()
    rows = np.exp(np.array([BIAS, BIAS, BIAS + np.array([0.3, 0.0, 0.0])]))
    np.testing.assert_allclose(fitted.prior, (rows / rows.sum(axis=1, keepdims=True)).mean(axis=0), rtol=1e-9)


def test_a_model_without_a_preference_is_left_alone(colours: Task) -> None:
    score = reader(np.zeros(3))
    fitted = ContextualCalibration(score, colours.calibration, content_free=["N/A"]).fit()
    np.testing.assert_allclose(fitted.transform(score(colours.test)).confidence, score(colours.test).confidence)


def test_the_items_lend_only_their_template(colours: Task) -> None:
    seen: list[str] = []

    def score(items: Items) -> Scores:
        seen.extend(item.prompt for item in items if isinstance(item, Item))
        return reader(BIAS)(items)

    ContextualCalibration(score, colours).fit()
    assert seen == ["Text: N/A\nColour:", "Text: [MASK]\nColour:", "Text: \nColour:"]


def test_prompts_may_be_given_for_items_that_do_not_say_how_theirs_were_made() -> None:
    items = Items("mine", "test", (Item("a", "Text: 1 2 3\nColour:", LABELS, 0),))
    with pytest.raises(
        CalibratorError, match=r"contextual: task 'mine': item 'a' does not say how its prompt was made"
    ):
        ContextualCalibration(reader(BIAS), items).fit()
    fitted = ContextualCalibration(reader(BIAS), items, prompts=["Text: N/A\nColour:"]).fit()
    np.testing.assert_allclose(fitted.prior, np.exp(BIAS) / np.exp(BIAS).sum(), rtol=1e-9)


def test_choices_that_differ_from_item_to_item_are_refused_and_pmi_named() -> None:
    items = Items("mine", "test", (Item("a", "?", ("x", "y"), 0), Item("b", "?", ("x", "z"), 0)))
    with pytest.raises(CalibratorError, match=r"choices differ from item to item: item 'a' .*otherwise use 'pmi'"):
        ContextualCalibration(reader(BIAS), items, prompts=["N/A"]).fit()


@pytest.mark.parametrize("wrong", ["N/A", [], ["N/A", None], 3])
def test_inputs_that_are_no_list_of_texts_are_refused(wrong: object) -> None:
    with pytest.raises(CalibratorError, match="content_free"):
        ContextualCalibration(content_free=wrong)  # type: ignore[arg-type]
