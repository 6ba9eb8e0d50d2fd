"""The picture is valid XML, drawn from the data, of colours that are seen on any ground, and its texts are texts."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from pytest_llmcal.charts import Diagram, diagram_of, reliability_svg
from pytest_llmcal.charts.reliability_svg import ACCENT, ALARM, HEIGHT, WIDTH
from pytest_llmcal.measurement import Bin
from pytest_llmcal.measurement.notebook import TONES
from tests.hostile import HOSTILE_TEXTS

SVG = "{http://www.w3.org/2000/svg}"
CURVE = (Bin(0.0, 0.5, 10, 0.4, 0.45, 0.2, 0.6), Bin(0.5, 1.0, 90, 0.8, 0.6, 0.7, 0.9))


def diagram(*args: tuple[Bin, ...]) -> Diagram:
    placed = diagram_of(*args)
    assert placed is not None
    return placed


def paths(root: ElementTree.Element) -> list[str]:
    return [path.attrib["d"] for path in root.iter(f"{SVG}path")]


def test_everything_that_was_placed_is_drawn() -> None:
    placed = diagram(CURVE, CURVE[:1])
    root = ElementTree.fromstring(reliability_svg(placed, "ECE"))
    assert root.attrib["viewBox"] == f"0 0 {WIDTH} {HEIGHT}"
    for path in (placed.band, placed.before, placed.line, placed.right, placed.wrong, *dict(placed.points).values()):
        assert path in paths(root)
    assert "90" in [text.text for text in root.iter(f"{SVG}text")]


def test_no_curve_before_calibration_draws_none() -> None:
    assert "" not in paths(ElementTree.fromstring(reliability_svg(diagram(CURVE), "ECE")))
    assert 'stroke-dasharray="5 3"' not in reliability_svg(diagram(CURVE), "ECE")


def test_the_picture_says_in_words_what_it_shows() -> None:
    root = ElementTree.fromstring(reliability_svg(diagram(CURVE), "gpt2"))
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == "Reliability diagram of gpt2"
    described = root.findtext(f"{SVG}desc")
    assert described is not None
    assert "100 items" in described
    assert "1 of 2 bins outside the band" in described


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_a_hostile_title_is_a_text_of_valid_xml(text: str, alone: bool) -> None:
    drawn = reliability_svg(diagram(CURVE), text, alone=alone)
    root = ElementTree.fromstring(drawn.encode("utf-8"))
    harmless = ElementTree.fromstring(reliability_svg(diagram(CURVE), "x", alone=alone))
    assert [element.tag for element in root.iter()] == [element.tag for element in harmless.iter()]
    assert len(drawn) < 20_000


def test_a_file_of_its_own_brings_a_ground_for_light_and_for_dark() -> None:
    assert "prefers-color-scheme:dark" in reliability_svg(diagram(CURVE), "x", alone=True)
    assert "<style>" not in reliability_svg(diagram(CURVE), "x")


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21, as the Web Content Accessibility Guidelines define it."""

    def luminance(colour: str) -> float:
        parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_of_contrast_knows_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("ground", ["#ffffff", "#111111", "#1e1e1e"])  # notebooks' grounds
@pytest.mark.parametrize("colour", [ACCENT, ALARM])
def test_lines_are_seen_on_a_light_and_on_a_dark_ground(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 3


@pytest.mark.parametrize("tone", TONES.values(), ids=TONES)
def test_the_word_of_a_verdict_is_read_on_its_ground(tone: str) -> None:
    assert contrast("#ffffff", tone) >= 4.5
