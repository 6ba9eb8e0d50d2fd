import copy
import math
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal import Scores
from pytest_llmcal.measurement import About, Measurement, Rules, using
from pytest_llmcal.scores import ScoresError

METRICS = ["accuracy", "ece", "brier", "nll", "auroc"]
# Not on any report: what a pickled measurement leaves behind.
LEFT_BEHIND = {"interval_at", "scores", "against"}


def calibrated(n=2000, seed=0, **more):
    generator = np.random.default_rng(seed)
    confidence = generator.uniform(0.35, 0.97, n)
    return Scores(confidence, generator.random(n) < confidence, **more)


def of_choices(n=300, choices=4, seed=0, **more):
    generator = np.random.default_rng(seed)
    truth = generator.dirichlet(np.ones(choices), n)
    labels = (generator.random(n)[:, None] > truth.cumsum(axis=1)).sum(axis=1).clip(0, choices - 1)
    return Scores.from_probabilities(truth, labels, truth=truth, **more), truth, labels


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("make", [calibrated, lambda **more: of_choices(**more)[0]])
def test_every_metric_is_a_measurement_that_knows_what_it_speaks_about(metric, make):
    about = About(model="m", task="t")
    scores = make(about=about)
    measured = getattr(scores, metric)()
    assert isinstance(measured, Measurement)
    assert measured.name == metric
    assert measured.n == len(scores)
    assert measured.about == about
    assert measured.confidence == 0.95
    assert measured.low <= measured.high
    assert measured.method


@pytest.mark.parametrize("metric", METRICS)
def test_a_measurement_holds_builtins_alone(metric):
    def leaves(value):
        if isinstance(value, tuple):
            for inner in value:
                yield from leaves(inner)
        elif hasattr(value, "__dataclass_fields__"):
            yield from leaves(tuple(vars(value).values()))
        else:
            yield value

    scores = Scores.from_logits(np.float32([[2, 0], [1, 0], [0, 1]]), np.array([0, 1, 1], np.int32))
    measured = getattr(scores, metric)()
    kept = (name for name in Measurement.__slots__ if name not in LEFT_BEHIND)
    values = tuple(getattr(measured, name.removeprefix("_")) for name in kept)
    assert {type(leaf) for leaf in leaves(values)} <= {bool, int, float, str, type(None)}


@pytest.mark.parametrize("metric", METRICS)
def test_the_level_is_that_of_the_rules_unless_said(metric):
    measure = getattr(calibrated(), metric)
    with using(Rules(confidence=0.8)):
        by_rules = measure()
        said = measure(confidence=0.99)
    assert by_rules.confidence == 0.8
    assert said.confidence == 0.99
    assert said.low <= by_rules.low <= by_rules.high <= said.high
    assert repr(measure(confidence=0.8)) == repr(by_rules)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, math.nan])
def test_a_level_that_is_none_is_refused(level):
    with pytest.raises(ScoresError, match="confidence must lie between 0 and 1"):
        calibrated().ece(confidence=level)


@pytest.mark.parametrize("metric", METRICS)
def test_the_order_of_the_items_does_not_matter(metric):
    scores = calibrated(500)
    order = np.random.default_rng(1).permutation(500)
    there, back = (getattr(s, metric)() for s in (scores, Scores(scores.confidence[order], scores.correct[order])))
    for name in ("low", "high", "debiased"):
        assert getattr(there, name) == pytest.approx(getattr(back, name), abs=1e-9)
    assert float(there) == pytest.approx(float(back), abs=1e-12)
    assert there.noise_floor is None or there.noise_floor.mean == pytest.approx(back.noise_floor.mean, abs=1e-12)


def test_the_ece_comes_with_all_that_explains_it():
    measured = calibrated().ece()
    assert measured.debiased <= measured
    assert 0.0 < measured.noise_floor.mean < measured.noise_floor.p95
    assert sum(one.count for one in measured.curve) == 2000
    assert measured.before == ()
    assert measured.exact is None


def test_the_l2_error_is_at_least_the_l1_error():
    scores = calibrated()
    l1, l2 = scores.ece(), scores.ece(norm="l2")
    assert l2.name == "ece_l2"
    assert float(l2) >= float(l1)


def test_an_unknown_norm_is_refused():
    with pytest.raises(ScoresError, match="norm must be 'l1' or 'l2', got 'max'"):
        calibrated().ece(norm="max")


@pytest.mark.parametrize("measure", [Scores.ece, Scores.exact_ece])
def test_the_norm_goes_by_name(measure):
    with pytest.raises(TypeError, match="positional"):
        measure(of_choices()[0], 15, "l2")


@pytest.mark.parametrize("measure", [Scores.ece, Scores.reliability, lambda s, bins: s.exact_ece(bins)])
@pytest.mark.parametrize("bins", [0, 2.5, "15"])
def test_bins_that_are_none_are_refused(measure, bins):
    with pytest.raises(ScoresError, match="bins must be a whole number of at least one"):
        measure(of_choices()[0], bins)


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_the_exact_error_of_the_truth_itself_is_zero(norm):
    scores, _, _ = of_choices()
    assert scores.exact_ece(norm=norm) == pytest.approx(0.0, abs=1e-12)
    assert scores.ece(norm=norm).exact == scores.exact_ece(norm=norm)


def test_the_exact_error_is_the_gap_to_the_true_probability_of_what_was_chosen():
    probabilities, truth = [[0.7, 0.3], [0.1, 0.9]], [[0.5, 0.5], [0.2, 0.8]]
    scores = Scores.from_probabilities(probabilities, [0, 1], truth=truth)
    assert scores.exact_ece() == pytest.approx((0.2 + 0.1) / 2)
    assert scores.exact_ece(bins=1) == pytest.approx((0.2 + 0.1) / 2)
    assert scores.exact_ece(norm="l2") == pytest.approx(math.sqrt((0.04 + 0.01) / 2))


def test_without_truth_there_is_no_exact_error():
    assert calibrated().exact_ece() is None
    assert Scores.from_logits([[1.0, 0.0]], [0]).exact_ece() is None


def test_the_most_probable_choice_is_the_answer_and_the_first_among_equals():
    scores = Scores.from_probabilities([[0.2, 0.8], [0.5, 0.5], [0.5, 0.5]], [1, 0, 1])
    assert scores.confidence.tolist() == [0.8, 0.5, 0.5]
    assert scores.correct.tolist() == [True, True, False]


def test_logits_become_probabilities_by_softmax_in_double_precision():
    logits = np.array([[1000.0, 1001.0, -np.inf], [0.0, 0.0, 0.0]], dtype=np.float32)
    scores = Scores.from_logits(logits, [1, 2])
    assert scores.confidence == pytest.approx([1 / (1 + math.exp(-1)), 1 / 3])
    assert scores.confidence.dtype == np.float64
    assert scores.correct.tolist() == [True, False]


@given(st.floats(-50, 50))
def test_adding_a_constant_to_logits_changes_nothing(constant):
    logits = np.array([[0.3, 1.2, -0.5], [2.0, 0.1, 0.0]])
    plain, shifted = (Scores.from_logits(rows, [1, 1]) for rows in (logits, logits + constant))
    for metric in METRICS:
        assert float(getattr(shifted, metric)()) == pytest.approx(float(getattr(plain, metric)()), abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, int, list])
def test_confidence_and_correctness_of_any_kind_of_number_are_the_same(dtype):
    confidence = [1, 0, 1] if dtype in (int, list) else np.array([1, 0, 1], dtype)
    for correct in ([1, 0, 1], np.array([1.0, 0.0, 1.0]), np.array([True, False, True]), np.array([1, 0, 1], np.uint8)):
        assert float(Scores(confidence, correct).ece()) == 0.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_precision_moves_an_estimate_by_its_rounding_alone(dtype):
    generator = np.random.default_rng(0)
    levels = generator.choice(np.arange(1, 21) / 20, 1000)
    right = generator.random(1000) < levels
    for metric in METRICS[:3]:
        exact, rounded = (
            float(getattr(Scores(c, right), metric)(**_ten(metric))) for c in (levels, levels.astype(dtype))
        )
        assert rounded == pytest.approx(exact, abs=float(np.finfo(dtype).eps))


def _ten(metric):
    return {"bins": 10} if metric == "ece" else {}


def arrays_of(scores):
    choices = scores.choices
    return scores.confidence, scores.correct, choices.values, choices.labels, choices.truth


def test_scores_cannot_be_changed():
    scores = Scores([0.5, 0.6], [1, 0], groups={"g": ["a", "b"]})
    with pytest.raises(ValueError, match="read-only"):
        scores.confidence[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        scores.correct[0] = False
    with pytest.raises(AttributeError):
        scores.confidence = np.ones(2)
    with pytest.raises(TypeError):
        scores.groups["g"] = ("a", "a")


def read_only_view(array):
    view = array.view()
    view.flags.writeable = False
    return view


@pytest.mark.parametrize("handed_in", [lambda array: array, read_only_view])
def test_scores_do_not_change_with_what_was_handed_in(handed_in):
    confidence, correct = np.array([0.5, 0.6]), np.array([True, False])
    scores = Scores(handed_in(confidence), handed_in(correct))
    confidence[:], correct[:] = 1.0, False
    assert scores.confidence.tolist() == [0.5, 0.6]
    assert scores.correct.tolist() == [True, False]


@pytest.mark.parametrize("handed_in", [lambda array: array, read_only_view])
@pytest.mark.parametrize("make", [Scores.from_probabilities, Scores.from_logits])
def test_choices_do_not_change_with_what_was_handed_in(make, handed_in):
    arrays = np.array([[0.2, 0.8], [0.5, 0.5]]), np.array([1, 0]), np.array([[0.3, 0.7], [0.5, 0.5]])
    values, labels, truth = (handed_in(array) for array in arrays)
    scores = make(values, labels, truth=truth)
    before = [array.tolist() for array in arrays_of(scores)]
    for array in arrays:
        array[:] = 0
    assert [array.tolist() for array in arrays_of(scores)] == before


def test_recalibrated_scores_do_not_change_with_what_was_handed_in():
    logits = np.array([[2.0, 0.0], [0.0, 1.0]])
    scores = Scores.from_logits([[1.0, 0.0], [0.0, 1.0]], [0, 1]).recalibrated(logits, "mine")
    logits[:] = 0.0
    assert scores.choices.values.tolist() == [[2.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    "derived",
    [
        lambda s: s,
        lambda s: s.split(0.5)[0],
        lambda s: s.by_group("g")["a"],
        lambda s: s.recalibrated(s.choices.values * 2.0, "mine"),
        lambda s: pickle.loads(pickle.dumps(s)),
        copy.copy,
        copy.deepcopy,
    ],
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_no_array_can_be_made_writeable_again(derived, dtype):
    logits = np.array([[2, 0], [0, 1], [1, 0]], dtype)
    scores = Scores.from_logits(logits, [0, 1, 1], truth=[[0.5, 0.5]] * 3, groups={"g": ["a", "a", "b"]})
    for array in arrays_of(derived(scores)):
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True


@pytest.mark.parametrize("copied", [lambda s: pickle.loads(pickle.dumps(s)), copy.copy, copy.deepcopy])
def test_copies_keep_everything(copied):
    scores = of_choices(ids=[str(i) for i in range(300)], groups={"g": ["a", "b", "c"] * 100})[0]
    twin = copied(scores)
    assert twin.ids == scores.ids
    assert dict(twin.groups) == dict(scores.groups)
    assert repr(twin.ece()) == repr(scores.ece())


def test_its_repr_says_what_it_holds():
    assert repr(Scores([0.5, 0.6], [1, 0])) == "<Scores of 2 items: accuracy 0.5000>"
    assert repr(of_choices()[0]).startswith("<Scores of 300 items, 4 choices: accuracy 0.")


def test_an_interval_never_reaches_beyond_what_is_possible():
    measured = Scores.from_probabilities([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4], [0.9, 0.1]], [0, 1, 0, 0]).brier()
    assert measured.low == 0.0
    assert measured < measured.high <= 2.0


def test_the_brier_score_says_which_of_the_two_it_is():
    assert "from 0 to 1" in calibrated().brier().method
    scores, truth, labels = of_choices()
    measured = scores.brier()
    assert "sum over choices, from 0 to 2" in measured.method
    assert float(measured) == pytest.approx(((truth - np.eye(4)[labels]) ** 2).sum(axis=1).mean())


def test_a_right_choice_of_probability_zero_makes_the_nll_infinite_and_says_so():
    measured = Scores.from_probabilities([[1.0, 0.0], [0.5, 0.5]], [1, 0]).nll()
    assert (float(measured), measured.low, measured.high) == (math.inf, math.inf, math.inf)
    assert "1 of 2 items" in measured.method
    assert "probability zero" in measured.method
    assert Scores([1.0, 0.5], [0, 1]).nll() == math.inf


def test_choices_that_an_item_does_not_have_cost_nothing():
    narrow = Scores.from_logits([[1.0, 0.0], [0.0, 0.5]], [0, 0])
    wide = Scores.from_logits([[1.0, 0.0, -np.inf], [0.0, 0.5, -np.inf]], [0, 0])
    for metric in METRICS:
        there, here = getattr(narrow, metric)(), getattr(wide, metric)()
        assert (float(here), here.low, here.high) == pytest.approx((float(there), there.low, there.high))


def test_auroc_of_one_kind_of_answer_is_a_clear_error():
    with pytest.raises(ScoresError, match="all 2 answers are right"):
        Scores([0.5, 0.6], [1, 1]).auroc()
    with pytest.raises(ScoresError, match="all 1 answers are wrong"):
        Scores([0.5], [0]).auroc()


@pytest.mark.parametrize("metric", METRICS[:4])
@pytest.mark.parametrize(
    ("confidence", "right"), [([0.9], [1]), ([0.9], [0]), ([1.0] * 20, [1] * 20), ([0.6] * 20, [0] * 20)]
)
def test_one_item_and_one_kind_of_answer_leave_room_for_doubt(metric, confidence, right):
    measured = getattr(Scores(confidence, right), metric)()
    assert measured.high - measured.low > 0.01


def test_a_certain_and_right_model_may_still_be_wrong_once():
    scores = Scores([1.0] * 50, [1] * 50)
    assert scores.ece().high > 3 / 50
    assert scores.nll().high == math.inf
    assert scores.accuracy().low < 0.95


def test_many_choices_are_copied_once():
    rows = np.full((20_000, 500), 1 / 500, np.float32)
    labels = [0] * 20_000
    tracemalloc.start()
    try:
        Scores.from_probabilities(rows, labels).ece()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows.nbytes < peak < 1.25 * rows.nbytes  # 40 MB of probabilities and 3 MB of temporaries
    # One copy is what immutability costs; less would mean that the scores share the caller's memory.
