"""axe-core finds nothing serious on any page: names, roles, headings, contrast, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.report import write
from tests.browser.reports import as_folder, pages_of, run_of
from tests.sample_runs import run, two_models

Open = Callable[..., Any]

AXE = Path(__file__).parent / "axe" / "axe.min.js"
GRAVE = {"serious", "critical"}
RUNS = {"one gate": lambda: run_of(1), "fifty gates": lambda: run_of(50), "every kind": two_models, "nothing": run}

_SLOW = pytest.mark.slow


def grave(page: Any) -> list[str]:
    """Return what axe calls serious or critical, with the first place of each."""
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    page.evaluate(AXE.read_text(encoding="utf-8"))  # past any policy, which a script element is not
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{entry['id']} ({entry['impact']}): {entry['help']}: {entry['nodes'][0]['html'][:200]}"
        for entry in found["violations"]
        if entry["impact"] in GRAVE
    ]


def test_a_page_that_is_hard_to_use_is_found(open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text('<!doctype html><title>x</title><img src="x.png"><p style="color:#ddd">pale</p>', encoding="utf-8")
    found = " ".join(grave(open_page(path, java_script_enabled=True).page))
    for rule in ("image-alt", "html-has-lang", "color-contrast"):
        assert rule in found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [pytest.param(name, marks=_SLOW if name != "every kind" else ()) for name in RUNS])
def test_one_file_has_nothing_grave(open_page: Open, tmp_path: Path, name: str, scheme: str) -> None:
    opened = open_page(write(RUNS[name](), tmp_path), java_script_enabled=True, color_scheme=scheme)
    assert grave(opened.page) == []


@pytest.mark.slow
def test_a_narrow_page_has_nothing_grave(open_page: Open, tmp_path: Path) -> None:
    opened = open_page(write(two_models(), tmp_path), java_script_enabled=True, width=360)
    assert grave(opened.page) == []


@pytest.mark.slow
def test_a_page_of_scripts_off_has_nothing_grave(open_page: Open, tmp_path: Path) -> None:
    path = write(two_models(), tmp_path)
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition("<script>")  # axe is a script itself: the page's own is taken out
    path.write_text(before + rest.partition("</script>")[2], encoding="utf-8")
    assert grave(open_page(path, java_script_enabled=True).page) == []


def test_every_page_of_a_folder_has_nothing_grave(open_page: Open, tmp_path: Path) -> None:
    for page in pages_of(as_folder(two_models(), tmp_path)):
        assert grave(open_page(page, java_script_enabled=True).page) == [], page.name
