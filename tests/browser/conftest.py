"""A real browser for the tests of this folder; they skip with a reason where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}; install Debian's chromium to run the browser tests")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


class Opened:
    """A page in the browser, and every request that it made."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Opened]]:
    """Open a file with JavaScript off; keywords are those of Playwright's ``new_context``."""
    contexts = []

    def opened(path: Path, *, width: int = 1280, height: int = 800, **options: Any) -> Opened:
        context = browser.new_context(
            viewport={"width": width, "height": height}, **{"java_script_enabled": False, **options}
        )
        contexts.append(context)
        shown = Opened(context.new_page())
        shown.page.goto(path.as_uri())
        return shown

    yield opened
    for context in contexts:
        context.close()
