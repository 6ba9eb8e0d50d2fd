"""A report grows by what its run grows by: as many bytes for each further gate, however many there are."""

from __future__ import annotations

import pytest

from pytest_llmcal.report import render
from tests.grid_runs import grid


def bytes_of(models: int, records: int) -> int:
    return len(render(grid(models, 3, records)).encode("utf-8"))


@pytest.mark.parametrize("records", [1, 20])
def test_every_further_model_takes_as_many_bytes(records: int) -> None:
    first = bytes_of(12, records) - bytes_of(10, records)
    later = bytes_of(32, records) - bytes_of(30, records)
    assert later == pytest.approx(first, rel=0.02)
