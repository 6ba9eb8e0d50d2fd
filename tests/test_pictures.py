"""The pictures of the docs are what the package says today."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).parents[1] / "docs"


def draw() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw", DOCS / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PICTURES = sorted(draw().PICTURES)
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_committed_picture_is_what_is_drawn(name: str) -> None:
    committed = (DOCS / "images" / f"{name}.svg").read_text(encoding="utf-8")
    drawn = draw().PICTURES[name]()
    assert NUMBER.sub("#", drawn) == NUMBER.sub("#", committed), "run python docs/draw.py"
    # Other versions of numpy may round the last digit otherwise.
    coordinates = [[float(number) for number in NUMBER.findall(text)] for text in (drawn, committed)]
    assert coordinates[0] == pytest.approx(coordinates[1], abs=2.0), "run python docs/draw.py"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_well_formed_and_shown_on_a_page(name: str) -> None:
    ElementTree.parse(DOCS / "images" / f"{name}.svg")
    assert any(f"images/{name}.svg" in page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
