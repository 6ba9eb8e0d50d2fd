"""Nothing on a report's pages asks anybody for anything but the report's own files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pytest_llmcal.report import write
from tests.browser.reports import as_folder, pages_of, run_of
from tests.browser.serving import STRICT, Sniffer, served
from tests.hostile import HOSTILE_TEXTS
from tests.sample_runs import gate, record, run

Open = Callable[..., Any]

LEAKY = """<!doctype html><title>leaky</title><img src="https://picture.example/x.png">
<style>body { background: url(http://style.example/x.png) }</style><script>fetch("https://script.example/x")</script>"""


def everything_said(page: Any) -> None:
    """Open what is folded away, scroll to the end and wait for what comes late."""
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(100)


def test_a_page_that_leaks_is_heard(open_page: Open, sniffer: Sniffer, tmp_path: Path) -> None:
    path = tmp_path / "leaky.html"
    path.write_text(LEAKY, encoding="utf-8")
    before = len(sniffer.heard)
    opened = open_page(path, java_script_enabled=True)
    opened.page.wait_for_timeout(300)
    heard = " ".join(sniffer.heard[before:])
    for host in ("picture.example", "style.example", "script.example"):
        assert host in heard, heard
    assert len(opened.requests) > 1


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
def test_one_file_asks_for_nothing(open_page: Open, sniffer: Sniffer, tmp_path: Path, script: bool) -> None:
    before = len(sniffer.heard)
    path = write(run_of(50), tmp_path)
    opened = open_page(path, java_script_enabled=script)
    everything_said(opened.page)
    assert opened.requests == [path.as_uri()]
    assert sniffer.heard[before:] == []


def test_hostile_texts_ask_for_nothing(open_page: Open, sniffer: Sniffer, tmp_path: Path) -> None:
    texts = [text for text in HOSTILE_TEXTS.values() if len(text) < 10_000]
    gates = (
        gate(text, record(group=text, explanation=text), message=text, outcome="failed", model=text, suite=text)
        for text in texts
    )
    before = len(sniffer.heard)
    path = write(run(*gates, problems=tuple(texts)), tmp_path)
    opened = open_page(path, java_script_enabled=True)
    dialogs: list[str] = []
    opened.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    opened.page.reload()
    everything_said(opened.page)
    assert set(opened.requests) == {path.as_uri()}
    assert sniffer.heard[before:] == []
    assert dialogs == []
    assert opened.complaints == []
    assert opened.page.locator("img, iframe, object, b b, svg script").count() == 0


def test_a_served_folder_asks_for_its_own_files_alone(open_page: Open, sniffer: Sniffer, tmp_path: Path) -> None:
    report = as_folder(run_of(50), tmp_path)
    before = len(sniffer.heard)
    with served(tmp_path, "default-src 'self'") as host:
        for page in pages_of(report):
            opened = open_page(f"{host.address}/{page.relative_to(tmp_path).as_posix()}", java_script_enabled=True)
            everything_said(opened.page)
            assert {urlsplit(url).netloc for url in opened.requests} == {urlsplit(host.address).netloc}
            assert opened.complaints == []
    assert sniffer.heard[before:] == []
    assert host.missing() == []


def test_a_strict_host_shows_the_whole_report_in_its_own_looks(open_page: Open, tmp_path: Path) -> None:
    whole = run_of(50)
    report = as_folder(whole, tmp_path)
    found = 0
    with served(tmp_path, STRICT) as host:
        for page in pages_of(report):
            opened = open_page(f"{host.address}/{page.relative_to(tmp_path).as_posix()}", java_script_enabled=True)
            refused = [text for text in opened.complaints if "script" not in text.partition("because")[0]]
            assert refused == [], "no more than the script, which the page does not need"
            assert opened.page.evaluate("document.styleSheets[0].cssRules.length") > 50
            assert opened.page.evaluate("getComputedStyle(document.querySelector('.skip')).position") == "absolute"
            found += opened.page.locator("details.gate").count()
    assert found == len(whole.gates)


def test_the_links_of_a_strict_host_lead_from_the_table_to_each_gate(open_page: Open, tmp_path: Path) -> None:
    report = as_folder(run_of(50), tmp_path)
    with served(tmp_path, STRICT) as host:
        page = open_page(f"{host.address}/{report.name}").page
        targets = page.locator(".matrix a").evaluate_all("links => links.map(link => link.href)")
        assert len(targets) > 10
        for target in dict.fromkeys(targets):
            page.goto(target)
            fragment = urlsplit(target).fragment
            assert not fragment or page.locator(f"#{fragment}").count() == 1
    assert host.missing() == []
