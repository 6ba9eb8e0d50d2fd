"""Reports of one gate, of fifty and of five thousand: all is there with scripts on and off, and stays usable."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.report import write
from tests.browser.reports import MODELS, run_of

Open = Callable[..., Any]

SIZES = [1, 50, pytest.param(5000, marks=pytest.mark.slow)]
SCRIPTS = pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])


@pytest.fixture(scope="session", params=SIZES)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    return request.param, write(run_of(request.param), tmp_path_factory.mktemp("report"))


@SCRIPTS
def test_every_model_and_every_gate_is_there(open_page: Open, report: tuple[int, Path], script: bool) -> None:
    gates, path = report
    opened = open_page(path, java_script_enabled=script)
    assert opened.page.locator("details.gate").count() == gates
    assert opened.page.locator(".matrix tbody tr").count() == MODELS[gates]
    assert opened.complaints == []


def test_scripts_add_tools_and_take_nothing_away(open_page: Open, report: tuple[int, Path]) -> None:
    _, path = report
    words = [
        re.sub(r"\s+", " ", open_page(path, java_script_enabled=script).page.locator(place).first.text_content())
        for place in (".matrix", "details.gate")
        for script in (True, False)
    ]
    assert words[0] == words[1]
    assert words[2] == words[3]


@SCRIPTS
def test_the_answer_is_seen_at_once(open_page: Open, report: tuple[int, Path], script: bool) -> None:
    page = open_page(report[1], java_script_enabled=script).page
    box = page.locator("h1").bounding_box()
    assert box["y"] + box["height"] < 400
    assert page.locator(".matrix tbody tr").first.bounding_box()["y"] < 800


def test_a_link_in_the_table_leads_to_the_model(open_page: Open, report: tuple[int, Path]) -> None:
    page = open_page(report[1]).page
    link = page.locator(".matrix tbody th a").last
    target = link.get_attribute("href")
    link.click()
    box = page.locator(target).bounding_box()
    assert -1 < box["y"] < 800


def test_the_filter_keeps_the_models_that_were_asked_for(open_page: Open, report: tuple[int, Path]) -> None:
    gates, path = report
    if MODELS[gates] == 1:
        pytest.skip("one model needs no filter")
    page = open_page(path, java_script_enabled=True).page
    search = page.get_by_role("searchbox")
    if search.count() == 0:
        pytest.skip("the report has no filter")
    last = f"model-{MODELS[gates] - 1:03}"
    search.fill(last)
    rows = page.locator(".matrix tbody tr")
    page.wait_for_function("[...document.querySelectorAll('.matrix tbody tr')].filter(r => !r.hidden).length === 1")
    assert [row.is_visible() for row in rows.all()].count(True) == 1
    assert last in rows.locator("visible=true").first.text_content()
    assert page.locator("details.gate:visible").count() == gates / MODELS[gates]
    search.fill("no such model")
    assert page.locator(".matrix tbody tr:visible").count() == 0
    search.fill("")
    assert page.locator(".matrix tbody tr:visible").count() == MODELS[gates]
