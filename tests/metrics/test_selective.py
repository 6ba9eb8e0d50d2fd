"""Risk and coverage: against a mean over all orders of ties, published formulas, and derivatives taken by hand."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.metrics.selective import (
    accepted_shares,
    aurc,
    aurc_influence,
    coverage_at_risk,
    e_aurc,
    expected_errors,
    levels,
    population_aurc,
    population_e_aurc,
)

ANSWERS = st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.9, 1.0]), st.booleans()), min_size=1, max_size=30)


def columns(rows):
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def aurc_in_this_order(wrong):
    return float(np.mean(np.cumsum(wrong) / np.arange(1, len(wrong) + 1)))


@pytest.mark.parametrize("seed", range(5))
def test_ties_count_as_the_mean_over_all_their_orders(seed):
    generator = np.random.default_rng(seed)
    confidence, correct = generator.choice([0.5, 0.7, 0.9], 6), generator.integers(0, 2, 6)
    orders = [np.array(order) for order in permutations(range(6))]
    falling = [order for order in orders if (np.diff(confidence[order]) <= 0.0).all()]
    expected = np.mean([aurc_in_this_order(1 - correct[order]) for order in falling])
    assert aurc(confidence, correct) == pytest.approx(expected, abs=1e-12)


def test_without_ties_it_is_the_definition():
    generator = np.random.default_rng(0)
    confidence, correct = generator.random(200), generator.integers(0, 2, 200)
    assert aurc(confidence, correct) == pytest.approx(aurc_in_this_order(1 - correct[np.argsort(-confidence)]))


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.9])
def test_the_least_area_tends_to_the_published_limit(rate):
    n = 100_000
    correct = (np.arange(n) >= rate * n).astype(float)
    published = rate + (1 - rate) * np.log(1 - rate)
    assert aurc(correct, correct) == pytest.approx(published, abs=1e-5)
    assert population_aurc(np.array([1 - rate, rate]), np.array([0.0, rate])) == pytest.approx(published, abs=1e-12)


@given(ANSWERS)
def test_the_excess_lies_between_none_and_ln_two(rows):
    confidence, correct = columns(rows)
    assert 0.0 <= e_aurc(confidence, correct) <= np.log(2.0) + 1e-12
    assert e_aurc(correct.astype(float), correct) == 0.0


def test_half_of_the_answers_wrong_and_sure_have_the_most_excess():
    correct = np.repeat([0.0, 1.0], 50_000)
    assert e_aurc(1 - correct, correct) == pytest.approx(np.log(2.0), abs=1e-4)


@given(ANSWERS, st.integers(2, 4))
def test_the_area_of_a_population_is_that_of_many_copies(rows, times):
    confidence, correct = columns(rows)
    _, items, wrong = levels(confidence, correct)
    far, farther = (
        abs(aurc(np.tile(confidence, k), np.tile(correct, k)) - population_aurc(items, wrong)) for k in (1, 100 * times)
    )
    assert farther <= far / 20 + 1e-9


@pytest.mark.parametrize("excess", [False, True])
@given(rows=ANSWERS)
def test_the_influence_is_the_derivative_by_the_weight_of_an_item(excess, rows):
    confidence, correct = columns(rows)
    if excess and correct.all() | ~correct.any():
        return  # at the edge of what is possible there is no derivative
    level, items, wrong = levels(confidence, correct)
    area = population_e_aurc if excess else population_aurc
    n, step = len(rows), 1e-5
    influence = aurc_influence(confidence, correct, excess=excess)
    for item in range(n):
        more, less = (
            area(
                items + sign * step * (np.arange(len(items)) == level[item]),
                wrong + sign * step * (np.arange(len(items)) == level[item]) * (not correct[item]),
            )
            for sign in (1, -1)
        )
        # one more unit among n moves the area by influence / n
        assert (more - less) / (2 * step) == pytest.approx(influence[item] / n, abs=1e-6)


@given(ANSWERS, st.integers(0, 1000), st.floats(0, 1))
def test_the_order_of_the_rows_changes_nothing(rows, seed, risk):
    confidence, correct = columns(rows)
    order = np.random.default_rng(seed).permutation(len(rows))
    there, back = expected_errors(confidence, correct), expected_errors(confidence[order], correct[order])
    assert np.array_equal(there, back)
    assert coverage_at_risk(there, risk) == coverage_at_risk(back, risk)


@given(ANSWERS, st.data())
def test_accepted_shares_sum_to_the_number_accepted_and_hold_its_errors(rows, data):
    confidence, correct = columns(rows)
    count = data.draw(st.integers(1, len(rows)))
    accepted = accepted_shares(confidence, count)
    assert accepted.sum() == pytest.approx(count)
    assert accepted @ (1 - correct) == pytest.approx(expected_errors(confidence, correct)[count - 1])
