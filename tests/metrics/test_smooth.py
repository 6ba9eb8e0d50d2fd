import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal.metrics.binning import CHUNK
from pytest_llmcal.metrics.smooth import error_at, fixed_point, residuals_on_grid, smooth_error

rows = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)
POINTS = np.linspace(0.0, 1.0, 4001)


def arrays(rows):
    confidence, correct = zip(*rows, strict=True)
    return np.array(confidence, dtype=float), np.array(correct)


def definition(confidence, correct, bandwidth):
    """The integral over all points of the sum over all items and their mirror images."""
    density = np.zeros_like(POINTS)
    for c, y in zip(confidence, correct, strict=True):
        for image in range(-3, 4):
            for place in (c, -c):
                density += (c - y) * np.exp(-0.5 * ((POINTS - place + 2 * image) / bandwidth) ** 2)
    return np.trapezoid(np.abs(density), POINTS) / (bandwidth * np.sqrt(2 * np.pi) * len(confidence))


@pytest.mark.parametrize("bandwidth", [0.02, 0.1, 0.7])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_integral_of_the_definition(seed, bandwidth):
    generator = np.random.default_rng(seed)
    confidence = np.r_[generator.beta(5.0, 1.5, 40), 0.0, 1.0, 1.0]
    correct = generator.random(43) < confidence**2
    ours = float(error_at(residuals_on_grid(confidence, correct), bandwidth))
    assert ours == pytest.approx(definition(confidence, correct, bandwidth), abs=1e-6)


@settings(max_examples=25)
@given(rows)
def test_the_bandwidth_found_equals_its_own_error(rows):
    masses = residuals_on_grid(*arrays(rows))
    found = fixed_point(masses)
    nearby = 1e-7  # a bandwidth far below a cell of the grid jumps
    assert float(error_at(masses, max(found - nearby, 0.0))) >= float(found) - 1e-5
    assert float(error_at(masses, found + nearby)) <= float(found) + 1e-5


@given(rows, st.floats(0.001, 0.5), st.floats(1.0, 4.0))
def test_a_wider_kernel_finds_no_more(rows, bandwidth, times):
    masses = residuals_on_grid(*arrays(rows))
    assert float(error_at(masses, bandwidth * times)) <= float(error_at(masses, bandwidth)) + 1e-9


@settings(max_examples=25)
@given(rows)
def test_it_lies_between_the_mean_gap_and_the_mean_absolute_residual(rows):
    confidence, correct = arrays(rows)
    gap = confidence - correct
    assert abs(gap.mean()) - 1e-9 <= smooth_error(confidence, correct) <= np.abs(gap).mean() + 1e-9


def test_where_all_residuals_have_one_sign_it_is_the_mean_gap():
    confidence = np.random.default_rng(0).random(500)
    assert smooth_error(confidence, np.zeros(500)) == pytest.approx(confidence.mean(), abs=1e-9)


def test_a_model_that_is_right_as_often_as_it_says_at_each_level_has_none():
    confidence = np.repeat([0.2, 0.5, 0.9], 10)
    correct = np.concatenate([np.arange(10) < round(10 * level) for level in (0.2, 0.5, 0.9)])
    assert smooth_error(confidence, correct) == pytest.approx(0.0, abs=1e-12)


def test_what_is_cut_into_chunks_is_the_same_as_at_once():
    generator = np.random.default_rng(0)
    confidence = generator.random(CHUNK + 1000)
    correct = generator.random(len(confidence)) < confidence
    whole = residuals_on_grid(confidence, correct)
    parts = [slice(0, 1000), slice(1000, None)]
    summed = sum(residuals_on_grid(confidence[part], correct[part]) * len(confidence[part]) for part in parts) / len(
        confidence
    )
    assert whole == pytest.approx(summed, abs=1e-12)


def test_several_rows_of_masses_are_several_errors():
    generator = np.random.default_rng(0)
    masses = np.array([residuals_on_grid(c, c > 0.7) for c in generator.random((3, 50))])
    assert fixed_point(masses) == pytest.approx([float(fixed_point(row)) for row in masses], abs=1e-9)
