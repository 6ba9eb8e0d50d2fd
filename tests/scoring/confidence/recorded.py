"""Answers written down by hand, replayed as a model: every number of theirs is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_llmcal.scoring.recorded import RecordedModel
from pytest_llmcal.tasks import Items, OpenItem, Writing


def recorded(folder: Path, rows: Sequence[Mapping[str, Any]]) -> RecordedModel:
    """Write rows to a file and give the model that says them."""
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return RecordedModel(path)


def asked(*prompts: str, reference: str = "bees") -> Items:
    """Give open items, numbered from 0."""
    items = tuple(OpenItem(str(number), prompt, (reference,)) for number, prompt in enumerate(prompts))
    return Items("asked", "test", items, Writing(max_tokens=8, stop=(".",)))
