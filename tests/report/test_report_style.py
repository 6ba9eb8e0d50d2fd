"""The colours of the page can be told from their ground, in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pytest_llmcal.report

STYLE = (Path(pytest_llmcal.report.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
TONES = ("holds", "refuted", "undecided", "error", "skipped")


def palettes() -> dict[str, dict[str, str]]:
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in STYLE.split(":root {")[1:3])
    return {"light": light, "dark": {**light, **dark}}


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    shares = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_the_formula_gives_its_known_ends() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "soft", "accent", *TONES])
@pytest.mark.parametrize("ground", ["paper", "card", "faint"])
def test_text_reaches_level_aa(scheme: str, text: str, ground: str) -> None:
    palette = palettes()[scheme]
    assert contrast(palette[text], palette[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tone", TONES)
def test_messages_reach_level_aa_on_their_tint(scheme: str, tone: str) -> None:
    palette = palettes()[scheme]
    assert contrast(palette["ink"], palette[f"{tone}-tint"]) >= 4.5
    assert contrast(palette[tone], palette[f"{tone}-tint"]) >= 4.5


def test_the_two_schemes_differ_in_every_colour() -> None:
    schemes = palettes()
    assert {name for name in schemes["light"] if schemes["light"][name] == schemes["dark"][name]} == set()
