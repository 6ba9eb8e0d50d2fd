"""Scoring many items keeps little of each."""

from __future__ import annotations

import pytest

from benchmarks.scoring import fresh

ALLOWED = 1.5e9 / 2**20 / 100_000
"""MiB above the loaded model that an item of 200 tokens may take: 100,000 stay within 1.5 GB."""


@pytest.mark.slow
def test_items_of_200_tokens_stay_within_their_share_of_a_gigabyte_and_a_half():
    # what does not grow with the items is held against us: fewer of them is the stricter test
    items = 20_000
    told = fresh("many", 1, items=items)
    assert told["items"] == items
    assert told["memory"] <= items * ALLOWED, f"{told['memory']:.0f} MiB for {items} items"
