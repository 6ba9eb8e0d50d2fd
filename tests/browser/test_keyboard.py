"""A keyboard alone reaches everything in the table, in order, and always sees where it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.report import write
from tests.browser.reports import run_of

Open = Callable[..., Any]

# Everything in the table that can have the focus, numbered in the order of the page.
NUMBERED = """() => {
    const all = document.querySelectorAll(".matrix a, .matrix button, .matrix [tabindex='0']");
    const stops = [...all].filter(stop => stop.checkVisibility({visibilityProperty: true}));
    stops.forEach((stop, place) => { stop.dataset.place = place });
    return stops.length;
}"""
FOCUSED = """() => {
    const {place} = document.activeElement.dataset, box = document.activeElement.getBoundingClientRect();
    const outline = getComputedStyle(document.activeElement).outlineStyle;
    return [place === undefined ? null : Number(place), outline, box.top > -1 && box.bottom < innerHeight + 1];
}"""


@pytest.mark.parametrize("width", [1280, 360])
def test_tab_goes_through_the_table_in_order_and_is_seen(open_page: Open, tmp_path: Path, width: int) -> None:
    page = open_page(write(run_of(50), tmp_path), java_script_enabled=True, width=width).page
    stops = page.evaluate(NUMBERED)
    assert stops >= 12
    visited = []
    for _ in range(stops + 12):
        page.keyboard.press("Tab")
        place, outline, seen = page.evaluate(FOCUSED)
        if place is not None:
            visited.append(place)
            assert outline == "solid"
            assert seen
    assert visited == list(range(stops))


def test_shift_tab_goes_back(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(run_of(50), tmp_path), java_script_enabled=True).page
    page.evaluate(NUMBERED)
    page.locator("[data-place='5']").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUSED)[0] == 4


def test_enter_follows_a_link_of_the_table_without_scripts(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(run_of(50), tmp_path)).page
    link = page.locator(".matrix tbody th a").nth(1)
    target = link.get_attribute("href")
    link.focus()
    page.keyboard.press("Enter")
    assert page.url.endswith(target)
    assert page.locator(target).bounding_box()["y"] < 800


def test_enter_on_a_heading_sorts_and_says_so(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(run_of(50), tmp_path), java_script_enabled=True).page
    button = page.locator(".matrix thead button").first
    if button.count() == 0:
        pytest.skip("the report does not sort")
    rows = page.locator(".matrix tbody tr")
    before = rows.all_text_contents()
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.locator(".matrix [aria-sort='descending']").count() == 1
    assert rows.all_text_contents() == before[::-1]


def test_skipping_leads_to_the_answer(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(run_of(50), tmp_path)).page
    page.keyboard.press("Tab")
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#answer")
