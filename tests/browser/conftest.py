"""A real browser for the tests of this folder; they skip with a reason where there is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.serving import Sniffer, sniffing

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


@pytest.fixture(scope="session")
def sniffer() -> Iterator[Sniffer]:
    with sniffing() as listening:
        yield listening


class Opened:
    """A page in the browser, every request that it made, and everything that the browser complained about."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@pytest.fixture
def open_page(browser: Any, sniffer: Sniffer) -> Iterator[Callable[..., Opened]]:
    """Open a file or an address with JavaScript off; keywords are those of Playwright's ``new_context``.

    What is not this machine is behind a proxy that hears every request and answers none.
    """
    contexts = []

    def opened(place: Path | str, *, width: int = 1280, height: int = 800, **options: Any) -> Opened:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            proxy={"server": sniffer.address, "bypass": "127.0.0.1"},
            **{"java_script_enabled": False, **options},
        )
        contexts.append(context)
        shown = Opened(context.new_page())
        shown.page.goto(place.as_uri() if isinstance(place, Path) else place)
        return shown

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots are kept: the folder that the variable LLMCAL_SCREENSHOTS names, or this test's own."""
    folder = Path(os.environ.get("LLMCAL_SCREENSHOTS", tmp_path)).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
