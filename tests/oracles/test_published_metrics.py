"""Our numbers against figures that others published on real models' answers."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data of {DATA} are not here")

# Accuracy, calibration error of all, temperature of a random half, error of the other half before and after.
CLASSIFIERS = {
    "vgg16": (0.9359, 0.0398, 1.72, 0.037, 0.015),
    "lenet5": (0.5308, None, 1.41, 0.104, 0.020),
    "wideresnet16_4": (0.9109, None, 2.07, 0.051, 0.009),
}


@needs_data
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_temperature_scaling_of_image_classifiers(name):
    accuracy, ece, temperature, before, after = CLASSIFIERS[name]
    with np.load(DATA / "probabilities" / f"cifar10_{name}.npz", allow_pickle=False) as file:
        scores = Scores.from_probabilities(file["probs"], file["labels"].ravel())
    assert float(scores.accuracy()) == pytest.approx(accuracy, abs=5e-5)
    assert ece is None or float(scores.ece()) == pytest.approx(ece, abs=5e-5)
    fit, test = scores.split(0.5, seed=0)
    fitted = calibrators.create("temperature").fit(fit)
    # the published half is another random half: its figures move by about this much
    assert fitted.temperature == pytest.approx(temperature, abs=0.03)
    assert float(test.ece()) == pytest.approx(before, abs=0.006)
    assert float(fitted.transform(test).ece()) == pytest.approx(after, abs=0.006)


def answers(model, dataset, *, parsed_only):
    with gzip.open(DATA / "llm_confidences" / f"{model}.csv.gz", "rt", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == dataset]
    if parsed_only:
        rows = [row for row in rows if row["outcome"] != "unparseable"]
    # an answer that could not be parsed counts as wrong and of no confidence
    confidence = [0.0 if row["outcome"] == "unparseable" else float(row["confidence"]) for row in rows]
    return Scores(confidence, [row["outcome"] == "correct" for row in rows])


@needs_data
def test_the_calibration_error_of_mistral_on_hellaswag():
    scores = answers("Mistral", "hellaswag", parsed_only=True)
    assert float(scores.accuracy()) == pytest.approx(0.521, abs=5e-4)
    assert float(scores.ece()) == pytest.approx(0.443, abs=5e-4)


@needs_data
def test_the_published_aurocs_of_five_language_models():
    with (DATA / "llm_confidences" / "published_auroc.csv").open(newline="") as file:
        published = list(csv.DictReader(file))
    assert len(published) == 25
    for row in published:
        measured = answers(row["model"], row["dataset"], parsed_only=False).auroc()
        assert float(measured) == pytest.approx(float(row["auroc"]), abs=1e-12), row
