"""A folder to serve: a page for each model, stylesheet and script beside them, nothing inline."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest

from pytest_llmcal.records import Run
from pytest_llmcal.report import pages, render, write
from pytest_llmcal.report.links import safe_name
from tests.report.large_runs import many
from tests.report.test_report_page import hostile_run
from tests.sample_runs import HOSTILE, gate, record, run, two_models

RUNS = {"two models": two_models(), "hostile": hostile_run(), "many": many(3, 10), "empty": run()}


class Links(HTMLParser):
    """Every address, place and piece of inline code of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.places: set[str] = set()
        self.inline: list[str] = []
        self.inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        for name, value in attrs:
            if name in {"href", "src"}:
                self.addresses.append(value or "")
            if name == "id":
                self.places.add(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(f"{tag} {name}")

    def handle_data(self, data: str) -> None:
        if self.inside in {"style", "script"} and data.strip():
            self.inline.append(self.inside)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  # the parser's signature
        self.inside = ""


@pytest.mark.parametrize("name", RUNS)
def test_every_link_leads_to_a_file_of_the_report_and_a_place_on_it(name: str) -> None:
    files = pages(RUNS[name])
    parsed = {page: Links(text) for page, text in files.items() if page.endswith(".html")}
    for page, links in parsed.items():
        for address in links.addresses:
            path, _, place = address.partition("#")
            target = normpath(join(dirname(page), path)) if path else page
            assert target in files or target == "run.json", address
            assert not place or place in parsed[target].places, address


@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_inline_so_that_a_strict_policy_takes_nothing_away(name: str) -> None:
    for page, text in pages(RUNS[name]).items():
        assert not page.endswith(".html") or Links(text).inline == []


def test_the_folder_holds_what_the_one_page_holds() -> None:
    texts = " ".join(pages(two_models()).values())
    for entry in two_models().gates:
        assert entry.name.removeprefix("test_").replace("_", " ") in texts
        for measured in entry.records:
            assert measured.explanation in texts or measured.outcome in {"holds", "true"}
    assert "1 of 2 models may be released" in pages(two_models())["index.html"]


def test_each_model_has_a_page_whose_title_answers_for_it(tmp_path: Path) -> None:
    front = write(two_models(), tmp_path, assets=True)
    assert front == tmp_path / "index.html"
    names = sorted(path.name for path in (tmp_path / "models").iterdir())
    assert names == ["1-world-gpt2.html", "2-world-gpt2-overfit.html"]
    assert "<title>world/gpt2-overfit may not be released" in (tmp_path / "models" / names[1]).read_text("utf-8")
    assert Run.read(tmp_path / "run.json") == two_models()


@pytest.mark.parametrize("name", [HOSTILE, "../../etc/passwd", "/", "", "con", "x" * 5000, "模型", "a\\b:c*d", ".."])
def test_a_hostile_name_makes_a_file_name_that_stays_in_its_folder(name: str, tmp_path: Path) -> None:
    safe = safe_name(name)
    assert safe.isascii()
    assert 0 < len(safe) <= 60
    assert set(safe) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    write(run(gate("test_a", record(), model=name)), tmp_path / "report", assets=True)
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert len(list((tmp_path / "report" / "models").iterdir())) == 1


def test_models_whose_names_look_alike_have_pages_of_their_own() -> None:
    alike = run(gate("test_a", record(), model="a/b"), gate("test_a", record(), model="a-b"))
    assert len([page for page in pages(alike) if page.startswith("models/")]) == 2


def test_pages_of_an_earlier_report_are_gone_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    write(two_models(), tmp_path, assets=True)
    (tmp_path / "models" / "notes.html").write_text("mine", encoding="utf-8")
    write(run(gate("test_a", record(), model="other")), tmp_path, assets=True)
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["1-other.html", "notes.html"]


def test_one_file_written_over_a_folder_leaves_no_page_of_it(tmp_path: Path) -> None:
    write(two_models(), tmp_path, assets=True)
    write(two_models(), tmp_path)
    assert list((tmp_path / "models").iterdir()) == []


def test_the_one_page_links_to_nothing_beside_it_but_its_run() -> None:
    assert {address for address in Links(render(two_models())).addresses if not address.startswith("#")} == {"run.json"}


def test_gates_without_a_model_have_a_page_too() -> None:
    files = pages(run(gate("test_a", replace(record(), model=None), model=None)))
    assert "Gates without a model" in files["models/1-no-model.html"]
