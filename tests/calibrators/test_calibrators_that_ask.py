"""What holds for every calibrator that asks the model itself."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_llmcal import Scores, Task, calibrators, load_model, load_task
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.scoring import score
from pytest_llmcal.tasks import Item, Items

NAMES = ["contextual", "pmi", "pride"]
each = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def task(tmp_path: Path) -> Task:
    rows = "".join(f"Who is {name}?,good,bad,{'good' if place % 2 else 'bad'}\n" for place, name in enumerate("abcdef"))
    (tmp_path / "people.csv").write_text("question,yes,no,answer\n" + rows)
    return load_task(
        tmp_path / "people.csv", style="letters", choices=["yes", "no"], shuffle_choices=True, calibration=0.5
    )


def scorer(items: Items) -> Scores:
    questions = [item for item in items if isinstance(item, Item)]
    logits = [[0.1 * (len(item.prompt) % 7) + 0.5, 0.02 * sum(map(ord, item.prompt[:14]))] for item in questions]
    return Scores.from_logits(logits, [item.answer for item in questions], ids=[item.id for item in questions])


@each
def test_without_a_scorer_or_items_the_error_says_how_to_give_them(name: str, task: Task) -> None:
    with pytest.raises(
        CalibratorError, match=rf"{name} asks the model itself, and was given no scorer: .*scorer=score"
    ):
        calibrators.create(name).fit(scorer(task.test))
    with pytest.raises(CalibratorError, match=f"{name} asks the model itself, and was given no items"):
        calibrators.create(name, scorer=scorer).fit(scorer(task.test))


@each
def test_a_saved_one_needs_no_scorer_and_does_the_same(name: str, task: Task, tmp_path: Path) -> None:
    fitted = calibrators.create(name, scorer=scorer, items=task.test).fit()
    fitted.save(tmp_path / "saved")
    loaded = calibrators.load(tmp_path / "saved")
    before, after = (one.transform(scorer(task.test)) for one in (fitted, loaded))
    assert np.array_equal(before.choices.values, after.choices.values)
    assert fitted.label == loaded.label == after.about.calibrator
    assert [getattr(loaded, option) for option in loaded.options] == [
        getattr(fitted, option) for option in fitted.options
    ]


@each
def test_fitting_twice_gives_the_same_and_scores_teach_it_nothing(name: str, task: Task) -> None:
    one, other = (calibrators.create(name, scorer=scorer, items=task.test) for _ in range(2))
    one, other = one.fit(), other.fit(scorer(task.test)).fit(scorer(task.test[:1]))
    scores = scorer(task.test)
    assert np.array_equal(one.transform(scores).choices.values, other.transform(scores).choices.values)


@each
def test_the_items_asked_about_may_be_judged_for_no_right_answer_was_read(name: str, task: Task) -> None:
    def blind(items: Items) -> Scores:
        return Scores.from_logits(scorer(items).choices.values, np.zeros(len(items), int), ids=scorer(items).ids)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seeing, blindly = (
            calibrators.create(name, scorer=asked, items=task.test).fit().transform(scorer(task.test))
            for asked in (scorer, blind)
        )
    assert not seeing.about.in_sample
    assert np.array_equal(seeing.choices.values, blindly.choices.values)


@each
def test_cross_fitting_does_not_copy_the_model(name: str, task: Task) -> None:
    class Model:
        def __deepcopy__(self, memo: dict[int, Any]) -> Any:
            raise AssertionError("a model was copied")

        def __call__(self, items: Items) -> Scores:
            return scorer(items)

    scores = scorer(task.test)
    calibrator = calibrators.create(name, scorer=Model(), items=task.test)
    honest = calibrator.cross_fit(scores, folds=2)
    assert np.array_equal(honest.confidence, calibrator.fit().transform(scores).confidence)


@each
@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        (lambda items: Scores([0.5] * len(items), [1] * len(items)), "must give Scores of all choices"),
        (lambda items: None, "must give Scores of all choices"),  # noqa: ARG005
        (lambda items: scorer(items)._take(np.array([0, 0])), "or of others"),
        (
            lambda items: Scores.from_logits(np.zeros((len(items), 3)), [0] * len(items)),
            "3 choices an item, it was asked 2",
        ),
    ],
)
def test_a_scorer_that_answers_something_else_is_refused(name: str, task: Task, wrong: Any, match: str) -> None:
    with pytest.raises(CalibratorError, match=match):
        calibrators.create(name, scorer=wrong, items=task.test).fit()


@each
def test_things_that_are_no_scorer_and_no_items_are_refused(name: str) -> None:
    with pytest.raises(CalibratorError, match="scorer must be a function from items to scores, got 'world/gpt2'"):
        calibrators.create(name, scorer="world/gpt2")
    with pytest.raises(CalibratorError, match=r"items must be a Task or its Items, got \['a'\]"):
        calibrators.create(name, items=["a"])


@each
def test_a_saved_one_without_what_it_learnt_is_refused(name: str, task: Task) -> None:
    fitted = calibrators.create(name, scorer=scorer, items=task.test).fit()
    for damage in fitted._learnt():
        learnt = {key: value for key, value in fitted._learnt().items() if key != damage}
        with pytest.raises(KeyError, match=damage):
            fitted._restore(learnt)


@each
def test_a_real_model_is_asked(name: str, task: Task) -> None:
    asked = partial(score, load_model("world/gpt2", device="cpu"), progress=False)
    scores = asked(task.test)
    mended = calibrators.create(name, scorer=asked, items=task.test).fit().transform(scores)
    assert np.isfinite(mended.confidence).all()
    assert mended.ids == scores.ids
    assert not np.array_equal(mended.confidence, scores.confidence)
