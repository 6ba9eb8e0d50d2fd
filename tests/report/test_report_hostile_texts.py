"""Whatever a run's texts hold, the report has the same elements as for harmless ones, and stays in its folder."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmcal.records import Run
from pytest_llmcal.report import render, write
from tests.hostile import HOSTILE_TEXTS
from tests.markup import elements_of
from tests.sample_runs import curve, facts, gate, record, run

SHORT = {name: text for name, text in HOSTILE_TEXTS.items() if len(text) <= 1000}


def with_text(text: str) -> Run:
    """Return a run with one text wherever a text of others can stand."""
    nasty = record(
        method=text, explanation=text, task=text, split=text, data=text, calibrator=text, group=text, revision=text
    )
    suite = f"suite {text}"  # so that the order of the gates does not depend on the text
    return run(
        gate(text, nasty, replace(nasty, sequence=2), outcome="failed", message=text, model=text, suite=suite),
        gate("test_other", replace(nasty, metric=text, relation=text), outcome="failed", model=text, suite="other"),
        started=text,
        complete=False,
        problems=(text,),
        environment={text: text},
        models=(replace(facts(text, text), dtype=text, device=text),),
    )


def readable(text: str) -> str:
    """Return a text as the report shows it: control characters replaced, newlines as a parser reads them."""
    shown = "".join("\ufffd" if (ord(c) < 32 and c not in "\t\n\r") or 127 <= ord(c) < 160 else c for c in text)
    return shown.encode("utf-8", "backslashreplace").decode()


HARMLESS = elements_of(render(with_text("harmless")))


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_a_text_of_others_makes_no_element_and_no_attribute(text: str) -> None:
    page = elements_of(render(with_text(text)))
    assert page.skeleton == HARMLESS.skeleton
    for before, after in zip(HARMLESS.attributes, page.attributes, strict=True):
        changed = {name for name in before if before[name] != after[name]}
        assert changed <= {"datetime", "title", "data-name", "data-search", "aria-label"}  # what holds texts


@pytest.mark.parametrize("text", SHORT.values(), ids=SHORT)
def test_a_text_of_others_is_shown_in_full(text: str, tmp_path: Path) -> None:
    page = elements_of(write(with_text(text), tmp_path).read_bytes().decode("utf-8"))
    assert sum(shown.count(readable(text).strip()) for shown in page.texts) >= 10


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_files_named_after_texts_stay_in_the_folder(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "report"
    whole = run(gate("test_a", record(), model=text), gate("test_a", record(), model=text + "."))
    if "assets" in inspect.signature(write).parameters:
        write(whole, folder, assets=True)
    else:
        write(whole, folder)
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and folder not in path.parents]
    assert outside == []
    inside = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert all(name.isascii() and len(name) < 120 and not set(name) & set('<>:"|?*\\%#& ') for name in inside), inside


def behind(text: str) -> Run:
    """Return a run with one text in everything that stands behind its numbers: items, groups, calibrator."""
    records = pytest.importorskip("pytest_llmcal.records")
    measurement = pytest.importorskip("pytest_llmcal.measurement")
    if not hasattr(records, "Subject"):
        pytest.skip("runs do not hold items yet")
    choices = (records.Choice(0.9, False, True, text), records.Choice(0.1, True, False, text))
    items = tuple(records.Example(text, 0.9, correct, choices, text) for correct in (False, True))
    portrait = measurement.Portrait(
        n=100,
        accuracy=0.6,
        confidence=0.8,
        bins=curve(),
        groups=(measurement.GroupResult(text, text, 50, 0.7, 0.8, 0.1, 0.06, 0.13),),
        calibration=measurement.Calibration(text, {text: text}, text),
    )
    subject = records.Subject("key", portrait, text, text, text, text, text, text, items, 1.0)
    judged = record(subject="key", curve=(), task=text, calibrator=text)
    return run(gate("test_a", judged, model=text), subjects=(subject,))


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_prompts_choices_groups_and_parameters_are_texts(text: str) -> None:
    page = elements_of(render(behind(text)).encode("utf-8", "backslashreplace").decode())
    assert page.skeleton == elements_of(render(behind("harmless"))).skeleton
    if text in SHORT.values():
        assert sum(shown.count(readable(text).strip()[-100:]) for shown in page.texts) >= 8
