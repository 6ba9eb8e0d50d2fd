"""A calibrator knows by which method the confidence was that it learnt from, and refuses that by another."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.measurement import About


def scores(split: str, method: str | None, data: str | None = "d") -> Scores:
    about = About("m", "r", "t", split, data and f"{data} {split}", confidence_method=method)
    return Scores([0.9, 0.8, 0.6, 0.3] * 5, [1, 1, 0, 0] * 5, ids=[f"{split}-{n}" for n in range(20)], about=about)


@pytest.mark.parametrize(("learnt", "given"), [("margin", "entropy"), (None, "margin"), ("p_true", "p_true(shown=4)")])
def test_confidence_by_another_method_is_refused_by_name_after_saving_too(
    learnt: str | None, given: str, tmp_path: Path
) -> None:
    calibrators.create("platt").fit(scores("calibration", learnt)).save(tmp_path)
    by = learnt or "the answer's probability"
    with pytest.raises(CalibratorError) as caught:
        calibrators.load(tmp_path).transform(scores("test", given))
    assert f"fitted on confidence by {by}, and these scores have confidence by {given}" in str(caught.value)


@pytest.mark.parametrize(("learnt", "given", "data"), [("margin", "margin", "d"), (None, "margin", None)])
def test_that_by_the_same_and_that_of_no_known_origin_is_taken(
    learnt: str | None, given: str, data: str | None, tmp_path: Path
) -> None:
    calibrators.create("platt").fit(scores("calibration", learnt, data)).save(tmp_path)
    assert calibrators.load(tmp_path).transform(scores("test", given)).about.confidence_method == given
