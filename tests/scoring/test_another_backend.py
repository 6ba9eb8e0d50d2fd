"""The page that shows how a backend is added keeps its example short, whole and a model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal import Scores
from pytest_llmcal.scoring import Model, ModelError, Request, score
from pytest_llmcal.tasks import Item, Text

PAGE = Path(__file__).parents[2] / "docs" / "another-backend.md"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the hook of the page gives."""
    files = dict(re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.S | re.M))
    assert len(files["conftest.py"].splitlines()) < 60
    (tmp_path / "letters.txt").write_text(files["letters.txt"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(files["conftest.py"], names)
    assert names["pytest_llmcal_load_model"]("world/gpt2") is None
    return names["pytest_llmcal_load_model"]("bigrams:letters.txt")


def test_the_example_is_a_model_of_questions_and_of_running_text(example: Any) -> None:
    assert isinstance(example, Model)
    items = [Item(f"{n}", "Who keeps the", (" bees", " zzzz"), 0) for n in range(3)]
    answers = score(example, items, progress=False)
    assert isinstance(answers, Scores)
    assert answers.accuracy() == 1
    assert len(score(example, [Text("a", "The baker")], progress=False)) == 8


def test_the_example_refuses_what_it_cannot_weigh(example: Any) -> None:
    with pytest.raises(ModelError, match="item 'a': a context and a continuation are needed"):
        example.log_likelihoods([Request("a", "", " bees")])
