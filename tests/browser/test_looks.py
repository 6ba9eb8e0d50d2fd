"""Every look fits its window; a picture of each is kept for the eye, where LLMCAL_SCREENSHOTS says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pytest_llmcal.report import write
from tests.browser.reports import as_folder, pages_of, run_of
from tests.sample_runs import two_models

Open = Callable[..., Any]

pytestmark = pytest.mark.slow


class Look(NamedTuple):
    width: int
    height: int
    scheme: str = "light"
    media: str = "screen"


LOOKS = {
    "light": Look(1280, 800),
    "dark": Look(1280, 800, "dark"),
    "narrow": Look(360, 740),
    "narrow-dark": Look(360, 740, "dark"),
    "4k": Look(3840, 2160),
    "print": Look(794, 1123, media="print"),  # A4 at 96 dots an inch
    "print-dark": Look(794, 1123, "dark", "print"),
}
RUNS = {"two-models": two_models, "fifty-gates": lambda: run_of(50)}


def fits(page: Any, look: Look) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= look.width)


def brightness(page: Any) -> int:
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("kind", RUNS)
def test_a_look_fits_and_is_kept(open_page: Open, tmp_path: Path, pictures: Path, kind: str, name: str) -> None:
    look = LOOKS[name]
    path = write(RUNS[kind](), tmp_path)
    page = open_page(path, width=look.width, height=look.height, color_scheme=look.scheme).page
    page.emulate_media(media=look.media, color_scheme=look.scheme)
    picture = pictures / f"{kind}-{name}.png"
    page.screenshot(path=picture, full_page=kind == "two-models")
    assert fits(page, look)
    assert picture.stat().st_size > 20_000
    assert (brightness(page) < 200) == (look.scheme == "dark" and look.media == "screen"), "paper is white"


def test_every_page_of_a_folder_fits_and_is_kept(open_page: Open, tmp_path: Path, pictures: Path) -> None:
    for number, path in enumerate(pages_of(as_folder(two_models(), tmp_path / "report"))):
        for name, look in LOOKS.items():
            page = open_page(path, width=look.width, height=look.height, color_scheme=look.scheme).page
            page.emulate_media(media=look.media, color_scheme=look.scheme)
            page.screenshot(path=pictures / f"page-{number}-{name}.png", full_page=True)
            assert fits(page, look), (path.name, name)


def test_it_prints_to_pages(open_page: Open, tmp_path: Path, pictures: Path) -> None:
    page = open_page(write(two_models(), tmp_path)).page
    paper = pictures / "two-models.pdf"
    page.pdf(path=paper, format="A4")
    assert paper.read_bytes().count(b"/Type /Page\n") + paper.read_bytes().count(b"/Type /Page ") >= 2
