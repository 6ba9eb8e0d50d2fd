"""Take the screenshots of these pages: the committed example run in Debian's Chromium, JavaScript off.

python docs/screenshots.py
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from playwright.sync_api import sync_playwright

from pytest_llmcal.records import Run
from pytest_llmcal.report import write

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
BAD = "models/2-world-gpt2-overfit.html"


class Shot(NamedTuple):
    """One picture: its name, the page, the place at its top, its size, and light or dark."""

    name: str
    page: str
    place: str
    width: int
    height: int
    scheme: str = "light"


SHOTS = (
    Shot("report", "index.html", "body", 1280, 800),
    Shot("model", BAD, "body", 1280, 900),
    Shot("answers", BAD, ".answers[open]", 1280, 1000),
    Shot("narrow-dark", "index.html", "body", 400, 900, "dark"),
)


def take(browser: Any, shot: Shot, folder: Path) -> None:
    """Take one picture."""
    size = {"width": shot.width, "height": shot.height}
    context = browser.new_context(viewport=size, color_scheme=shot.scheme, java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / shot.page).as_uri())
    top = page.locator(shot.place).first.bounding_box()["y"]
    clip = {"x": 0, "y": max(top - 16, 0), **size}
    page.screenshot(path=ROOT / "docs" / "images" / f"{shot.name}.png", clip=clip, full_page=True)
    context.close()


def main() -> None:
    """Take all pictures."""
    run = Run.read(ROOT / "reports" / "example" / "run.json")
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        write(run, folder, assets=True)
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for shot in SHOTS:
            take(browser, shot, Path(folder))
        browser.close()


if __name__ == "__main__":
    main()
