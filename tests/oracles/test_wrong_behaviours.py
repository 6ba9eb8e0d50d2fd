"""What other libraries get wrong, one by one: here each has the right value or a clear error.

The numbers are those of the list that the project was designed from; each test says whose behaviour it was.
"""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import AtBoundWarning
from pytest_llmcal.metrics.binning import uniform_bins
from pytest_llmcal.metrics.calibration_error import calibration_error
from pytest_llmcal.scores import ScoresError
from pytest_llmcal.statistics.calibration_tests.registry import TESTS
from pytest_llmcal.tasks import load_task


def drawn_at(temperature: float, dtype: str = "float64", n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Draw logits, and answers that are right as often as the logits at a temperature say."""
    generator = np.random.default_rng(5)
    logits = generator.normal(0.0, 3.0, (n, 5))
    chances = np.exp(logits / temperature)
    chances /= chances.sum(axis=1, keepdims=True)
    labels = (generator.random((n, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    return logits.astype(dtype), labels


def softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def fitted(scores: Scores) -> float:
    return calibrators.create("temperature").fit(scores).temperature


def test_01_float32_probabilities_are_fitted_as_float64_ones_are() -> None:
    """Netcal returns T = 1 for float32."""
    logits, labels = drawn_at(1.8)
    single = fitted(Scores.from_probabilities(softmax(logits).astype("float32"), labels))
    assert single == pytest.approx(fitted(Scores.from_probabilities(softmax(logits), labels)), rel=1e-4)
    assert single == pytest.approx(1.8, abs=0.1)


def test_02_whether_numbers_are_logits_or_probabilities_is_said_and_never_guessed() -> None:
    """Scikit-learn takes float16 probabilities for logits, and logits that sum to one for probabilities."""
    logits, labels = drawn_at(1.8)
    half = softmax(logits).astype("float16")
    half[half == 0] = np.float16(6e-8)  # what float16 cannot hold is another finding
    assert fitted(Scores.from_probabilities(half, labels)) == pytest.approx(1.8, abs=0.1)
    rows = softmax(logits)
    assert fitted(Scores.from_logits(rows, labels)) == pytest.approx(fitted(Scores.from_logits(rows + 5, labels)))
    rows[7] *= 0.999
    with pytest.raises(ScoresError, match=r"probabilities\[7\] sums to 0\.999"):
        Scores.from_probabilities(rows, labels)


def test_03_counts_beyond_the_precision_of_the_dtype_are_counted() -> None:
    """The sums of torchmetrics saturate at 2^24 in float32: 0.0 for a true 0.2; at 2,048 in float16."""
    n = 20_000_000
    correct = np.ones(n, dtype=bool)
    correct[::4] = False
    assert calibration_error(np.full(n, 0.55, dtype="float32"), correct) == pytest.approx(0.2, abs=1e-6)
    calibrated = np.concatenate([np.full(n // 2, 0.25, dtype="float32"), np.full(n // 2, 0.75, dtype="float32")])
    right = np.concatenate([~correct[: n // 2], correct[: n // 2]])
    assert calibration_error(calibrated, right) == 0.0
    half = Scores(np.full(70_000, 0.55, dtype="float16"), correct[:70_000])
    assert float(half.ece()) == pytest.approx(0.2, abs=5e-4)


def test_04_one_value_above_one_is_named_and_changes_no_other() -> None:
    """Torchmetrics puts a sigmoid over the whole batch."""
    with pytest.raises(ScoresError, match=r"confidence\[1\] is 1\.0000001"):
        Scores([0.9, 1.0000001, 0.8], [1, 1, 1])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_05_a_confidence_of_one_lies_in_the_last_bin(dtype: str) -> None:
    """Torchmetrics and relplot have a further bin for it: 0.525."""
    scores = Scores(np.array([0.95, 1.0], dtype=dtype), [1, 0])
    assert float(scores.ece(binning="uniform")) == pytest.approx(0.475, abs=1e-3)


def test_06_as_many_bins_as_asked_for_and_order_is_nothing() -> None:
    """MAPIE makes one bin less, loses confidences above one, and cuts unsorted scores."""
    confidence = (np.arange(15) + 0.5) / 15
    assert np.array_equal(uniform_bins(confidence, 15), np.arange(15))
    with pytest.raises(ScoresError, match=r"confidence\[2\] is 1\.2"):
        Scores([0.9, 0.8, 1.2], [1, 1, 1])
    generator = np.random.default_rng(6)
    confidence, correct = generator.random(500), generator.random(500) < 0.6
    order = np.argsort(confidence)
    for binning in ("uniform", "equal-mass"):
        unsorted = Scores(confidence, correct).ece(binning=binning)
        assert float(unsorted) == pytest.approx(float(Scores(confidence[order], correct[order]).ece(binning=binning)))


@pytest.mark.parametrize("power", [0.5, 2.0])
def test_07_spiegelhalter_looks_to_both_sides(power: float) -> None:
    """MAPIE's p-value is one-sided: 0.000 of underconfident models are refuted."""
    generator = np.random.default_rng(7)
    confidence = generator.beta(5.0, 1.5, 300)
    accuracy = 1.0 / (1.0 + (1.0 / confidence - 1.0) ** power)
    refuted = [
        Scores(confidence, generator.random(300) < accuracy).calibration_test("spiegelhalter").p_value <= 0.05
        for _ in range(20)
    ]
    assert np.mean(refuted) >= 0.9


def test_08_equal_confidences_share_a_bin_whatever_their_order() -> None:
    """Torch-uncertainty splits ties by position: 0.28 for a calibrated model; NaN for fewer items than bins."""
    confidence = np.repeat([0.8, 0.3], [90, 10])
    correct = np.concatenate([np.arange(90) < 72, np.arange(10) < 3])
    order = np.random.default_rng(8).permutation(100)
    for rows in (np.arange(100), order, np.argsort(correct)):
        scores = Scores(confidence[rows], correct[rows])
        assert float(scores.ece(binning="equal-mass")) == pytest.approx(0.0, abs=1e-12)
    few = Scores([0.9, 0.8, 0.7], [1, 0, 1]).ece(binning="equal-mass")
    assert math.isfinite(few)


def test_09_temperatures_far_from_one_are_found_and_none_is_below_zero() -> None:
    """Torch-uncertainty: 3.1e-07 for a true 60, and -0.204 for anti-correlated answers; others stop at 1.59 for 1.8."""
    logits, labels = drawn_at(60.0)
    assert fitted(Scores.from_logits(logits, labels)) == pytest.approx(60.0, rel=0.5)
    logits, labels = drawn_at(1.8)
    assert fitted(Scores.from_logits(logits, labels)) == pytest.approx(1.8, abs=0.1)
    with pytest.warns(AtBoundWarning):
        assert fitted(Scores.from_logits(-logits, labels)) > 0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_10_nan_is_named_with_its_place(dtype: str) -> None:
    """Torchmetrics 0.613, netcal and MAPIE 0.15, relplot an IndexError of -9223372036854775808."""
    with pytest.raises(ScoresError, match=r"confidence\[1\] is nan"):
        Scores(np.array([0.2, np.nan, 0.9], dtype=dtype), [0, 1, 1])
    with pytest.raises(ScoresError, match=r"logits\[1\]\[0\] is nan"):
        Scores.from_logits(np.array([[1.0, 0.0], [np.nan, 0.0]], dtype=dtype), [0, 1])


def test_11_what_is_out_of_range_is_refused_and_never_clipped() -> None:
    """Netcal clips [1.2, -.1, .9] to 0.033, others say .10 to .168; nobody checks that rows sum to one."""
    with pytest.raises(ScoresError, match=r"confidence\[0\] is 1\.2; allowed is 0 to 1"):
        Scores([1.2, -0.1, 0.9], [1, 0, 1])
    with pytest.raises(ScoresError, match=r"confidence\[0\] is -0\.1"):
        Scores(np.log([0.9, 0.8]).round(1), [1, 1])  # log-probabilities
    with pytest.raises(ScoresError, match=r"probabilities\[0\] sums to 1\.5"):
        Scores.from_probabilities([[0.9, 0.6], [0.5, 0.5]], [0, 1])


@pytest.mark.parametrize(("correct", "place"), [([1, 2, 2], r"correct\[1\] is 2"), ([1, -1, 1], r"correct\[1\] is -1")])
def test_12_other_labels_than_zero_and_one_are_refused(correct: list[int], place: str) -> None:
    """Netcal and relplot: an error of 1.033 for {1, 2}; MAPIE remaps in silence; {-1, 1}: 0.5 and 0.167."""
    with pytest.raises(ScoresError, match=place):
        Scores([0.9, 0.8, 0.7], correct)


def test_13_ties_one_item_integers_and_absent_labels_are_no_errors() -> None:
    """Netcal raises on ties and for one item, misplaces 0.3, 0.6 and 0.7, refuses integers and absent labels."""
    assert float(Scores([0.8] * 50, [1] * 40 + [0] * 10).ece(binning="equal-mass")) == pytest.approx(0.0, abs=1e-12)
    assert float(Scores([0.8], [1]).ece(binning="equal-mass")) == pytest.approx(0.2)
    assert uniform_bins(np.array([0.3, 0.6, 0.7]), 10).tolist() == [2, 5, 6]
    assert float(Scores([1, 0, 1, 1], [1, 0, 1, 0]).ece()) == pytest.approx(0.25)
    rows = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.4, 0.3]]
    assert float(Scores.from_probabilities(rows, [0, 1, 0]).accuracy()) == pytest.approx(2 / 3)


def test_14_equal_mass_groups_keep_levels_of_unlike_size_apart() -> None:
    """Scikit-learn's quantile curve shows ONE point (.75, .9) where the true gaps are .2 and .3."""
    scores = Scores(np.repeat([0.8, 0.3], [90, 10]), np.repeat([1, 0], [90, 10]))
    assert float(scores.ece(5, binning="equal-mass")) == pytest.approx(0.9 * 0.2 + 0.1 * 0.3)


def test_15_a_debiased_error_of_too_few_items_is_no_perfect_one_and_the_interval_is_about_the_error_itself() -> None:
    """Uncertainty-calibration: 0.0 for two items, bool labels refused, and an interval of the biased estimate: it left
    0 out in 9 of 30 calibrated draws."""
    two = Scores([0.95, 1.0], np.array([True, False]))
    with pytest.raises(ScoresError, match="needs a bin of two items, and each has one only"):
        two.ece(100, debias=True)
    assert float(two.squared_ece()) == pytest.approx(0.475**2 - 1.05**2 / 4)  # signed: chance shows as such
    assert two.ece(debias=True).below(0.05).status == "undecided"
    generator, left_out = np.random.default_rng(15), 0
    for _ in range(200):
        confidence = generator.beta(5.0, 1.5, 300)
        left_out += Scores(confidence, generator.random(300) < confidence).ece(debias=True, confidence=0.9).low > 0.0
    assert left_out <= 18  # 5% of 200 is 10; 19 or more come up in 0.5% of such tests


def test_16_nothing_is_measured_of_nothing() -> None:
    """Relplot's smooth error of nothing is 0.0, perfect; torchmetrics and relplot's bins give NaN."""
    for empty in (lambda: Scores([], []), lambda: Scores.from_logits(np.empty((0, 3)), [])):
        with pytest.raises(ScoresError, match="empty"):
            empty()


def test_smooth_errors_count_a_confidence_of_one_in_full() -> None:
    """Relplot mirrors all but the last point of its grid: items at 0 and 1 weigh half, and it says 0.733 here."""
    scores = Scores([1.0] * 50 + [0.6] * 50, np.zeros(100))
    assert float(scores.smooth_ece()) == pytest.approx(0.8, abs=1e-9)


def test_17_an_error_of_zero_is_a_float() -> None:
    """Torchmetrics returns an int64 tensor."""
    zero = Scores([1.0, 0.0], [1, 0]).ece(norm="l2")
    assert isinstance(zero, float)
    assert float(zero) == 0.0


def test_18_a_column_is_no_list_and_probabilities_stay_what_they_are() -> None:
    """Relplot's docs ask for (n, 1), which broadcasts to (n, n); its default takes probabilities for logits."""
    with pytest.raises(ScoresError, match=r"correct has shape \(3, 1\)"):
        Scores([0.9, 0.8, 0.7], [[1], [0], [1]])
    assert Scores.from_probabilities([[0.9, 0.1]], [0]).confidence.tolist() == [0.9]


@pytest.mark.parametrize("label", [0, 1])
def test_19_data_without_a_best_temperature_say_so(label: int) -> None:
    """Probmetrics and scikit-learn return 1.1e-7, 1/45.6, 8.9e6 or 2.2e4 as if they were fits."""
    scores = Scores.from_logits([[2.0, 0.0], [1.0, 0.0], [3.0, 0.0]], [label] * 3)
    with pytest.warns(AtBoundWarning, match="at bound"):
        calibrator = calibrators.create("temperature").fit(scores)
    assert calibrator.at_bound


def test_20_certain_and_even_confidences_have_p_values_or_say_why_not() -> None:
    """Spiegelhalter's z is zero by zero for confidences of 0, 0.5 and 1; MAPIE's KS an OverflowError for 0 and 1."""
    for confidence in ([0.5] * 4, [1.0, 0.0, 1.0, 0.0]):
        with pytest.raises(ScoresError, match=r"confidences other than 0, 0\.5 and 1"):
            Scores(confidence, [1, 0, 1, 0]).calibration_test("spiegelhalter")
    assert Scores([0.5] * 4, [1, 0, 1, 0]).calibration_test("kolmogorov-smirnov").p_value == 1.0
    assert Scores([1.0, 0.0, 1.0, 0.0], [1, 0, 1, 0]).calibration_test("kolmogorov-smirnov").p_value == 1.0
    assert Scores([1.0, 0.0, 1.0, 0.0], [1, 0, 1, 1]).calibration_test("kolmogorov-smirnov").p_value == 0.0
    among_others = Scores([1.0, 0.0, 0.7, 0.9], [1, 0, 1, 0])
    for name in TESTS:
        assert 0.0 < among_others.calibration_test(name).p_value <= 1.0


def test_21_everything_imports_with_what_is_declared() -> None:
    """Probmetrics lacks numba, torch-uncertainty lightning and torchvision, once they are used."""
    code = """
import pkgutil, importlib, sys
for blocked in ("sklearn", "torchmetrics", "relplot", "netcal", "mapie", "model_diagnostics", "calibration", "numba"):
    sys.modules[blocked] = None
import pytest_llmcal
for module in pkgutil.walk_packages(pytest_llmcal.__path__, "pytest_llmcal."):
    importlib.import_module(module.name)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("n", [1, 10, 1000])
def test_22_edges_of_bins_do_not_depend_on_the_number_of_items(n: int) -> None:
    """Fortuna takes the number of items for the number of classes."""
    assert np.array_equal(uniform_bins(np.full(n, 0.31), 10), np.full(n, 3))


def test_23_a_bin_without_items_claims_nothing() -> None:
    """Netcal fills an empty bin with its centre beside one that says 1.0."""
    scores = Scores([0.97, 0.98, 0.99], [1, 1, 1])
    curve = scores.reliability().bins
    assert [(point.count, point.accuracy) for point in curve] == [(3, 1.0)]
    assert float(scores.ece()) == pytest.approx(0.02)


def test_24_a_confidence_of_exactly_one_counts_and_calibrators_never_see_what_they_are_judged_on() -> None:
    """Calibration-tuning drops 1.0 (0.600 for 0.42); lm-polygraph loses what is outside of [0, 1] and takes NaN for
    sure; HELM fits and judges on the same items."""
    correct = [1, 1, 1, 1, 1, 0, 0, 0, 1, 0]
    assert float(Scores([1.0] * 8 + [0.8, 0.4], correct).ece()) == pytest.approx((3 + 0.2 + 0.4) / 10)
    with pytest.raises(ScoresError, match=r"confidence\[0\] is -3\.2"):
        Scores([-3.2, -0.1], [1, 0])
    task = load_task("world/qa")
    assert task.calibration is not None
    seen = {task.calibration[index].id for index in range(len(task.calibration))}
    assert not seen & {task.test[index].id for index in range(len(task.test))}


def test_25_accuracy_brier_and_comparison_are_about_the_same_predictor() -> None:
    """lm_eval's Brier score is that of a softmax that does not pick its answers, and its comparison is unpaired."""
    logits = np.array([[2.0, 1.0, -np.inf], [0.5, 1.5, 1.0], [0.0, 3.0, 1.0]])
    scores = Scores.from_logits(logits, [0, 2, 1])
    chances = softmax(logits)
    assert scores.correct.tolist() == (chances.argmax(axis=1) == [0, 2, 1]).tolist()
    assert float(scores.brier()) == pytest.approx(np.mean(((chances - np.eye(3)[[0, 2, 1]]) ** 2).sum(axis=1)))
    ids = [str(item) for item in range(2000)]
    generator = np.random.default_rng(25)
    confidence = generator.beta(5.0, 1.5, 2000)
    luck = generator.random(2000)
    old = Scores(confidence, luck < confidence, ids=ids)
    new = Scores(confidence, luck < confidence - 0.01, ids=ids)
    paired = new.compare(old).accuracy()
    shares = float(old.accuracy()), float(new.accuracy())
    unpaired = 2 * 1.96 * math.sqrt(sum(share * (1 - share) / 2000 for share in shares))
    assert unpaired / 2 > shares[0] - shares[1]  # unpaired, nothing can be said
    assert paired.high - paired.low < 0.25 * unpaired
    assert paired.below(0.0).status == "holds"
