import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.metrics.conformal import aps, lac, raps

ROWS = st.integers(0, 10_000).map(
    # few different numbers, so that there are ties, and zeros
    lambda seed: (lambda rows: rows / rows.sum(axis=1, keepdims=True))(
        np.random.default_rng(seed).integers(0, 4, (5, 4)) + np.eye(4)[[0, 1, 2, 3, 0]]
    )
)


def by_definition(row, u, penalty, unpenalised):
    strange = []
    for p in row:
        before = row[row > p]
        strange.append(before.sum() + (1 - u) * p + penalty * max(0, len(before) + 1 - unpenalised))
    return strange


@given(ROWS, st.floats(0, 1), st.floats(0, 1), st.integers(0, 5))
def test_adaptive_scores_are_what_comes_before_and_a_part_of_the_own(rows, u, penalty, unpenalised):
    uniform = np.full(5, u)
    expected = [by_definition(row, u, penalty, unpenalised) for row in rows]
    assert raps(rows, uniform, penalty, unpenalised) == pytest.approx(np.array(expected))
    assert aps(rows, uniform) == pytest.approx(raps(rows, uniform, 0.0, 0))


@given(ROWS, st.integers(0, 10_000))
def test_the_order_of_the_choices_changes_nothing(rows, seed):
    order = np.random.default_rng(seed).permutation(4)
    uniform = np.full(5, 0.3)
    for score in (lac, lambda p: aps(p, uniform), lambda p: raps(p, uniform, 0.1, 1)):
        assert score(rows[:, order]) == pytest.approx(score(rows)[:, order])


@given(ROWS)
def test_a_more_probable_choice_is_never_stranger(rows):
    for strange in (lac(rows), aps(rows, np.ones(5)), raps(rows, np.ones(5), 0.1, 2)):
        order = np.argsort(-rows, axis=1)
        assert np.all(np.diff(np.take_along_axis(strange, order, axis=1), axis=1) >= -1e-12)


def test_equal_choices_are_equally_strange():
    assert raps(np.full((1, 4), 0.25), np.ones(1), 0.5, 0).tolist() == [[0.5] * 4]
