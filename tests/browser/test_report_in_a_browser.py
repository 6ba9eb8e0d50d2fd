"""The report in a real browser, JavaScript off: everything is there, nothing overflows, nothing leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.records import Run
from pytest_llmcal.report import wording, write
from tests.report.large_runs import many
from tests.sample_runs import HOSTILE, REFUTED, curve, gate, record, run, two_models

Open = Callable[..., Any]

# The table of models by suites alone may be wider than its frame, which then scrolls.
OVERFLOWING = """() => [...document.querySelectorAll("body *")]
    .filter(e => !e.closest(".hidden, .skip, .once, thead, .matrix"))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)
    .map(e => `${e.tagName} ${e.getAttribute("class")}`)"""


def larger() -> Run:
    """Eight models by four suites, long names, groups, curves before and after."""
    gates = []
    for model in range(8):
        name = f"organisation/a-rather-long-model-name-v{model}"
        for suite in ("qa", "translation", "summarization", "a_suite_with_a_long_name"):
            groups = [record(group=f"region={place}", curve=curve(count=7)) for place in ("north", "south", "east")]
            repaired = record(calibrator="temperature(T=1.8)", before=curve(0.4))
            bad = {"outcome": "failed", "message": REFUTED.explanation} if model % 3 == 0 else {}
            worst = replace(groups[1], outcome="refuted") if bad else groups[1]
            gates += [
                gate("test_confidence_can_be_trusted", REFUTED if bad else record(), model=name, suite=suite, **bad),
                gate("test_trust_in_every_group", groups[0], worst, groups[2], model=name, suite=suite, **bad),
                gate("test_temperature_scaling_repairs_it", repaired, model=name, suite=suite),
                gate("test_" + "long_" * 30, outcome="skipped", model=name, suite=suite),
            ]
    return run(*gates)


def hostile() -> Run:
    long = "x" * 5000
    return run(
        gate(HOSTILE, record(group=long, method=HOSTILE), outcome="failed", message=long, model=HOSTILE, suite=long),
        complete=False,
        problems=(HOSTILE, long),
        environment={long: HOSTILE},
    )


RUNS = {"two models": two_models, "larger": larger, "hostile": hostile, "empty": run, "answers": lambda: many(2, 10)}


@pytest.fixture(scope="session", params=RUNS)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    whole = RUNS[request.param]()
    return whole, write(whole, tmp_path_factory.mktemp("report"))


def test_every_gate_is_on_the_page(report: tuple[Run, Path], open_page: Open) -> None:
    whole, path = report
    page = open_page(path).page
    gates = page.locator("details.gate")
    assert gates.count() == len(whole.gates)
    named = gates.locator("h4").evaluate_all("all => all.map(one => one.firstChild.textContent.trim())")
    shown = [wording.title(entry.name).translate({0: "\ufffd", 0x1B: "\ufffd"}) for entry in whole.gates]
    assert sorted(named) == sorted(shown)


def test_a_closed_gate_opens_by_keyboard_without_javascript(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(run(gate("test_a", record())), tmp_path)).page
    explanation = page.locator(".gate > p").first
    assert not explanation.is_visible()
    page.locator("details.gate > summary").focus()
    page.keyboard.press("Enter")
    assert explanation.is_visible()


def test_no_request_leaves_the_page(report: tuple[Run, Path], open_page: Open) -> None:
    _, path = report
    opened = open_page(path, java_script_enabled=True)
    opened.page.wait_for_timeout(100)
    assert opened.requests == [path.as_uri()]


def test_a_strict_content_policy_takes_nothing_but_the_style_and_script_blocks(open_page: Open, tmp_path: Path) -> None:
    path = write(two_models(), tmp_path)
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">'),
        encoding="utf-8",
    )
    opened = open_page(path, java_script_enabled=True)
    complaints: list[str] = []
    opened.page.on("console", lambda message: complaints.append(message.text))
    opened.page.reload()
    assert complaints == []


STRICT = "default-src 'none'; img-src 'self'; style-src 'self'"


def test_a_folder_to_serve_is_whole_under_the_policy_of_jenkins(open_page: Open, tmp_path: Path) -> None:
    front = write(larger(), tmp_path, assets=True)
    files = [front, *sorted((tmp_path / "models").iterdir())]
    for path in files:
        text = path.read_text(encoding="utf-8")
        policy = f'<head><meta http-equiv="Content-Security-Policy" content="{STRICT}">'
        path.write_text(text.replace("<head>", policy), encoding="utf-8")
    complaints: list[str] = []
    opened = open_page(front, java_script_enabled=True)
    opened.page.on("console", lambda message: complaints.append(message.text))
    for path in files:
        opened.page.goto(path.as_uri())
        assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(250, 249, 246)"
        assert opened.page.locator("svg").first.bounding_box()["width"] > 0 or path != front
    assert all("report.js" in complaint for complaint in complaints), complaints
    assert {path.parent for path in map(Path, opened.requests)} <= {
        Path(files[0].as_uri()).parent,
        Path(files[1].as_uri()).parent,
    }


def test_models_are_filtered_by_name_and_by_answer_and_sorted(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(larger(), tmp_path), java_script_enabled=True).page
    rows = page.locator(".matrix tbody tr:visible")
    page.get_by_role("searchbox").fill("v3")
    assert rows.count() == 1
    assert page.locator("section.model:visible").count() == 1
    page.get_by_role("searchbox").fill("")
    page.locator(".tools select").nth(0).select_option("refused")
    assert rows.count() == 3  # every third of eight
    page.locator(".tools select").nth(0).select_option("")
    page.get_by_role("button", name="qa").click()
    assert "may not be released" in rows.first.inner_text()
    page.get_by_role("button", name="qa").click()
    assert "may not be released" not in rows.first.inner_text()
    page.locator(".tools select").nth(1).select_option("failing")
    assert page.locator("details.gate:visible").count() == 3 * 4 * 2


def test_a_link_to_answers_that_are_folded_away_opens_them(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(many(1, 5), tmp_path), java_script_enabled=True).page
    answers = page.locator("#s2")
    assert answers.get_attribute("open") is None
    page.evaluate("location.hash = '#s2'")
    page.wait_for_function("document.querySelector('#s2').open")


def test_nothing_reaches_beyond_the_window(report: tuple[Run, Path], open_page: Open) -> None:
    page = open_page(report[1], java_script_enabled=True).page
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    for width in (320, 360, 620, 1000, 1280, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(OVERFLOWING) == [], width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ground_follows_the_scheme(open_page: Open, tmp_path: Path, scheme: str) -> None:
    page = open_page(write(two_models(), tmp_path), color_scheme=scheme, java_script_enabled=True).page
    ground, ink = page.evaluate(
        "(({backgroundColor, color}) => [backgroundColor, color])(getComputedStyle(document.body))"
    )

    def brightness(colour: str) -> int:
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

    assert (brightness(ground) > brightness(ink)) == (scheme == "light")


def test_the_answer_needs_no_scrolling(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(two_models(), tmp_path)).page
    for place in ("h1", ".matrix tbody tr:last-child"):
        box = page.locator(place).bounding_box()
        assert box["y"] + box["height"] <= 800


def test_a_diagram_keeps_its_shared_axes(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(run(gate("test_a", REFUTED, outcome="failed")), tmp_path), java_script_enabled=True).page
    box = page.locator("svg.reliability use").bounding_box()
    assert box["width"] > 200
    size = page.evaluate("getComputedStyle(document.querySelector('#axes text')).fontSize")
    assert size != "16px"


def test_every_tab_stop_shows_where_it_is(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(two_models(), tmp_path), java_script_enabled=True).page
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


def test_paper_shows_what_is_folded_away(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(run(gate("test_a", record())), tmp_path)).page
    page.emulate_media(media="print")
    assert page.locator(".gate > p").first.bounding_box()["height"] > 0
    assert page.locator(".bins table").bounding_box()["height"] > 0
