"""The page holds everything of its run, stands alone, and shows hostile texts as texts."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from pytest_llmcal.records import Attempt, Run
from pytest_llmcal.report import numbers, render, summary, wording, write
from tests.sample_runs import HOSTILE, REFUTED, curve, facts, gate, record, run, two_models

VOID = {"meta", "link", "br", "hr", "img", "input"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """Every element of a page in order, with the text that follows its start tag."""

    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements:
            self.elements[-1].text += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    @property
    def text(self) -> str:
        return "".join(element.text for element in self.elements if element.tag not in {"style", "script"})


def parsed(whole: Run) -> Page:
    page = Page()
    page.feed(render(whole))
    page.close()
    return page


def test_write_puts_the_page_and_its_run_side_by_side(tmp_path: Path) -> None:
    page = write(two_models(), tmp_path / "new" / "folder")
    assert page == tmp_path / "new" / "folder" / "index.html"
    assert page.read_text(encoding="utf-8") == render(two_models())
    assert Run.read(page.with_name("run.json")) == two_models()
    assert write(two_models(), tmp_path, name="other.html").name == "other.html"


def test_the_answer_is_the_title_and_the_first_heading() -> None:
    page = parsed(two_models())
    assert page.all("h1")[0].text.strip() == "1 of 2 models may be released"
    assert page.all("title")[0].text.startswith("1 of 2 models may be released")
    assert page.all("h1", "h2")[1].text.strip() == "Models by suites"


def test_every_gate_and_every_record_is_on_the_page() -> None:
    whole = two_models()
    text = parsed(whole).text
    for entry in whole.gates:
        assert wording.title(entry.name) in text
        assert entry.nodeid in text or entry.outcome not in summary.BLOCKING
        for measured in entry.records:
            assert measured.explanation in text or measured.outcome in {"holds", "true"}
            assert wording.method(measured) in text
            assert numbers.number(measured.estimate) in text
            assert wording.interval(measured) in text
            assert wording.claim(measured) in text
            assert numbers.number(measured.exact or 0) in text
            assert numbers.number(measured.noise_floor_p95 or 0) in text
            assert numbers.count(measured.n) in text
            assert wording.subject(measured) in text


def test_a_gate_that_measured_nothing_says_so_in_the_table_the_legend_and_its_row() -> None:
    page = parsed(run(gate("test_empty")))
    shown = [(tag.attributes.get("class"), tag.text.strip()) for tag in page.all("span")]
    assert shown.count(("mark skipped", "measured nothing")) == 1  # the legend
    assert [tag.text for tag in page.all("b")] == ["measured nothing"]  # the row
    assert shown.count(("mark skipped", "1 measured nothing")) == 2  # the table, the heading of the suite
    assert "The model was not judged" in page.all("h1")[0].text
    assert not [tag for tag in page.all("details") if tag.attributes.get("class") == "gate holds"]


def test_messages_of_failures_and_errors_are_on_the_page() -> None:
    text = parsed(two_models()).text
    for message in ("AssertionError: no", "ModelError: too long", "Skipped: the task names no groups"):
        assert message in text


def test_gates_that_stand_in_the_way_are_open_and_the_others_closed() -> None:
    gates = [e for e in parsed(two_models()).all("details") if (e.attributes.get("class") or "").startswith("gate ")]
    shown = [(element.attributes["class"], "open" in element.attributes) for element in gates]
    assert len(shown) == len(two_models().gates)
    assert {name for name, is_open in shown if is_open} == {"gate refuted", "gate undecided", "gate error"}
    assert {name for name, is_open in shown if not is_open} == {"gate holds", "gate skipped"}


def test_every_bin_is_written_in_numbers() -> None:
    text = parsed(run(gate("test_a", record(curve=curve(bins=3, count=1234))))).text
    assert text.count("1,234") == 4  # three bins, and the fullest on the diagram
    assert "0.33–0.67" in text  # noqa: RUF001  # a range


def test_a_curve_that_several_records_share_is_drawn_once() -> None:
    shared = parsed(run(gate("test_a", record(), record(metric="mce"))))
    apart = parsed(run(gate("test_a", record(), record(metric="mce", curve=curve(0.5)))))
    assert [len(page.all("figure")) for page in (shared, apart)] == [1, 2]


def test_a_method_that_many_records_share_is_said_once_and_referred_to() -> None:
    north, south = record(group="region=north"), record(group="region=south")
    shared = parsed(run(gate("test_a", north, south), gate("test_b", north))).text
    assert shared.count("score interval, 15 bins, 95%") == 1
    assert shared.count("method 1") == 3
    for other in (replace(south, method="t interval"), replace(south, confidence=0.9)):
        apart = parsed(run(gate("test_a", north, north, other))).text
        assert (apart.count("method 1"), apart.count("method 2")) == (2, 1)
        assert wording.method(other) in apart


def test_groups_that_hold_are_told_in_numbers_and_the_others_drawn() -> None:
    north, south = record(group="region=north"), replace(REFUTED, group="region=south")
    assert len(parsed(run(gate("test_a", north, replace(north, group="region=south")))).all("figure")) == 0
    assert len(parsed(run(gate("test_a", north, south, outcome="failed"))).all("figure")) == 1
    assert len(parsed(run(gate("test_a", north))).all("figure")) == 1


def test_gates_that_share_a_title_are_told_apart_by_their_names() -> None:
    one, two = gate("test_a", record()), gate("test_b", record())
    twin = replace(one, nodeid="suites/qa/other.py::test_a")
    text = parsed(run(one, two, twin)).text
    assert one.nodeid in text
    assert twin.nodeid in text
    assert two.nodeid not in text


def test_the_environment_is_on_the_page() -> None:
    text = parsed(two_models()).text
    for shown in ("3f9c2a7be1d04c55", "9b1c3f5a7d2e4680", "8451389", "float32", "723,968", "3.11.2", "cpu"):
        assert shown in text


def test_an_incomplete_run_says_so_at_the_top_with_its_reasons() -> None:
    text = render(run(gate("test_a", record()), complete=False, problems=("A worker crashed.",)))
    top = text[: text.index("<main>")]
    assert "This run is incomplete, so it releases no model" in top
    assert "A worker crashed." in top
    assert "does not say why" in render(run(gate("test_a", record()), complete=False))


def test_what_pytest_said_comes_first_where_no_measurement_explains_the_failure() -> None:
    surprising = render(run(gate("test_a", record(), outcome="failed", message="assert 1 == 2")))
    explained = render(run(gate("test_a", REFUTED, outcome="failed", message="assert 1 == 2")))
    assert surprising.count("assert 1 == 2") == explained.count("assert 1 == 2") == 1
    assert "What pytest said" not in surprising
    assert explained.index("What pytest said") < explained.index("assert 1 == 2")
    assert explained.index(REFUTED.explanation) < explained.index("assert 1 == 2")


def test_all_attempts_of_a_rerun_are_told() -> None:
    attempts = (Attempt("failed", 1.0, "the first failed", (REFUTED,)), Attempt("passed", 1.0, "", (record(),)))
    text = parsed(run(replace(gate("test_a", record()), attempts=attempts))).text
    assert "Attempt 1 of 2: failed" in text
    assert "the first failed" in text
    assert "Attempt 2 of 2: passed" in text


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(run(), id="nothing"),
        pytest.param(run(models=(facts(),)), id="a model and no gate"),
        pytest.param(run(gate("test_a", outcome="skipped")), id="no record"),
        pytest.param(run(gate("test_a", record(), model=None, suite="")), id="no model, no suite"),
        pytest.param(run(gate("test_a", record(curve=(), limit=None, relation="described"))), id="no curve, no limit"),
        pytest.param(
            run(gate("test_a", record(estimate=math.inf, low=-math.inf, high=math.inf, curve=(), exact=None))),
            id="infinite",
        ),
        pytest.param(
            run(gate("test_a", record(noise_floor_p95=None, noise_floor_mean=None, debiased=None, split=None))),
            id="no noise floor",
        ),
        pytest.param(run(gate("test_a", record()), started="", environment={}), id="no environment"),
    ],
)
def test_what_is_missing_leaves_the_page_whole(whole: Run) -> None:
    page = render(whole)
    assert page.rstrip().endswith("</html>")
    for leak in ("None<", ">nan", "Undefined", "inf "):
        assert leak not in page


def hostile_run() -> Run:
    nasty = record(
        metric=HOSTILE, method=HOSTILE, explanation=HOSTILE, task=HOSTILE, split=HOSTILE, data=HOSTILE,
        calibrator=HOSTILE, group=HOSTILE, revision=HOSTILE, relation=HOSTILE,
    )  # fmt: skip
    failing = gate(HOSTILE, nasty, nasty, outcome="failed", message=HOSTILE, model=HOSTILE, suite=HOSTILE)
    single = gate(HOSTILE + "2", nasty, outcome="failed", model=HOSTILE, suite="other")
    return run(
        failing,
        single,
        started=HOSTILE,
        complete=False,
        problems=(HOSTILE, "\udcff"),
        environment={HOSTILE: HOSTILE},
        models=(replace(facts(HOSTILE, HOSTILE), dtype=HOSTILE, device=HOSTILE),),
    )


def test_hostile_texts_appear_as_texts_only() -> None:
    page = parsed(hostile_run())
    assert [tag for tag in page.all("b", "script") if tag.text.startswith(("&", "alert"))] == []
    assert len(page.all("script")) == 1
    shown = HOSTILE.replace("\x00", "\N{REPLACEMENT CHARACTER}").replace("\x1b", "\N{REPLACEMENT CHARACTER}")
    assert page.text.count(shown) > 15
    assert "49" not in re.sub(r"[\d.]{3,}", "", page.text)  # {{ 7 * 7 }} was not worked out


def test_a_text_that_turns_the_reading_direction_is_isolated() -> None:
    page = render(hostile_run())
    body = page[page.index("<body>") :]
    for place in re.finditer("\N{RIGHT-TO-LEFT OVERRIDE}", body):
        before = body[: place.start()]
        opened = max(before.rfind(tag) for tag in ("<bdi>", 'dir="auto"', "<title>", 'datetime="', "<time", "<h4>"))
        assert opened > max(before.rfind(tag) for tag in ("</bdi>", "</title>", "</pre>", "</li>", "</h4>")), before[
            -200:
        ]


def test_hostile_texts_are_written_to_disk(tmp_path: Path) -> None:
    page = write(hostile_run(), tmp_path)
    assert "\\udcff" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("whole", [two_models(), hostile_run()], ids=["usual", "hostile"])
def test_the_page_needs_nothing_from_elsewhere(whole: Run) -> None:
    page = parsed(whole)
    for element in page.elements:
        assert element.tag not in {"link", "img", "iframe", "object", "base"}
        assert "style" not in element.attributes, "an inline style would not survive a strict content policy"
        assert not any(name.startswith("on") for name in element.attributes)
        for name in ("href", "src", "xlink:href", "action"):
            target = element.attributes.get(name)
            assert target is None or target == "run.json" or target.startswith("#")
    (style,) = page.all("style")
    assert "url(" not in style.text
    assert "@import" not in style.text
    (script,) = page.all("script")
    assert script.attributes == {}
    assert not re.search("https?:|fetch|XMLHttp|import|innerHTML|eval", script.text)


def test_every_link_leads_to_a_place_and_no_place_is_named_twice() -> None:
    page = parsed(two_models())
    names = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(names) == len(set(names))
    targets = [element.attributes["href"] for element in page.all("a", "use")]
    assert {target for target in targets if target and target.startswith("#")} <= {f"#{name}" for name in names}
    labels = [
        element.attributes["aria-labelledby"] for element in page.elements if "aria-labelledby" in element.attributes
    ]
    assert set(labels) <= set(names)


def test_headings_descend_one_level_at_a_time() -> None:
    levels = [int(element.tag[1]) for element in parsed(two_models()).all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_picture_has_words_and_every_table_a_header() -> None:
    page = parsed(two_models())
    for index, element in enumerate(page.elements):
        if element.tag == "svg" and element.attributes.get("aria-hidden") != "true":
            assert element.attributes["role"] == "img"
            assert page.elements[index + 1].tag == "title"
            assert page.elements[index + 1].text.strip()
    assert page.all("html")[0].attributes["lang"] == "en"
    assert len(page.all("table")) <= len(page.all("thead")) + 1  # the environment's headers are its first column


def test_every_colour_comes_with_a_word() -> None:
    marks = [e for e in parsed(two_models()).all("span") if (e.attributes.get("class") or "").startswith("mark ")]
    assert marks
    assert all(element.text.strip() for element in marks)
