import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.metrics.ranking import accuracy, auroc, counts_by_level, placements

answers = st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.5001, 0.9, 1.0]), st.booleans()), min_size=2).filter(
    lambda rows: 0 < sum(right for _, right in rows) < len(rows)
)


@given(answers)
def test_auroc_counts_pairs_with_ties_as_half(rows):
    confidence, right = map(np.array, zip(*rows, strict=True))
    pairs = [(a > b) + 0.5 * (a == b) for a in confidence[right] for b in confidence[~right]]
    assert auroc(confidence, right) == pytest.approx(np.mean(pairs))


@given(answers)
def test_the_placements_of_either_side_have_the_auroc_as_mean(rows):
    confidence, right = map(np.array, zip(*rows, strict=True))
    of_rights, of_wrongs = placements(confidence, right)
    assert of_rights.mean() == pytest.approx(of_wrongs.mean())
    assert len(of_rights) == right.sum()


@given(answers)
def test_auroc_depends_on_the_order_of_the_levels_alone(rows):
    confidence, right = map(np.array, zip(*rows, strict=True))
    assert auroc(confidence**3, right) == auroc(confidence, right)
    assert auroc(confidence[::-1], right[::-1]) == pytest.approx(auroc(confidence, right))


@pytest.mark.parametrize("right", [[1, 1], [0, 0]])
def test_auroc_of_one_kind_of_answer_is_refused(right):
    with pytest.raises(ValueError, match="all 2 are of one kind"):
        auroc(np.array([0.5, 0.6]), np.array(right))


def test_accuracy_of_half_precision_does_not_saturate():
    assert accuracy(np.ones(70_000, np.float16)) == 1.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@given(st.lists(st.tuples(st.one_of(st.floats(0, 1), st.sampled_from([0.0, -0.0, 0.5, 1.0])), st.booleans())))
def test_sorted_counts_are_those_of_each_distinct_confidence(dtype, rows):
    rows = [*rows, (0.25, True), (0.75, False)]
    confidence, right = np.array([c for c, _ in rows], dtype), np.array([r for _, r in rows])
    levels = np.unique(confidence)
    rights, wrongs = counts_by_level(confidence, right)
    assert rights.tolist() == [np.sum(right[confidence == level]) for level in levels]
    assert wrongs.tolist() == [np.sum(~right[confidence == level]) for level in levels]


@given(answers)
def test_the_fast_auroc_is_the_mean_of_the_placements(rows):
    confidence, right = map(np.array, zip(*rows, strict=True))
    assert auroc(confidence, right) == pytest.approx(placements(confidence, right)[0].mean(), abs=1e-14)


def test_neither_input_is_changed_by_sorting():
    confidence, right = np.array([0.9, 0.1, 0.5]), np.array([True, False, True])
    auroc(confidence, right)
    assert confidence.tolist() == [0.9, 0.1, 0.5]
    assert right.tolist() == [True, False, True]
