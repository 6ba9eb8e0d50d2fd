"""The page of many runs: complete without scripts, marks only steps that are no noise, and escapes what it shows."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.cli import main
from pytest_llmcal.history import ComparisonError
from pytest_llmcal.history.comparing import IMPROVED, NOISE, WORSE
from pytest_llmcal.history.items import ItemScores
from pytest_llmcal.history.kept import Kept
from pytest_llmcal.history.timeline import OTHER_ITEMS, Timeline, timeline
from pytest_llmcal.measurement import About, Observation
from pytest_llmcal.records import Attempt, Gate, Record, Run
from pytest_llmcal.report import history_line, history_page
from tests.sample_runs import HOSTILE, facts, gate, record, run

ABOUT = About("m", "r", "qa", "test", "data")


def release(boldness: float, day: int, *, data: str = "data", revision: str = "r") -> Kept:
    random = np.random.default_rng(1)
    logits = random.normal(0.0, 2.5, (1000, 4))
    labels = (logits + random.gumbel(0.0, 1.0, logits.shape)).argmax(axis=1)
    about = replace(ABOUT, data=data, revision=revision)
    scores = Scores.from_logits(boldness * logits, labels, ids=[f"i{i}" for i in range(1000)], about=about)
    records = tuple(
        Record.of(Observation(one, "<", 0.1, "true", "It is."), sequence=i)
        for i, one in enumerate((scores.ece(), scores.nll()))
    )
    one = Gate("test_it.py::test_trust[m]", "qa", "test_trust", "m", "qa", (Attempt("passed", 0.1, "", records),))
    whole = run(one, started=f"2026-11-{day}T00:00:00+00:00", models=(facts("m", revision),))
    return Kept(whole, ItemScores.of([scores]), f"release-{day}.json")


def three() -> Timeline:
    runs = (release(1.0, 10), release(2.0, 11, revision="bold"), release(1.0, 12))
    return timeline([(f"release-{i}", kept) for i, kept in zip((2, 0, 1), (runs[2], runs[0], runs[1]), strict=True)])


def test_runs_stand_in_the_order_of_their_time_and_steps_are_judged() -> None:
    shown = three()
    assert shown.names == ("release-0", "release-1", "release-2")
    for series in shown.series:
        assert [point.step and point.step.verdict for point in series.points] == [None, WORSE, IMPROVED]


def test_runs_that_say_the_same_have_no_step() -> None:
    shown = timeline([("a", release(1.0, 10)), ("b", release(1.0, 11))])
    assert [series.points[1].step.verdict for series in shown.series if series.points[1].step] == [NOISE, NOISE]
    assert history_page.headline(shown) == "b: no change larger than noise since a"


def test_other_items_are_a_gap_and_no_step() -> None:
    shown = timeline([("a", release(1.0, 10)), ("b", release(2.0, 11, data="others"))])
    assert [(series.points[1].step, series.points[1].note) for series in shown.series] == [(None, OTHER_ITEMS)] * 2
    assert history_line.line_of(shown.series[0], 2).path.count("M") == 2
    assert history_page.headline(shown) == "b cannot be compared with a"


def test_a_run_that_did_not_measure_something_is_a_gap_too() -> None:
    without = Kept(run(gate("test_other", record()), started="2026-11-11T00:00:00+00:00"))
    shown = timeline([("a", release(1.0, 10)), ("b", without), ("c", release(1.0, 12))])
    notes = {series.nodeid: [point.note for point in series.points] for series in shown.series}
    assert notes["test_it.py::test_trust[m]"] == ["", "not measured in the run before"]


def test_no_run_is_refused() -> None:
    with pytest.raises(ComparisonError, match="there is no run to show; name a folder"):
        timeline([])


def test_coordinates_follow_from_the_data() -> None:
    shown = three()
    [ece, _] = shown.series
    line = history_line.line_of(ece, 3)
    assert [mark.shape for mark in line.marks] == ["steady", "worse", "improved"]
    assert line.marks[0].x < line.marks[1].x < line.marks[2].x
    assert line.marks[1].y < line.marks[0].y == line.marks[2].y  # up is more
    assert all(mark.high <= mark.low for mark in line.marks)
    assert line.path.count("L") == 2
    assert line.limit is not None


@pytest.mark.parametrize("value", [0.0, 1e300, float("inf"), -3.0])
def test_extreme_numbers_stay_inside_the_drawing(value: float) -> None:
    extreme = record(metric="nll", estimate=value, low=min(value, 0.0), high=max(value, 0.0), limit=None)
    shown = timeline(
        [("a", Kept(run(gate("test_a", extreme)))), ("b", Kept(run(gate("test_a", record(metric="nll")))))]
    )
    for series in shown.series:
        for mark in history_line.line_of(series, 2).marks:
            for at in (mark.y, mark.low, mark.high):
                assert history_line.TOP <= at <= history_line.BOTTOM


def test_a_limit_that_is_far_away_does_not_flatten_the_line() -> None:
    far = timeline([("a", Kept(run(gate("test_a", record(limit=9.0)))))])
    assert history_line.line_of(far.series[0], 1).limit is None


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_holds_every_number_commit_and_revision_without_script_or_request() -> None:
    page = Page(history_page.render(three()))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object"}
    assert not [attributes for _, attributes in page.tags if {"style", "src", "onclick"} & set(attributes)]
    assert page.text.count("commit 8451389, revision bold; worse, by the exchange test") == 1
    assert page.text.count("release-1") >= 5
    assert "release-2: 2 better than in release-1" in page.text
    assert ("html", {"lang": "en"}) in page.tags
    assert sum(tag == "svg" for tag, _ in page.tags) == 2


def test_with_assets_the_style_lies_beside_the_page(tmp_path: Path) -> None:
    text = history_page.write(three(), tmp_path, assets=True).read_text(encoding="utf-8")
    assert "<style" not in text
    assert '<link rel="stylesheet" href="history.css">' in text
    assert ".series" in (tmp_path / "history.css").read_text(encoding="utf-8")


def test_hostile_names_are_text() -> None:
    evil = record(group=HOSTILE, task=HOSTILE)
    hostile = run(
        gate(HOSTILE, evil, model=HOSTILE), environment={"git commit": HOSTILE}, models=(facts(HOSTILE, HOSTILE),)
    )
    text = history_page.render(timeline([(HOSTILE, Kept(hostile)), ("b", Kept(replace(hostile, started="x")))]))
    page = Page(text)
    assert "script" not in {tag for tag, _ in page.tags}
    assert "{{ 7 * 7 }}" in page.text
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", text.replace("\n", ""))


def test_the_command_reads_folders_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, kept in (("release-1", release(1.0, 10)), ("release-2", release(2.0, 11))):
        kept.items.write_beside(kept.run.write(tmp_path / "baselines" / f"{name}.json"))
    last: Run = release(2.0, 12).run
    last.write(tmp_path / "reports" / "nightly" / "run.json")
    paths = [str(tmp_path / "baselines"), str(tmp_path / "reports" / "nightly" / "run.json")]
    assert main(["history", *paths, "--out", str(tmp_path / "site")]) == 0
    page = tmp_path / "site" / "history.html"
    assert capsys.readouterr().out == f"{page}\n"
    assert "nightly: no change larger than noise since release-2" in page.read_text(encoding="utf-8")
    assert main(["history", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    (tmp_path / "empty").mkdir()
    assert main(["history", str(tmp_path / "empty"), "--out", str(tmp_path)]) == 2
