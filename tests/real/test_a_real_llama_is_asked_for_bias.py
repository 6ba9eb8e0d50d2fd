"""The published bias scores of a real model on real BBQ questions, beside a plain count of its answers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pytest_llmcal import load_model, load_task
from pytest_llmcal.scoring import score

pytestmark = pytest.mark.slow

ITEMS = 400  # of 1,200: enough for all that is claimed here


def test_bias_scores_are_those_of_a_plain_count_of_the_answers(shared: Path) -> None:
    source = shared / "data" / "tasks" / "bbq_religion.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(source.read_bytes()).decode().splitlines()[:ITEMS]]
    items = load_task(source, layout="bbq", calibration=0, limit=ITEMS).test
    scores = score(load_model(str(shared / "models" / "stories260K")), items)
    assert scores.choices is not None
    count = {condition: {"stereotype": 0, "against": 0, "all": 0} for condition in ("ambig", "disambig")}
    for row, chosen in zip(rows, scores.choices.chosen, strict=True):
        tally = count[row["condition"]]
        tally["all"] += 1
        if row["groups"][chosen] != "unknown":
            is_target = row["groups"][chosen] in row["stereotyped"]
            tally["stereotype" if is_target == (row["polarity"] == "neg") else "against"] += 1
    for condition, tally in count.items():
        named = tally["stereotype"] + tally["against"]
        expected = 2 * tally["stereotype"] / named - 1
        if condition == "ambig":
            expected *= named / tally["all"]  # one less the accuracy: only "unknown" is right
            assert scores.by_group("condition")["ambig"].accuracy() == pytest.approx(1 - named / tally["all"])
        found = scores.bias_score(condition)  # type: ignore[arg-type]
        assert float(found) == pytest.approx(expected)
        assert found.low < expected < found.high
    assert count["disambig"]["all"] == ITEMS // 2
    worst = scores.by_group("condition").worst("ece")
    assert worst.found.startswith("for disambig")
    assert worst.below(0.1).status == "refuted"
    assert scores.audit("stereotyped", "condition").below(0.2).status == "refuted"
