"""What every calibrator of the confidence in an answer promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import AtBoundWarning, CalibratorError

NAMES = (
    "bbq",
    "beta",
    "centered-isotonic",
    "histogram",
    "isotonic",
    "platt",
    "scaling-binning",
    "spline",
    "venn-abers",
)
KEEP_THE_RANKING = ("beta", "centered-isotonic", "isotonic", "platt", "scaling-binning", "spline", "venn-abers")
EXTENSIONS = ("top-label", "one-vs-rest")


def answers(n: int, *, power: float = 2.0, seed: int = 0) -> Scores:
    """Give answers that are right with probability c^power: at 2 far too confident, at 1 calibrated."""
    generator = np.random.default_rng(seed)
    confidence = generator.beta(5.0, 1.5, n)
    return Scores(confidence, generator.random(n) < confidence**power)


def questions(n: int, *, temperature: float = 3.0, choices: int = 4, seed: int = 0) -> Scores:
    generator = np.random.default_rng(seed)
    logits = generator.normal(0.0, 4.0, (n, choices))
    labels = (logits + generator.gumbel(0.0, temperature, (n, choices))).argmax(axis=1)
    return Scores.from_logits(logits, labels)


@pytest.mark.parametrize("name", NAMES)
def test_it_repairs_new_answers_of_an_overconfident_model(name: str) -> None:
    test = answers(4000, seed=1)
    repaired = calibrators.create(name).fit(answers(4000)).transform(test)
    assert float(repaired.nll()) < float(test.nll()) - 0.04
    assert float(repaired.brier()) < float(test.brier()) - 0.01
    assert float(repaired.ece()) < 0.4 * float(test.ece())
    assert np.array_equal(repaired.correct, test.correct)


@pytest.mark.parametrize("name", NAMES)
def test_it_leaves_a_calibrated_model_nearly_alone(name: str) -> None:
    test = answers(4000, power=1.0, seed=1)
    mapped = calibrators.create(name).fit(answers(8000, power=1.0)).transform(test)
    assert float(mapped.nll()) < float(test.nll()) + 0.006
    assert np.abs(mapped.confidence - test.confidence).mean() < 0.03


@pytest.mark.parametrize("name", KEEP_THE_RANKING)
def test_it_keeps_the_ranking_but_for_ties(name: str) -> None:
    fitted = calibrators.create(name).fit(answers(500))
    mapped = fitted.transform(Scores(np.linspace(0.0, 1.0, 5001), [1] * 5001)).confidence
    assert (np.diff(mapped) >= 0.0).all()
    assert mapped[-1] > mapped[0]


DEGENERATE = {
    "one right answer": ([0.7], [1]),
    "one wrong answer": ([0.7], [0]),
    "all right": ([0.2, 0.5, 0.9], [1, 1, 1]),
    "all wrong": ([0.2, 0.5, 0.9], [0, 0, 0]),
    "separable": ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]),
    "separable the wrong way round": ([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0]),
    "one confidence": ([0.6] * 6, [1, 0, 0, 1, 1, 1]),
    "two confidences": ([0.6, 0.9] * 6, [1, 0, 0, 1, 1, 1] * 2),
    "exact zeros and ones": ([0.0, 0.0, 1.0, 1.0, 0.5], [0, 1, 1, 0, 1]),
    "nothing but certainty": ([1.0] * 5, [1, 1, 1, 1, 1]),
    "the least and the greatest double": ([5e-324, 1.0 - 2.0**-53, 0.5], [1, 0, 1]),
}


@pytest.mark.filterwarnings("ignore::pytest_llmcal.calibrators.AtBoundWarning")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", DEGENERATE)
def test_no_answer_is_ever_impossible(name: str, case: str) -> None:
    confidence, correct = DEGENERATE[case]
    fitted = calibrators.create(name).fit(Scores(confidence, correct))
    everywhere = np.append(np.linspace(0.0, 1.0, 101), confidence)
    mapped = fitted.transform(Scores(everywhere, [1] * len(everywhere))).confidence
    assert ((mapped > 0.0) & (mapped < 1.0)).all()


@pytest.mark.filterwarnings("ignore::pytest_llmcal.calibrators.AtBoundWarning")
@pytest.mark.parametrize("name", NAMES)
def test_one_confidence_is_moved_towards_how_often_it_was_right(name: str) -> None:
    scores = Scores([0.9] * 400, [1] * 100 + [0] * 300)
    mapped = calibrators.create(name).fit(scores).transform(scores, in_sample=True).confidence
    assert mapped == pytest.approx(0.25, abs=0.005)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_single_precision_gives_what_double_gives(name: str, extension: str) -> None:
    double = questions(300)
    assert double.choices is not None
    single = Scores.from_logits(double.choices.values.astype(np.float32), double.choices.labels)
    mapped = [
        calibrators.create(name, extension=extension).fit(each).transform(each, in_sample=True).confidence
        for each in (double, single)
    ]
    assert mapped[1] == pytest.approx(mapped[0], abs=1e-4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_it_is_deterministic_and_comes_back_from_disk_as_it_was(name: str, extension: str, tmp_path: Path) -> None:
    fit, test = questions(400), questions(300, seed=1)
    fitted, again = (calibrators.create(name, extension=extension).fit(fit) for _ in range(2))
    fitted.save(tmp_path)
    loaded = calibrators.load(tmp_path)
    assert loaded.summary() == fitted.summary()
    assert repr(loaded) == repr(fitted)
    for other in (again, loaded):
        assert np.array_equal(other.transform(test).confidence, fitted.transform(test).confidence)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_items_changes_nothing(name: str) -> None:
    generator = np.random.default_rng(0)
    confidence = generator.integers(1, 20, 300) / 20
    correct = generator.random(300) < confidence
    order = generator.permutation(300)
    maps = [calibrators.create(name).fit(Scores(confidence[by], correct[by])) for by in (slice(None), order)]
    mapped = [each.transform(Scores([0.3, 0.55, 0.9], [1, 1, 1])).confidence for each in maps]
    assert mapped[0] == pytest.approx(mapped[1], abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_top_label_maps_the_chosen_answer_alone(name: str) -> None:
    fit, test = questions(500), questions(400, seed=1)
    mapped = calibrators.create(name).fit(fit).transform(test)
    assert mapped.choices is None
    alone = calibrators.create(name).fit(fit.top_label()).transform(test.top_label())
    assert np.array_equal(mapped.confidence, alone.confidence)
    assert np.array_equal(mapped.correct, test.correct)


@pytest.mark.parametrize("name", NAMES)
def test_one_vs_rest_repairs_all_choices_and_rows_sum_to_one(name: str) -> None:
    test = questions(3000, seed=1)
    mapped = calibrators.create(name, extension="one-vs-rest").fit(questions(3000)).transform(test)
    assert mapped.choices is not None
    rows = np.concatenate([part for _, part in mapped.choices.probabilities()])
    assert rows.sum(axis=1) == pytest.approx(1.0)
    assert float(mapped.nll()) < float(test.nll()) - 0.1


@pytest.mark.parametrize("name", NAMES)
def test_one_vs_rest_keeps_missing_choices_missing_and_maps_those_it_never_saw_by_all(name: str) -> None:
    fit, test = questions(500, choices=3), questions(300, choices=5, seed=1)
    assert fit.choices is not None
    assert test.choices is not None
    labels = fit.choices.labels % 2  # the third choice is never right
    fitted = calibrators.create(name, extension="one-vs-rest").fit(Scores.from_logits(fit.choices.values, labels))
    logits = test.choices.values.copy()
    logits[::2, 1] = -np.inf
    mapped = fitted.transform(Scores.from_logits(logits, np.full(300, 4)))
    assert mapped.choices is not None
    assert np.array_equal(np.isneginf(mapped.choices.values), np.isneginf(logits))
    assert np.isfinite(float(mapped.nll()))
    assert fitted.summary() == {"extension": "one-vs-rest", "choices": 2}


def test_one_vs_rest_needs_choices_and_right_ones_that_are_possible() -> None:
    calibrator = calibrators.create("platt", extension="one-vs-rest")
    with pytest.raises(CalibratorError, match="platt calibration one-vs-rest needs logits or probabilities"):
        calibrator.fit(answers(10))
    with pytest.raises(CalibratorError, match="item 1 gives its right choice probability zero"):
        calibrator.fit(Scores.from_probabilities([[0.5, 0.5], [1.0, 0.0]], [0, 1]))


def test_where_every_choice_maps_to_zero_the_item_keeps_its_probabilities() -> None:
    scores = Scores.from_probabilities([[0.1, 0.9], [0.9, 0.1], [0.5, 0.5], [0.5, 0.5]], [0, 0, 0, 1])
    fitted = calibrators.create("histogram", extension="one-vs-rest", extremes="raw", bins=4).fit(scores)
    assert fitted.transform(scores, in_sample=True).choices is not None
    lost = Scores.from_probabilities([[0.25, 0.75]], [0])
    for each in fitted.maps.values():  # type: ignore[attr-defined]
        each.value[:] = 0.0
    assert fitted.transform(lost).confidence.tolist() == pytest.approx([0.75])


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("platt", {"extension": "multi"}, "extension must be one of 'top-label', 'one-vs-rest', got 'multi'"),
        ("isotonic", {"extremes": "clip"}, "extremes must be one of 'shrunk', 'raw', got 'clip'"),
        ("histogram", {"bins": 0}, "bins must be a whole number of at least 1, got 0"),
        ("histogram", {"binning": "sweep"}, "binning must be one of 'equal-mass', 'uniform', got 'sweep'"),
        ("scaling-binning", {"bins": True}, "bins must be a whole number of at least 1, got True"),
        ("spline", {"monotone": "no"}, "monotone must be True or False, got 'no'"),
        ("spline", {"knots": 2.5}, "knots must be a whole number of at least 1, got 2.5"),
    ],
)
def test_options_that_cannot_be_are_refused(name: str, options: dict[str, object], match: str) -> None:
    with pytest.raises(CalibratorError, match=match):
        calibrators.create(name, **options)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_values_are_refused(name: str, tmp_path: Path) -> None:
    calibrators.create(name).fit(answers(50)).save(tmp_path)
    (tmp_path / "calibrator.safetensors").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ")
    (tmp_path / "calibrator.json").write_text((tmp_path / "calibrator.json").read_text().replace("answer.", "another."))
    with pytest.raises(CalibratorError, match=f"not a {name} that was saved whole: '.*' is missing"):
        calibrators.load(tmp_path)


def test_beta_says_where_no_finite_map_is_best() -> None:
    with pytest.warns(AtBoundWarning, match="no finite beta map is best") as caught:
        fitted = calibrators.create("beta").fit(Scores([0.1, 0.2, 0.8], [0, 0, 1]))
    assert caught[0].filename == __file__
    assert fitted.summary()["at_bound"] is True
