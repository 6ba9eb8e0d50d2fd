import json

import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.calibrators.temperature import Temperature


@pytest.fixture
def saved(tmp_path):
    fitted = Temperature().fit(Scores.from_logits([[4.0, 0.0]] * 4, [0, 0, 0, 1]))
    fitted.save(tmp_path / "deep" / "folder")
    return fitted, tmp_path / "deep" / "folder"


def rewritten(folder, **changes):
    path = folder / "calibrator.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_it_comes_back_as_it_was(saved):
    fitted, folder = saved
    for loaded in (Temperature.load(folder), calibrators.load(folder)):
        assert type(loaded) is Temperature
        assert loaded.temperature == fitted.temperature
        assert loaded.at_bound is False


def test_it_is_plain_json_with_a_schema_number(saved):
    data = json.loads((saved[1] / "calibrator.json").read_text())
    assert data == {
        "schema": 1,
        "calibrator": "temperature",
        "options": {},
        "learnt": {"temperature": saved[0].temperature, "at_bound": False},
    }


def test_a_folder_without_one_is_named(tmp_path):
    with pytest.raises(CalibratorError, match=r"calibrator\.json: no such file"):
        calibrators.load(tmp_path)


def test_another_schema_is_refused(saved):
    rewritten(saved[1], schema=2)
    with pytest.raises(CalibratorError, match="schema 2 is not supported, this version reads schema 1"):
        Temperature.load(saved[1])


def test_another_calibrator_is_refused(saved):
    rewritten(saved[1], calibrator="guesswork")
    with pytest.raises(CalibratorError, match="holds the calibrator 'guesswork', not 'temperature'"):
        Temperature.load(saved[1])
    with pytest.raises(CalibratorError, match="no calibrator 'guesswork'"):
        calibrators.load(saved[1])


@pytest.mark.parametrize(
    ("learnt", "match"),
    [
        (None, "has no 'learnt' values"),
        ({}, "'temperature' is missing"),
        ({"temperature": "1.5"}, "must be a finite number"),
        ({"temperature": True}, "must be a finite number"),
        ({"temperature": -1.0, "at_bound": False}, "must be a number above zero"),
    ],
)
def test_damaged_values_are_refused(saved, learnt, match):
    rewritten(saved[1], learnt=learnt)
    with pytest.raises(CalibratorError, match=match):
        Temperature.load(saved[1])


def test_options_that_it_does_not_have_are_refused(saved):
    rewritten(saved[1], options={"bins": 3})
    with pytest.raises(CalibratorError, match="not a temperature that was saved whole"):
        Temperature.load(saved[1])


def test_arrays_are_safetensors_and_a_damaged_or_missing_file_is_named(saved):
    arrays = saved[1] / "calibrator.safetensors"
    arrays.write_bytes(b"not safetensors")
    with pytest.raises(CalibratorError, match=r"calibrator\.safetensors: not a safetensors file"):
        calibrators.load(saved[1])
    arrays.unlink()
    with pytest.raises(CalibratorError, match=r"calibrator\.safetensors: no such file"):
        calibrators.load(saved[1])


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "\x80"])
def test_a_damaged_file_is_refused(saved, text):
    (saved[1] / "calibrator.json").write_text(text, encoding="latin-1")
    with pytest.raises(CalibratorError, match=r"not JSON|not a saved calibrator"):
        calibrators.load(saved[1])
