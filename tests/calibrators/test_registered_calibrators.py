"""A package's own calibrator is made, saved and loaded by its name like ours."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import CalibratorError, registry

SHIFT = """
import numpy as np
from pytest_llmcal.calibrators import Calibrator

class Shift(Calibrator):
    name = "shift"
    options = ("least",)

    def __init__(self, least=0.0):
        self.least = least
        self.by = 0.0

    def _learn(self, scores):
        self.by = float(scores.confidence.mean() - scores.correct.mean())

    def _apply(self, scores):
        return scores.recalibrated_confidence(np.clip(scores.confidence - self.by, self.least, 1.0), self.label)

    def _learnt(self):
        return {"by": self.by}

    def _restore(self, learnt):
        self.by = learnt["by"]

    def _summary(self):
        return {"by": self.by}

nothing = 3
"""


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "package_of_a_user.py").write_text(SHIFT, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def registered(*values: str) -> None:
        entries = [EntryPoint("shift", f"package_of_a_user:{value}", registry.GROUP) for value in values]
        monkeypatch.setattr(registry, "entry_points", lambda group: entries if group == registry.GROUP else [])

    return registered


def test_it_is_known_by_its_name_and_comes_back_as_it_was(register, tmp_path: Path) -> None:
    register("Shift")
    assert "shift" in calibrators.names()
    answers = Scores(np.full(40, 0.9), np.arange(40) % 4 > 0, ids=[f"fit-{row}" for row in range(40)])
    fitted = calibrators.create("shift", least=0.5).fit(answers)
    assert repr(fitted) == "Shift(by=0.15)"
    fitted.save(tmp_path / "saved")
    loaded = calibrators.load(tmp_path / "saved")
    new = Scores([0.9, 0.6], [1, 0], ids=["a", "b"])
    assert loaded.transform(new).confidence.tolist() == pytest.approx([0.75, 0.5])


def test_what_is_no_calibrator_is_refused_with_its_place(register) -> None:
    register("nothing")
    with pytest.raises(CalibratorError, match=r"package_of_a_user:nothing is no subclass of pytest_llmcal"):
        calibrators.create("shift")


def test_two_of_one_name_are_named(register) -> None:
    register("Shift", "Other")
    with pytest.raises(
        CalibratorError, match="package_of_a_user:Other and package_of_a_user:Shift are both registered"
    ):
        calibrators.create("shift")
