"""A model is gated together with the calibrator that it will be used with."""

from __future__ import annotations

import json
import shutil

import pytest
from inner_runs import Project, seen

IN_SAMPLE = ("-W", "ignore::pytest_llmcal.calibrators.InSampleWarning")
SAVE = """
def test_save(score, task, calibrator, model):
    calibrator("temperature").fit(score(task.calibration)).save(f"home of {model.facts.name}")
    assert score(task).accuracy() > 0.1
"""
GATE = """
pytestmark = pytest.mark.llmcal(task="coins")

def test_trust(scores):
    assert scores.ece().below(0.06)
"""


@pytest.fixture
def saved(project: Project) -> Project:
    """A project in which calibrators of two models lie."""
    project.gates(SAVE)
    project.run("--llmcal-model", "bold", "--llmcal-model", "fair", "--llmcal-task", "coins").assert_outcomes(passed=2)
    (project.folder / "events.txt").unlink()
    project.gates(GATE)
    return project


def said_to_be_of(project: Project, folder: str, model: str | None) -> None:
    """Copy a calibrator and write another model, or none, into it."""
    shutil.copytree(project.folder / "home of bold", project.folder / folder)
    path = project.folder / folder / "calibrator.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    del data["learnt"]["fitted_on_model"]
    data["learnt"] |= {} if model is None else {"fitted_on_model": model}
    path.write_text(json.dumps(data), encoding="utf-8")


def test_the_model_alone_is_refuted_and_together_they_hold(saved: Project) -> None:
    saved.run("--llmcal-model", "bold").assert_outcomes(failed=1)
    saved.run("--llmcal-model", "bold", "--llmcal-calibrator", "home of bold").assert_outcomes(passed=1)
    [record] = saved.gate("test_trust").records
    assert record.calibrator is not None
    assert record.calibrator.startswith("temperature(T=")
    assert record.before
    assert record.before_estimate is not None
    assert record.before_estimate > record.estimate
    assert saved.result().environment["calibrator"] == "home of bold"
    page = (saved.folder / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    assert "after temperature(T=" in page


def test_of_several_models_the_one_that_it_was_fitted_for_is_meant(saved: Project) -> None:
    saved.run("--llmcal-model", "bold", "--llmcal-model", "fair", "--llmcal-calibrator", "home of bold")
    calibrators = {gate.model: gate.records[0].calibrator for gate in saved.result().gates}
    assert str(calibrators["bold"]).startswith("temperature")
    assert calibrators["fair"] is None


def test_a_model_that_is_a_folder_is_known_by_its_place(saved: Project) -> None:
    model = saved.folder / "models" / "bold"
    model.mkdir(parents=True)
    said_to_be_of(saved, "home of folder", str(model))
    saved.run("--llmcal-model", "models/bold", "--llmcal-model", "fair", "--llmcal-calibrator", "home of folder")
    assert {gate.model for gate in saved.result().gates if gate.records[0].calibrator} == {"models/bold"}


def test_every_model_may_have_its_own(saved: Project) -> None:
    both = ("--llmcal-model", "bold", "--llmcal-model", "fair")
    each = ("--llmcal-calibrator", "home of bold", "--llmcal-calibrator", "fair=home of fair")
    saved.run(*both, *each).assert_outcomes(passed=2)
    assert len({gate.records[0].calibrator for gate in saved.result().gates}) == 2


def test_the_only_model_may_have_that_of_another_and_the_report_says_so(saved: Project) -> None:
    saved.run("--llmcal-model", "bold", "--llmcal-calibrator", "home of fair").assert_outcomes(failed=1)
    assert (
        "was fitted for fair (revision revision of fair) and is applied to bold" in saved.result().environment["notes"]
    )


def test_environment_and_ini_file_name_it_too(saved: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    saved.write("pytest.ini", "[pytest]\nllmcal_calibrator = home of bold\nllmcal_models = bold\n")
    saved.run().assert_outcomes(passed=1)
    monkeypatch.setenv("LLMCAL_CALIBRATOR", "nowhere")
    assert saved.run().ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["nowhere"], "nowhere/calibrator.json: no such file"),
        (["damaged"], "damaged/calibrator.json: not JSON"),
        (["=home of bold"], "expected DIR or MODEL=DIR, got '=home of bold'."),
        (["bold="], "expected DIR or MODEL=DIR, got 'bold='."),
        (["bald=home of bold"], "'bald' is none of the models gated here: 'bold', 'bolder'."),
        (
            ["home of fair"],
            "was fitted for 'fair', which is none of the models gated here: 'bold', 'bolder'; MODEL=DIR",
        ),
        (["nameless"], "does not say which model it was fitted for; write MODEL=DIR, MODEL one of 'bold', 'bolder'."),
        (["home of bold", "bold=home of fair"], "the model 'bold' is given two calibrators."),
        ([""], "expected at least one name and none of them empty, got ['']."),
    ],
)
def test_what_cannot_be_is_a_usage_error_before_any_model_is_loaded(
    saved: Project, given: list[str], said: str
) -> None:
    saved.write("damaged/calibrator.json", "{")
    said_to_be_of(saved, "nameless", None)
    flags = [part for entry in given for part in ("--llmcal-calibrator", entry)]
    result = saved.run("--llmcal-model", "bold", "--llmcal-model", "bolder", *flags)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --llmcal-calibrator: " in seen(result)
    assert said in seen(result)
    assert saved.events() == []


def test_a_gate_on_the_items_of_its_fit_fails(saved: Project) -> None:
    saved.gates("""
    pytestmark = pytest.mark.llmcal(task="coins")

    def test_trust(score, task):
        assert score(task.calibration).ece().below(0.9)
    """)
    result = saved.run(*IN_SAMPLE, "--llmcal-model", "bold", "--llmcal-calibrator", "home of bold")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*was fitted on these items, so this says nothing about new ones*"])


def test_calibrated_scores_are_not_calibrated_twice(saved: Project) -> None:
    saved.gates("""
    pytestmark = pytest.mark.llmcal(task="coins")

    def test_same(scores, calibrated_scores):
        assert calibrated_scores.about == scores.about
        assert calibrated_scores.before.before is None
        assert calibrated_scores.ece().below(0.06)
    """)
    saved.run("--llmcal-model", "bold", "--llmcal-calibrator", "home of bold").assert_outcomes(passed=1)


def test_until_judges_calibrated_scores(saved: Project) -> None:
    saved.gates("""
    pytestmark = pytest.mark.llmcal(task="coins")

    def test_until(score, task):
        assert score.until(task, verdict=lambda scores: scores.ece().below(0.1))
    """)
    saved.run("--llmcal-model", "bold", "--llmcal-calibrator", "home of bold").assert_outcomes(passed=1)
    assert str(saved.gate("test_until").records[-1].calibrator).startswith("temperature")


def test_a_calibrator_that_does_not_fit_the_scores_is_one_sentence(saved: Project) -> None:
    saved.write(
        "conftest.py",
        (saved.folder / "conftest.py").read_text(encoding="utf-8")
        + "import pytest\n"
        + "from pytest_llmcal.calibrators import CalibratorError\n"
        + "from pytest_llmcal.calibrators.temperature import Temperature\n"
        + "@pytest.fixture(autouse=True)\n"
        + "def broken(monkeypatch):\n"
        + "    def refuse(*_):\n"
        + "        raise CalibratorError('three choices are two too many')\n"
        + "    monkeypatch.setattr(Temperature, '_apply', refuse)\n",
    )
    result = saved.run("--llmcal-model", "bold", "--llmcal-calibrator", "home of bold")
    result.assert_outcomes(errors=1)
    assert "cannot be applied: three choices are two too many" in seen(result)


def test_the_baseline_is_that_of_the_calibrated_model(saved: Project) -> None:
    together = ("--llmcal-model", "bold", "--llmcal-calibrator", "home of bold")
    saved.run(*together, "--llmcal-json", "old.json").assert_outcomes(passed=1)
    saved.gates("""
    pytestmark = pytest.mark.llmcal(task="coins")

    def test_no_worse(scores, baseline):
        assert scores.ece() <= baseline("ece")
    """)
    saved.run(*together, "--llmcal-baseline", "old.json").assert_outcomes(passed=1)
    saved.run("--llmcal-model", "bold", "--llmcal-baseline", "old.json").assert_outcomes(errors=0, failed=1)


def test_the_marker_names_the_calibrator_of_calibrated_scores(project: Project) -> None:
    project.gates("""
    @pytest.mark.llmcal(task="coins", calibrator="temperature")
    def test_known(calibrated_scores):
        assert calibrated_scores.ece().below(0.06)

    @pytest.mark.llmcal(task="coins", calibrator="magic")
    def test_unknown(calibrated_scores):
        assert calibrated_scores.ece().below(0.06)
    """)
    result = project.run("--llmcal-model", "bold")
    result.assert_outcomes(passed=1, errors=1)
    assert "there is no calibrator 'magic'; known are " in seen(result)


@pytest.mark.parametrize("calibrator", ["''", "3"])
def test_a_marker_that_names_no_calibrator_is_refused(project: Project, calibrator: str) -> None:
    project.gates(f"""
    @pytest.mark.llmcal(calibrator={calibrator})
    def test_gate(scores):
        pass
    """)
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert f"the marker llmcal(calibrator=...) takes a calibrator's name, got {calibrator}" in seen(result)


def test_the_factory_takes_options_and_lists_what_it_knows(project: Project) -> None:
    project.gates("""
    from pytest_llmcal.calibrators import CalibratorError

    def test_factory(calibrator):
        assert calibrator("temperature").name == "temperature"
        with pytest.raises(CalibratorError, match="known are .*'temperature'"):
            calibrator("magic")
        with pytest.raises(CalibratorError, match="calibrator 'temperature': .*'spell'"):
            calibrator("temperature", spell=1)
    """)
    project.run("--llmcal-allow-empty").assert_outcomes(passed=1)
