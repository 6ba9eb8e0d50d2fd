import math

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.scores import ScoresError


def refused(match, make, *arguments, **more):
    with pytest.raises(ScoresError, match=match):
        make(*arguments, **more)


@pytest.mark.parametrize(
    ("confidence", "correct", "match"),
    [
        ([], [], "confidence is empty; scores need at least one item"),
        ([0.2, math.nan, 0.9], [1, 1, 1], r"confidence\[1\] is nan; allowed is 0 to 1"),
        ([0.2, math.inf], [1, 1], r"confidence\[1\] is inf"),
        ([1.2, -0.1, 0.9], [1, 1, 1], r"confidence\[0\] is 1.2; allowed is 0 to 1"),
        ([0.9, -0.1], [1, 1], r"confidence\[1\] is -0.1"),
        (np.float32([0.5, 1.0000001]), [1, 1], r"confidence\[1\] is 1.0000001"),
        ([-0.3, -1.2], [1, 0], r"confidence\[0\] is -0.3"),
        ([0.5, 0.6], [1], "correct has 1 entries for 2 items"),
        ([[0.5], [0.6]], [1, 0], r"confidence has shape \(2, 1\); it must hold one number per item"),
        ([0.5, 0.6], [[1], [0]], r"correct has shape \(2, 1\)"),
        (0.5, 1, r"confidence has shape \(\)"),
        ([0.5, 0.6], [1, 2], r"correct\[1\] is 2; allowed is 0 \(wrong\) to 1 \(right\)"),
        ([0.5, 0.6], [-1, 1], r"correct\[0\] is -1; allowed is 0"),
        ([0.5, 0.6], [0.5, 1.01], r"correct\[1\] is 1.01; allowed is 0"),
        ([0.5, 0.6], [1, math.nan], r"correct\[1\] is nan"),
        ([0.5, 0.6], ["yes", "no"], "correct holds values of type str; allowed is 0"),
        ([0.5, 0.6], [None, 1], "correct holds values of type NoneType"),
        (["a", "b"], [1, 0], "confidence holds values of type str; allowed are numbers"),
        ([0.5 + 1j], [1], "confidence holds values of type complex"),
        ([True, False], [0.9, 0.1], "confidence is boolean; were confidence and correct swapped"),
        ([[0.5], [0.6, 0.7]], [1, 0], "confidence is no array"),
        (np.ma.array([0.5, 0.6], mask=[0, 1]), [1, 0], "confidence has masked entries"),
    ],
)
def test_unusable_confidences_and_correctness_are_refused(confidence, correct, match):
    refused(match, Scores, confidence, correct)


@pytest.mark.parametrize(
    ("probabilities", "labels", "match"),
    [
        ([[0.5, 0.5], [0.4, 0.5]], [0, 0], r"probabilities\[1\] sums to 0.9; a row must sum to one within 1e-06"),
        ([[1.2, -0.2]], [0], r"probabilities\[0\]\[0\] is 1.2; allowed is 0 to 1"),
        ([[0.5, 0.5], [math.nan, 1.0]], [0, 0], r"probabilities\[1\]\[0\] is nan"),
        ([[-0.7, -0.7]], [0], r"probabilities\[0\]\[0\] is -0.7"),
        ([[3.0, 4.0]], [0], r"probabilities\[0\]\[0\] is 3.0"),
        ([0.5, 0.5], [0, 1], r"probabilities has shape \(2,\); it must hold one row per item"),
        ([[1.0]], [0], "probabilities has 1 choices a row; an item needs at least two"),
        (np.empty((0, 3)), [], "probabilities is empty"),
        ([[0.5, 0.5]], [2], r"labels\[0\] is 2; allowed are indices from 0 to 1 for 2 choices"),
        ([[0.5, 0.5], [0.5, 0.5]], [1, -1], r"labels\[1\] is -1"),
        ([[0.5, 0.5], [0.5, 0.5]], [1, 2], r"labels\[1\] is 2; allowed are indices from 0 to 1"),
        ([[0.5, 0.5]], [0.5], r"labels\[0\] is 0.5; allowed are whole numbers from 0 to 1"),
        ([[0.5, 0.5]], [math.nan], r"labels\[0\] is nan"),
        ([[0.5, 0.5]], ["a"], "labels hold values of type str"),
        ([[0.2, 0.3, 0.5]], [True], "labels are boolean, but there are 3 choices"),
        ([[0.5, 0.5]], [0, 1], "labels has 2 entries for 1 items"),
        ([[0.5, 0.5]], [[0]], r"labels has shape \(1, 1\)"),
    ],
)
def test_unusable_probabilities_and_labels_are_refused(probabilities, labels, match):
    refused(match, Scores.from_probabilities, probabilities, labels)


@pytest.mark.parametrize(
    ("logits", "labels", "match"),
    [
        ([[1.0, math.nan]], [0], r"logits\[0\]\[1\] is nan"),
        ([[1.0, 0.0], [math.inf, 0.0]], [0, 0], r"logits\[1\]\[0\] is inf; allowed are numbers and -inf"),
        ([[1.0, -math.inf]], [0], r"logits\[0\] has 1 finite values; an item needs at least two"),
        ([[1.0, 0.0, -math.inf]], [2], r"labels\[0\] is 2, but logits\[0\] is -inf there"),
    ],
)
def test_unusable_logits_are_refused(logits, labels, match):
    refused(match, Scores.from_logits, logits, labels)


def test_labels_of_two_choices_may_be_boolean_or_whole_floats():
    for labels in ([True, False], [1.0, 0.0], np.array([1, 0], np.int8)):
        assert Scores.from_probabilities([[0.4, 0.6], [0.4, 0.6]], labels).correct.tolist() == [True, False]


@pytest.mark.parametrize(
    ("dtype", "off", "fits"),
    [
        (np.float64, 1e-8, True),
        (np.float64, 1e-3, False),
        (np.float32, 1e-5, True),
        (np.float32, 1e-3, False),
        (np.float16, 5e-4, True),
        (np.float16, 1e-2, False),
    ],
)
def test_rows_may_miss_one_by_the_rounding_of_their_dtype(dtype, off, fits):
    rows = np.array([[0.5, 0.5 - off]], dtype)
    if fits:
        assert Scores.from_probabilities(rows, [0]).confidence[0] == 0.5
    else:
        refused("must sum to one", Scores.from_probabilities, rows, [0])


def test_one_row_that_does_not_sum_to_one_is_no_reason_to_take_all_for_logits():
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 100)
    rows[7] *= 0.999
    refused(
        r"probabilities\[7\] sums to 0.999; .* Logits go to Scores.from_logits",
        Scores.from_probabilities,
        rows,
        [0] * 100,
    )


def test_truth_must_fit_the_choices():
    rows = [[0.5, 0.5]]
    refused(
        r"truth has shape \(1, 3\), the choices have \(1, 2\)",
        Scores.from_probabilities,
        rows,
        [0],
        truth=[[0.2, 0.3, 0.5]],
    )
    refused(r"truth\[0\] sums to 0.9", Scores.from_logits, rows, [0], truth=[[0.5, 0.4]])


@pytest.mark.parametrize(
    ("ids", "match"),
    [
        (["a"], "ids has 1 entries for 2 items"),
        (["a", "a"], r"ids\[0\] and ids\[1\] are both 'a'; ids must be unique"),
        (["a", 7], r"ids\[1\] is 7; an id is a string"),
    ],
)
def test_unusable_ids_are_refused(ids, match):
    refused(match, Scores, [0.5, 0.6], [1, 0], ids=ids)


@pytest.mark.parametrize(
    ("groups", "match"),
    [
        ({"region": ["north"]}, r"groups\['region'\] has 1 entries for 2 items"),
        ({"region": ["north", None]}, r"groups\['region'\]\[1\] is None; a group is named by a string"),
        ({"region": "ns"}, r"groups\['region'\] is the string 'ns'; it must hold one string per item"),
    ],
)
def test_unusable_groups_are_refused(groups, match):
    refused(match, Scores, [0.5, 0.6], [1, 0], groups=groups)


def test_a_confidence_of_exactly_one_is_kept():
    # 8 of 10 items at 1.0, as bfloat16 gives them; dropping them would say 0.6
    confidence, correct = [1.0] * 8 + [0.6] * 2, [1] * 5 + [0] * 3 + [1, 1]
    assert float(Scores(confidence, correct).ece()) == pytest.approx((3 + 0.8) / 10)
