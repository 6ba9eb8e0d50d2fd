"""A calibrator knows whose answers it was fitted on, and says what a server needs of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import Calibrator, CalibratorError
from pytest_llmcal.measurement import About
from pytest_llmcal.scores.logit_map import LogitMap

ABOUT = About("world/gpt2", "3f9c", "world/qa", "calibration", "9b1c")


def fitted(about: About | None = ABOUT) -> Calibrator:
    scores = Scores.from_logits([[4.0, 0.0]] * 4, [0, 0, 0, 1], about=about)
    return calibrators.create("temperature").fit(scores)


def test_model_and_data_come_back_from_the_folder(tmp_path: Path) -> None:
    fitted().save(tmp_path)
    assert calibrators.load(tmp_path).fitted_on == ABOUT


def test_before_the_fit_there_is_nothing_to_say() -> None:
    unfitted = calibrators.create("temperature")
    assert unfitted.fitted_on is None
    assert unfitted.logit_map() is None


def test_one_saved_before_this_was_written_down_is_read(tmp_path: Path) -> None:
    fitted(None).save(tmp_path)
    assert not any("fitted_on" in key for key in json.loads((tmp_path / "calibrator.json").read_text())["learnt"])
    assert calibrators.load(tmp_path).fitted_on == About()


def test_a_model_that_is_no_text_is_refused(tmp_path: Path) -> None:
    fitted().save(tmp_path)
    path = tmp_path / "calibrator.json"
    data = json.loads(path.read_text())
    data["learnt"]["fitted_on_model"] = 3
    path.write_text(json.dumps(data))
    with pytest.raises(CalibratorError, match="fitted_on_model is 3; it must be a text"):
        calibrators.load(tmp_path)


def test_a_temperature_is_said_to_servers_as_it_is() -> None:
    calibrator = fitted()
    assert calibrator.logit_map() == LogitMap(temperature=calibrator.summary()["T"])


def test_a_calibrator_says_nothing_to_servers_unless_it_knows_how() -> None:
    assert Calibrator.logit_map(fitted()) is None
