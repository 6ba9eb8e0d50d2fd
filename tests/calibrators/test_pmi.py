"""Domain-conditional PMI: each choice less what it would be worth without the question."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators, load_model, load_task
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.calibrators.pmi import PMI
from pytest_llmcal.scoring import score
from pytest_llmcal.tasks import Item, Items

COMMON = {" Rome": 2.0, " Ulm": 0.0, " Bonn": 1.0}
KNOWN = {"a": " Ulm", "b": " Bonn", "c": " Rome"}


def items_of(*choices: tuple[str, ...]) -> Items:
    made = (
        Item(name, f"{name}? Answer:", each, each.index(KNOWN[name]))
        for name, each in zip("abc", choices, strict=False)
    )
    return Items("towns", "test", tuple(made))


def teller(items: Items) -> Scores:
    """A model that knows the answers, and likes common names more."""
    questions = [item for item in items if isinstance(item, Item)]
    rows = np.full((len(questions), max(len(item.choices) for item in questions)), -np.inf)
    for row, item in zip(rows, questions, strict=True):
        for place, choice in enumerate(item.choices):
            row[place] = COMMON[choice] + (choice == KNOWN.get(item.prompt[0]))
    return Scores.from_logits(rows, [item.answer for item in questions], ids=[item.id for item in questions])


ITEMS = items_of((" Ulm", " Rome"), (" Rome", " Ulm", " Bonn"), (" Bonn", " Rome"))


def test_common_names_lose_what_they_have_without_the_question() -> None:
    scores = teller(ITEMS)
    assert scores.correct.tolist() == [False, False, True]
    mended = calibrators.create("pmi", scorer=teller, items=ITEMS).fit().transform(scores)
    assert mended.correct.all()
    odds = np.exp(1.0)
    np.testing.assert_allclose(mended.confidence, [odds / (odds + 1), odds / (odds + 2), odds / (odds + 1)])
    assert np.array_equal(np.isneginf(mended.choices.values), np.isneginf(scores.choices.values))
    assert mended.before is scores


def test_items_are_known_by_their_ids_in_any_order_and_number() -> None:
    scores = teller(ITEMS)
    fitted = PMI(teller, ITEMS).fit()
    some = fitted.transform(scores._take(np.array([2, 0])))
    np.testing.assert_allclose(some.confidence, fitted.transform(scores).confidence[[2, 0]])


def test_an_empty_premise_is_the_normalization_of_that_name() -> None:
    model, items = load_model("world/gpt2", device="cpu"), load_task("world/qa").test[:12]
    scorer = partial(score, model, progress=False)
    mended = PMI(scorer, items, domain="").fit().transform(scorer(items))
    wanted = scorer(items, normalization="pmi")
    np.testing.assert_allclose(mended.confidence, wanted.confidence, atol=1e-6)
    assert np.array_equal(mended.correct, wanted.correct)


def test_an_item_that_was_not_given_is_refused() -> None:
    fitted = PMI(teller, ITEMS[:2]).fit()
    with pytest.raises(CalibratorError, match="item 'c' is not among the 2 items that it was given"):
        fitted.transform(teller(ITEMS))
    with pytest.raises(CalibratorError, match="no ids"):
        fitted.transform(Scores.from_logits([[1.0, 0.0]], [0]))


def test_an_item_of_the_same_id_with_other_choices_is_refused() -> None:
    fitted = PMI(teller, ITEMS).fit()
    with pytest.raises(CalibratorError, match="item 'a' has other choices"):
        fitted.transform(Scores.from_logits([[1.0, 0.0, 0.0]], [0], ids=["a"]))
    with pytest.raises(CalibratorError, match="item 'b' has other choices"):
        fitted.transform(Scores.from_logits([[1.0, 0.0]], [0], ids=["b"]))


def test_a_premise_that_is_no_text_is_refused() -> None:
    with pytest.raises(CalibratorError, match="domain must be a text, got None"):
        PMI(domain=None)  # type: ignore[arg-type]
