"""How questions are cut into chunks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.scoring.cache.chunks import chunk_size, chunks


@given(st.lists(st.integers(1, 5)), st.integers(1, 7))
def test_chunks_hold_everything_in_order_and_cut_no_item_apart(counts: list[int], size: int) -> None:
    asked = [(item, choice) for item, count in enumerate(counts) for choice in range(count)]
    parts = list(chunks(asked, size, item=lambda each: str(each[0])))
    assert [each for part in parts for each in part] == asked
    assert all(size <= len(part) < size + 5 for part in parts[:-1])
    items = [{item for item, _ in part} for part in parts]
    assert all(not left & right for left, right in pairwise(items))


@given(st.lists(st.integers(1, 5), min_size=1), st.integers(1, 7))
def test_the_chunks_of_a_longer_list_begin_as_those_of_the_shorter(counts: list[int], size: int) -> None:
    asked = [(item, choice) for item, count in enumerate(counts) for choice in range(count)]
    before = [item for item, _ in asked if item < len(counts) - 1]
    shorter = list(chunks(before, size, item=str))
    longer = [[item for item, _ in part] for part in chunks(asked, size, item=lambda each: str(each[0]))]
    assert longer[: max(0, len(shorter) - 1)] == shorter[:-1]


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps", "another"])
def test_larger_models_have_smaller_chunks_of_a_power_of_two(device: str) -> None:
    sizes = [chunk_size(10**power, device) for power in range(13)]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size.bit_count() == 1 and size >= 64 for size in sizes)
    assert chunk_size(None, device) == chunk_size(10**9, device)
