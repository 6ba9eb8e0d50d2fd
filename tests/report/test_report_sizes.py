"""Large runs stay small pages, quickly made."""

from __future__ import annotations

from time import process_time

import pytest

from pytest_llmcal.report import pages, render
from tests.report.large_runs import many


def size(text: str) -> int:
    return len(text.encode())


def test_a_page_grows_by_its_gates_alone() -> None:
    one, two, three = (size(render(many(1, gates, items=0))) for gates in (100, 200, 300))
    assert three - two == pytest.approx(two - one, rel=0.02)
    assert (two - one) / 100 < 700  # bytes a gate


def test_a_page_grows_by_its_models_alone() -> None:
    one, two, three = (size(render(many(models, 20))) for models in (5, 10, 15))
    assert three - two == pytest.approx(two - one, rel=0.02)


def test_a_hundred_models_with_fifty_gates_each_take_less_than_four_megabytes() -> None:
    run = many(100, 50, items=0)
    render(many(1, 5))  # the templates are read once
    start = process_time()
    page = render(run)
    assert process_time() - start < 3.0  # of one core; about 1
    assert size(page) < 4e6


@pytest.mark.slow
def test_five_thousand_gates_with_twenty_items_behind_each_model_take_less_than_fifteen_megabytes() -> None:
    for models in (1, 50):
        assert size(render(many(models, 5000 // models, items=20))) < 15e6


@pytest.mark.slow
def test_a_folder_is_not_much_larger_and_its_front_page_small() -> None:
    files = pages(many(100, 50, items=0))
    assert sum(map(size, files.values())) < 4.5e6
    assert size(files["index.html"]) < 5e5


@pytest.mark.slow
def test_ten_thousand_records_of_groups_take_seconds() -> None:
    from tests.sample_runs import gate, record, run

    groups = [record(group=f"region={number}", curve=()) for number in range(10)]
    whole = run(*(gate(f"test_{number:04}", *groups) for number in range(1000)))
    start = process_time()
    page = render(whole)
    assert process_time() - start < 10.0  # about 2
    assert size(page) < 12e6
