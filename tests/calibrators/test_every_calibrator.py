"""Every calibrator, also one that another package registered here, keeps the same promises.

``PROMISES`` says for each name what data it takes and what it keeps. A name without a row fails, with a text that
says what to add; one that needs more than scores, such as a model, is listed in ``ELSEWHERE`` with its own tests.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import softmax

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import AtBoundWarning, Calibrator, CalibratorError


class Promise(NamedTuple):
    """What a calibrator takes, and what it keeps."""

    takes: str
    """``choices``: probabilities of all choices; ``confidence``: one number an item; that may be of choices too."""
    keeps_answers: bool = True
    keeps_ranking: bool = False
    """Whether, of two choices, a more confident answer stays at least as confident as another; ties may come."""
    has_fallback: bool = False
    """Whether it makes do without choices, and with a right one of probability zero."""


CHOICES, CONFIDENCE = "choices", "confidence"

PROMISES = {
    # All choices' logits. With more than two choices even one temperature may change the ranking of items.
    "temperature": Promise(CHOICES, keeps_ranking=True),
    "ensemble-temperature": Promise(CHOICES, keeps_ranking=True),
    "vector": Promise(CHOICES, keeps_answers=False),
    "matrix": Promise(CHOICES, keeps_answers=False),
    "dirichlet": Promise(CHOICES, keeps_answers=False),
    "structured-matrix": Promise(CHOICES, keeps_answers=False),
    # The confidence in one answer.
    "platt": Promise(CONFIDENCE, keeps_ranking=True),
    "beta": Promise(CONFIDENCE, keeps_ranking=True),
    "isotonic": Promise(CONFIDENCE, keeps_ranking=True),
    "centered-isotonic": Promise(CONFIDENCE, keeps_ranking=True),
    "histogram": Promise(CONFIDENCE),
    "scaling-binning": Promise(CONFIDENCE, keeps_ranking=True),
    "bbq": Promise(CONFIDENCE),
    "spline": Promise(CONFIDENCE),
    "venn-abers": Promise(CONFIDENCE, keeps_ranking=True),
    "annealing": Promise(CHOICES),
    "auto": Promise(CHOICES, keeps_answers=False, has_fallback=True),
}

ELSEWHERE: dict[str, str] = {
    "batch": "test_batch_calibration.py",
    "contextual": "test_contextual_calibration.py",
    "pmi": "test_pmi.py",
    "pride": "test_pride.py",
}
"""Those that need more than scores, or learn from no answers, and the file that holds them to their promises."""

NAMES = [name for name in calibrators.names() if name not in ELSEWHERE]
KEEPS_ANSWERS = [name for name in NAMES if name not in PROMISES or PROMISES[name].keeps_answers]
KEEPS_RANKING = [name for name in NAMES if name not in PROMISES or PROMISES[name].keeps_ranking]
OF_CHOICES = [name for name in NAMES if name not in PROMISES or PROMISES[name].takes == CHOICES]
MADE_FOR_CHOICES = [name for name in OF_CHOICES if name not in PROMISES or not PROMISES[name].has_fallback]
every = pytest.mark.parametrize("name", NAMES)


def promise(name: str) -> Promise:
    if name not in PROMISES:
        pytest.fail(f"the calibrator {name!r} has no row in PROMISES of {Path(__file__).name}: say there what it keeps")
    return PROMISES[name]


@pytest.fixture(autouse=True)
def _not_at_bound_matters() -> Iterator[None]:
    """Let degenerate fits warn that they are at bound, and nothing else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AtBoundWarning)
        yield


def logits_and_labels(
    seed: int, n: int, k: int = 4, temperature: float = 1.0, classes: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return logits whose answers come true at softmax(logits / temperature), if need be of the first classes alone."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0.0, 2.0 * temperature, (n, k))
    noisy = logits / temperature + generator.gumbel(size=(n, k))
    return logits, noisy[:, :classes].argmax(axis=1)


def scores_for(name: str, logits: np.ndarray, labels: np.ndarray) -> Scores:
    """Give a calibrator the kind of scores that it takes."""
    scores = Scores.from_logits(logits, labels)
    return scores if promise(name).takes == CHOICES else scores.top_label()


def drawn(name: str, seed: int, n: int, k: int = 4, temperature: float = 1.0, classes: int | None = None) -> Scores:
    return scores_for(name, *logits_and_labels(seed, n, k, temperature, classes))


def numbers(scores: Scores) -> np.ndarray:
    """Return all that was calibrated, one row an item."""
    if scores.choices is None:
        return scores.confidence[:, None]
    return np.concatenate([part for _, part in scores.choices.probabilities()])


def assert_are_probabilities(scores: Scores) -> None:
    values = numbers(scores)
    assert np.isfinite(values).all()
    assert ((values >= 0.0) & (values <= 1.0)).all()


def test_every_row_of_the_table_is_of_one_kind() -> None:
    assert {row.takes for row in PROMISES.values()} == {CHOICES, CONFIDENCE}
    assert not PROMISES.keys() & ELSEWHERE.keys()


@every
def test_it_stands_in_the_table(name: str) -> None:
    promise(name)


@every
@pytest.mark.parametrize("temperature", [0.4, 3.0], ids=["underconfident", "overconfident"])
def test_it_improves_a_badly_calibrated_model_on_new_items(name: str, temperature: float) -> None:
    fit, held_out = (drawn(name, seed, 1500, temperature=temperature) for seed in (0, 1))
    calibrated = calibrators.create(name).fit(fit).transform(held_out)
    assert float(calibrated.brier()) < float(held_out.brier()) - 0.01
    assert float(calibrated.ece()) < 0.5 * float(held_out.ece())


@every
def test_it_leaves_a_calibrated_model_nearly_alone(name: str) -> None:
    fit, held_out = (drawn(name, seed, 3000) for seed in (0, 1))
    calibrated = calibrators.create(name).fit(fit).transform(held_out)
    assert np.abs(calibrated.confidence - held_out.confidence).mean() < 0.03
    assert float(calibrated.brier()) < float(held_out.brier()) + 0.005


@pytest.mark.parametrize("name", KEEPS_ANSWERS)
def test_it_keeps_the_answers(name: str) -> None:
    promise(name)
    fit, held_out = (drawn(name, seed, 400, temperature=2.0) for seed in (0, 1))
    calibrated = calibrators.create(name).fit(fit).transform(held_out)
    assert np.array_equal(calibrated.correct, held_out.correct)
    if calibrated.choices is not None and held_out.choices is not None:
        assert np.array_equal(calibrated.choices.chosen, held_out.choices.chosen)


@pytest.mark.parametrize("name", KEEPS_RANKING)
def test_it_keeps_the_ranking(name: str) -> None:
    promise(name)
    fit, held_out = (drawn(name, seed, 400, 2, temperature=2.0) for seed in (0, 1))
    calibrated = calibrators.create(name).fit(fit).transform(held_out)
    order = np.argsort(held_out.confidence, kind="stable")
    assert (np.diff(calibrated.confidence[order]) >= -1e-12).all()


@every
def test_what_comes_out_knows_what_it_was_and_who_made_it(name: str) -> None:
    fit, held_out = (drawn(name, seed, 100) for seed in (0, 1))
    calibrated = calibrators.create(name).fit(fit).transform(held_out)
    assert calibrated.before is not None
    assert np.array_equal(calibrated.before.confidence, held_out.confidence)
    assert (calibrated.about.calibrator or "").startswith(name)


@every
def test_it_survives_a_class_that_is_missing_from_the_fit(name: str) -> None:
    fitted = calibrators.create(name).fit(drawn(name, 0, 200, classes=3))
    assert_are_probabilities(fitted.transform(drawn(name, 1, 200)))


@every
def test_a_class_that_is_missing_from_the_fit_stays_possible(name: str) -> None:
    calibrated = calibrators.create(name).fit(drawn(name, 0, 200, classes=3)).transform(drawn(name, 1, 200))
    if calibrated.choices is not None:
        assert numbers(calibrated)[:, 3].max() > 1e-6


@every
def test_it_survives_ties(name: str) -> None:
    logits, labels = logits_and_labels(0, 200)
    tied = scores_for(name, np.round(logits / 3.0), labels)
    assert_are_probabilities(calibrators.create(name).fit(tied).transform(drawn(name, 1, 50)))


@every
def test_it_survives_all_logits_equal(name: str) -> None:
    equal = scores_for(name, np.zeros((60, 4)), np.arange(60) % 4)
    calibrated = calibrators.create(name).fit(equal).transform(equal, in_sample=True)
    assert calibrated.confidence == pytest.approx(0.25, abs=0.05)


@every
@pytest.mark.parametrize("right", [True, False], ids=["all right", "all wrong"])
def test_it_survives_items_that_are_all_right_or_all_wrong(name: str, right: bool) -> None:
    logits, _ = logits_and_labels(0, 60)
    labels = logits.argmax(axis=1) if right else logits.argmin(axis=1)
    fitted = calibrators.create(name).fit(scores_for(name, logits, labels))
    assert_are_probabilities(fitted.transform(drawn(name, 1, 50)))


@every
def test_it_survives_one_class_only(name: str) -> None:
    fitted = calibrators.create(name).fit(drawn(name, 0, 60, classes=1))
    assert_are_probabilities(fitted.transform(drawn(name, 1, 50)))


@every
@pytest.mark.parametrize(("n", "k"), [(1, 4), (2, 4), (5, 12)])
def test_it_survives_fewer_items_than_choices_or_says_why_not(name: str, n: int, k: int) -> None:
    calibrator = calibrators.create(name)
    try:
        calibrator.fit(drawn(name, 0, n, k))
    except CalibratorError:
        assert not calibrator.is_fitted
    else:
        assert_are_probabilities(calibrator.transform(drawn(name, 1, 50, k)))


@every
def test_single_and_double_precision_give_the_same(name: str) -> None:
    (logits, labels), (others, right) = logits_and_labels(0, 300, temperature=2.0), logits_and_labels(1, 100)
    single, double = (
        calibrators.create(name)
        .fit(scores_for(name, logits.astype(dtype), labels))
        .transform(scores_for(name, others.astype(dtype), right))
        for dtype in (np.float32, np.float64)
    )
    assert numbers(single) == pytest.approx(numbers(double), abs=1e-4)


@every
def test_fitting_twice_gives_the_same_parameters(name: str) -> None:
    fit, held_out = drawn(name, 0, 300, temperature=2.0), drawn(name, 1, 100)
    first, second = (calibrators.create(name).fit(fit) for _ in range(2))
    assert first.summary() == second.summary()
    again = first.fit(fit)  # nothing of the first fit is left in it
    for other in (second, again):
        assert np.array_equal(numbers(first.transform(held_out)), numbers(other.transform(held_out)))


@every
def test_the_order_of_items_does_not_matter(name: str) -> None:
    logits, labels = logits_and_labels(0, 300, temperature=2.0)
    held_out = drawn(name, 1, 100)
    forth, back = (
        calibrators.create(name).fit(scores_for(name, logits[::way], labels[::way])).transform(held_out)
        for way in (1, -1)
    )
    assert numbers(forth) == pytest.approx(numbers(back), abs=1e-6)


@every
def test_a_saved_one_gives_the_same_to_the_last_bit(name: str, tmp_path: Path) -> None:
    fit, held_out = drawn(name, 0, 300, temperature=2.0), drawn(name, 1, 100)
    fitted = calibrators.create(name).fit(fit)
    fitted.save(tmp_path)
    loaded = calibrators.load(tmp_path)
    assert type(loaded) is type(fitted)
    assert loaded.summary() == fitted.summary()
    assert np.array_equal(numbers(loaded.transform(held_out)), numbers(fitted.transform(held_out)))


@every
def test_its_options_are_kept_and_saved(name: str, tmp_path: Path) -> None:
    fitted = calibrators.create(name).fit(drawn(name, 0, 100))
    fitted.save(tmp_path)
    loaded = calibrators.load(tmp_path)
    assert {option: getattr(loaded, option) for option in loaded.options} == {
        option: getattr(fitted, option) for option in fitted.options
    }


@every
def test_it_says_what_it_is_before_and_after_fitting(name: str) -> None:
    calibrator = calibrators.create(name)
    assert isinstance(calibrator, Calibrator)
    assert (calibrator.name, calibrator.is_fitted, dict(calibrator.summary())) == (name, False, {})
    assert "unfitted" in repr(calibrator)
    with pytest.raises(CalibratorError, match="not fitted"):
        calibrator.transform(drawn(name, 0, 10))
    calibrator.fit(drawn(name, 0, 100))
    assert calibrator.is_fitted
    assert "unfitted" not in repr(calibrator)


@every
def test_certain_and_impossible_answers_have_a_policy(name: str) -> None:
    """Exactly zero and one come out as probabilities; a fit to them works, or names the item that forbids it."""
    generator = np.random.default_rng(0)
    certain = np.zeros((80, 3))
    certain[np.arange(80), generator.integers(0, 3, 80)] = 1.0
    certain[::2] = generator.dirichlet(np.ones(3), 40)
    labels = certain.argmax(axis=1)
    labels[::4] = (labels[::4] + 1) % 3
    scores = Scores.from_probabilities(certain, labels)
    scores = scores if promise(name).takes == CHOICES else scores.top_label()
    assert_are_probabilities(calibrators.create(name).fit(drawn(name, 0, 200, 3)).transform(scores))
    assert_are_probabilities(calibrators.create(name).fit(scores).transform(drawn(name, 1, 50, 3)))


@pytest.mark.parametrize("name", MADE_FOR_CHOICES)
def test_a_right_choice_of_probability_zero_is_named(name: str) -> None:
    promise(name)
    scores = Scores.from_probabilities([[0.5, 0.5], [1.0, 0.0]] * 5, [0, 1] * 5)
    with pytest.raises(CalibratorError, match="item 1 gives its right choice probability zero"):
        calibrators.create(name).fit(scores)


@pytest.mark.parametrize("name", MADE_FOR_CHOICES)
def test_scores_without_choices_are_refused(name: str) -> None:
    promise(name)
    with pytest.raises(CalibratorError, match="needs logits or probabilities over the choices"):
        calibrators.create(name).fit(Scores([0.9, 0.6, 0.7], [1, 0, 1]))


@pytest.mark.parametrize("name", OF_CHOICES)
def test_missing_choices_stay_missing(name: str) -> None:
    promise(name)
    logits, labels = logits_and_labels(0, 300, temperature=2.0)
    logits[::3, 3] = -np.inf
    labels[::3] = logits[::3].argmax(axis=1)
    calibrated = calibrators.create(name).fit(Scores.from_logits(logits, labels))
    values = numbers(calibrated.transform(Scores.from_logits(logits[:200], labels[:200])))
    assert np.array_equal(values == 0.0, np.isneginf(logits[:200]))


@pytest.mark.parametrize("name", OF_CHOICES)
def test_a_choice_that_no_item_has_changes_little(name: str) -> None:
    promise(name)
    logits, labels = logits_and_labels(0, 300, temperature=2.0)
    padded = np.hstack([logits, np.full((300, 1), -np.inf)])
    # Penalties may count the choices.
    plain, wide = (
        numbers(
            calibrators.create(name)
            .fit(Scores.from_logits(rows, labels))
            .transform(Scores.from_logits(rows[:50], labels[:50]))
        )
        for rows in (logits, padded)
    )
    assert wide[:, :4] == pytest.approx(plain, abs=0.03)


@pytest.mark.parametrize("name", OF_CHOICES)
def test_a_number_added_to_all_logits_of_an_item_changes_nothing(name: str) -> None:
    promise(name)
    logits, labels = logits_and_labels(0, 300, temperature=2.0)
    shift = np.random.default_rng(1).normal(0.0, 5.0, (300, 1))
    plain, shifted = (
        numbers(
            calibrators.create(name)
            .fit(Scores.from_logits(rows, labels))
            .transform(Scores.from_logits(rows[:50], labels[:50]))
        )
        for rows in (logits, logits + shift)
    )
    assert shifted == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize("name", OF_CHOICES)
def test_what_a_server_is_told_is_what_is_done_here(name: str) -> None:
    promise(name)
    fitted = calibrators.create(name).fit(drawn(name, 0, 300, 3, temperature=2.0))
    told = fitted.logit_map()
    if told is None:
        return  # it cannot be said option by option
    test = drawn(name, 1, 50, 3)
    assert test.choices is not None
    logs = np.concatenate([part for _, part in test.choices.log_probabilities()])
    logits = np.array(told.scale or (1.0,) * 3) * logs / told.temperature + np.array(told.bias or (0.0,) * 3)
    assert numbers(fitted.transform(test)) == pytest.approx(softmax(logits, axis=1), abs=1e-9)
