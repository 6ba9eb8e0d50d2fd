"""Reports of one gate, of fifty and of five thousand: all is there with scripts on and off, and stays usable."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.report import write
from tests.browser.reports import MODELS, run_of

Open = Callable[..., Any]
Report = Callable[[int], Path]

SIZES = pytest.mark.parametrize("gates", [1, 50])
ALL_SIZES = pytest.mark.parametrize("gates", [1, 50, pytest.param(5000, marks=pytest.mark.slow)])
SCRIPTS = pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])

SHOWN = "() => [...document.querySelectorAll('.matrix tbody tr')].filter(row => row.checkVisibility()).length"
GATES = "() => [...document.querySelectorAll('details.gate')].filter(gate => gate.checkVisibility()).length"


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Return a function that writes the report of so many gates, once."""
    return cache(lambda gates: write(run_of(gates), tmp_path_factory.mktemp("report")))


@SCRIPTS
@ALL_SIZES
def test_every_model_and_every_gate_is_there(open_page: Open, report: Report, gates: int, script: bool) -> None:
    opened = open_page(report(gates), java_script_enabled=script)
    assert opened.page.locator("details.gate").count() == gates
    assert opened.page.locator(".matrix tbody tr").count() == MODELS[gates]
    assert opened.complaints == []
    box = opened.page.locator("h1").bounding_box()
    assert box["y"] + box["height"] < 400, "the answer is seen at once"
    assert opened.page.locator(".matrix tbody tr").first.bounding_box()["y"] < 800


@SIZES
def test_scripts_add_tools_and_take_nothing_away(open_page: Open, report: Report, gates: int) -> None:
    def words(script: bool) -> list[str]:
        page = open_page(report(gates), java_script_enabled=script).page
        whole = page.locator(".matrix, details.gate").all_text_contents()
        return [re.sub(r"\s+", " ", text) for text in whole]

    assert words(script=True) == words(script=False)


@ALL_SIZES
def test_a_link_in_the_table_leads_to_the_model(open_page: Open, report: Report, gates: int) -> None:
    page = open_page(report(gates)).page
    link = page.locator(".matrix tbody th a").last
    target = link.get_attribute("href")
    link.click()
    box = page.locator(target).bounding_box()
    assert -1 < box["y"] < 800


@pytest.mark.parametrize("gates", [50, pytest.param(5000, marks=pytest.mark.slow)])
def test_the_filter_keeps_the_models_that_were_asked_for(open_page: Open, report: Report, gates: int) -> None:
    page = open_page(report(gates), java_script_enabled=True).page
    search = page.get_by_role("searchbox")
    if search.count() == 0:
        pytest.skip("the report has no filter")
    search.fill(f"model-{MODELS[gates] - 1:03}")
    assert page.evaluate(SHOWN) == 1
    assert page.evaluate(GATES) == gates / MODELS[gates]
    search.fill("no such model")
    assert page.evaluate(SHOWN) == page.evaluate(GATES) == 0
    search.fill("")
    assert page.evaluate(SHOWN) == MODELS[gates]
    assert page.evaluate(GATES) == gates
