"""The verdict of a calibration test as a gate: outcome, record and page."""

from __future__ import annotations

from inner_runs import Project, seen

GATES = """
def test_calibrated(scores):
    assert scores.is_calibrated(tolerance=0.1)
"""


def test_a_calibrated_model_passes_an_overconfident_one_fails_and_both_sentences_are_shown(project: Project) -> None:
    project.gates(GATES)
    result = project.run("--llmcal-model", "a", "--llmcal-model", "bold")
    result.assert_outcomes(passed=1, failed=1)
    gates = {gate.model: gate for gate in project.result().gates}
    assert {model: gate.verdict for model, gate in gates.items()} == {"a": "holds", "bold": "refuted"}
    page = (project.folder / "reports/latest/index.html").read_text(encoding="utf-8")
    for gate in gates.values():
        [record] = gate.records
        assert (record.metric, record.relation, record.limit) == ("ece", "is_calibrated", 0.1)
        assert "the Kuiper test gives p = " in record.explanation
        assert record.explanation in page
    assert "calibrated, at most 0.1" in page
    assert "The claim that the model is calibrated is refuted: the Kuiper test gives p = " in seen(result)


def test_too_few_items_leave_it_undecided(project: Project) -> None:
    project.gates(GATES)
    result = project.run("--llmcal-model", "a", "--llmcal-limit", "60")
    assert project.gate("test_calibrated").verdict == "undecided"
    assert "so an error above 0.1 is not excluded; about " in seen(result)


def test_as_one_of_many_gates_it_is_refuted_by_holm_too(project: Project) -> None:
    project.gates(GATES + "\n\ndef test_bins(scores):\n    assert scores.ece().below(0.5)\n")
    project.run("--llmcal-model", "bold", "--llmcal-correction", "holm")
    gate = project.gate("test_calibrated")
    assert gate.verdict == "refuted"
    assert "as one of 2 gates it is refuted at 98.12% too" in gate.records[0].explanation
