import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.metrics.binning import CHUNK, chunks, uniform_bins, uniform_edges


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("parts", "bins"), [(100, 10), (100, 20), (20, 10), (20, 20), (100, 5), (100, 25), (100, 100)])
def test_literals_fall_where_exact_arithmetic_puts_them(parts, bins, dtype):
    literals = np.array([float(f"{k / parts:.2f}") for k in range(parts + 1)], dtype=dtype)
    exact = [max(0, -(-k * bins // parts) - 1) for k in range(parts + 1)]
    assert uniform_bins(literals, bins).tolist() == exact


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("parts", [20, 100])
def test_literals_fall_right_in_fifteen_bins_too(parts, dtype):
    literals = np.array([float(f"{k / parts:.2f}") for k in range(parts + 1)], dtype=dtype)
    exact = [max(0, -(-k * 15 // parts) - 1) for k in range(parts + 1)]
    assert uniform_bins(literals).tolist() == exact


@given(st.floats(0, 1), st.integers(1, 200))
def test_every_confidence_lies_in_its_right_closed_bin(confidence, bins):
    index = uniform_bins(np.array([confidence]), bins)[0]
    edges = uniform_edges(bins)
    assert confidence <= edges[index + 1]
    assert confidence > edges[index] or index == 0


@given(st.floats(0, 1, width=32), st.integers(1, 200))
def test_single_precision_is_compared_with_edges_of_single_precision(confidence, bins):
    index = uniform_bins(np.array([confidence], dtype=np.float32), bins)[0]
    edges = uniform_edges(bins).astype(np.float32)
    assert np.float32(confidence) <= edges[index + 1]
    assert np.float32(confidence) > edges[index] or index == 0


def test_zero_and_one_fall_into_the_first_and_the_last_bin():
    assert uniform_bins(np.array([0.0, 1.0]), 15).tolist() == [0, 14]


@pytest.mark.parametrize("bins", [0, -1, 2.5, True, "15"])
def test_a_number_of_bins_that_is_none_is_refused(bins):
    with pytest.raises(ValueError, match="bins must be a whole number of at least one, got"):
        uniform_edges(bins)


@pytest.mark.parametrize("n", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK - 1])
def test_chunks_cover_every_item_once(n):
    assert np.array_equal(np.concatenate([np.arange(n)[part] for part in chunks(n)] or [[]]), np.arange(n))


@st.composite
def near_edges(draw):
    """Confidences on edges and up to three floats from them, and anywhere."""
    bins = draw(st.integers(1, 300))
    dtype = draw(st.sampled_from([np.float16, np.float32, np.float64]))
    edges = draw(st.lists(st.tuples(st.integers(0, bins), st.integers(-3, 3)), min_size=1, max_size=40))
    values = [np.array(m / bins, dtype) for m, _ in edges]
    for index, (_, steps) in enumerate(edges):
        for _ in range(abs(steps)):
            values[index] = np.nextafter(values[index], dtype(2.0 if steps > 0 else -1.0))
    anywhere = draw(st.lists(st.floats(0, 1), max_size=400))
    return np.clip(np.array(values + anywhere, dtype), 0, 1), bins


@given(near_edges())
def test_the_fast_way_puts_every_item_where_its_edges_do(data):
    confidence, bins = data
    edges = uniform_edges(bins).astype(confidence.dtype)
    by_search = np.maximum(np.searchsorted(edges, confidence, side="left") - 1, 0)
    assert np.array_equal(uniform_bins(confidence, bins), by_search)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bins", [1, 2, 7, 10, 15, 16, 64, 255])
def test_items_next_to_edges_among_many_others_are_in_their_bins(bins, dtype):
    generator = np.random.default_rng(bins)
    edges = uniform_edges(bins).astype(dtype)
    beside = np.concatenate([edges, np.nextafter(edges, dtype(0)), np.nextafter(edges, dtype(1))])
    confidence = generator.permutation(np.concatenate([generator.random(40 * len(beside)).astype(dtype), beside]))
    by_search = np.maximum(np.searchsorted(edges, confidence, side="left") - 1, 0)
    assert np.array_equal(uniform_bins(confidence, bins), by_search)
