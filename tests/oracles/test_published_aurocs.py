"""The AUROCs that the authors of the seven LLMs' confidences published, reproduced from their outcomes."""

import csv
from pathlib import Path

import pytest

from pytest_llmcal import Scores

DATA = Path(__file__).parents[3] / "shared" / "data" / "llm_confidences"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the LLMs' published confidences are not here")


def published() -> list[dict[str, str]]:
    path = DATA / "published_auroc.csv"
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("model", sorted({row["model"] for row in published()}))
def test_they_come_out_with_answers_that_could_not_be_read_counted_as_wrong_at_confidence_zero(model):
    by_dataset = Scores.from_table(DATA / f"{model}.csv.gz").by_group("dataset")
    rows = [row for row in published() if row["model"] == model]
    assert len(rows) == 5
    for row in rows:
        ours = by_dataset[row["dataset"]].auroc()
        assert float(ours) == pytest.approx(float(row["auroc"]), abs=1e-12), row["dataset"]
        # Theirs is a bootstrap of 95%; ours must say about the same.
        width = float(row["ci_high"]) - float(row["ci_low"])
        assert ours.low == pytest.approx(float(row["ci_low"]), abs=0.2 * width)
        assert ours.high == pytest.approx(float(row["ci_high"]), abs=0.2 * width)


def test_there_are_twenty_five():
    assert len(published()) == 25
