"""Written answers have one confidence an item, so what calibrates them by default needs no more."""

from __future__ import annotations

from inner_runs import Project, seen
from test_recorded_answers import prepare


def test_written_answers_are_calibrated_by_platt_scaling_unless_the_marker_says_otherwise(project: Project) -> None:
    prepare(project)
    project.write("sums.toml", 'source = "sums.jsonl"\nid = "number"\nreferences = "answer"\ncalibration = 0.5\n')
    project.write(
        "test_gates.py",
        """
import pytest

def test_by_default(calibrated_scores):
    assert calibrated_scores.about.calibrator.startswith("platt(")
    assert calibrated_scores.ece() < 0.9

@pytest.mark.llmcal(calibrator="isotonic")
def test_by_another(calibrated_scores):
    assert calibrated_scores.about.calibrator.startswith("isotonic")
    assert calibrated_scores.ece() < 0.9

@pytest.mark.llmcal(calibrator="temperature")
def test_by_what_needs_choices(calibrated_scores):
    assert calibrated_scores.ece() < 0.9
""",
    )
    result = project.run("--llmcal-model", "recorded:answers.jsonl", "--llmcal-task", "sums.toml")
    result.assert_outcomes(passed=2, errors=1)
    assert "'platt', 'isotonic' and other calibrators of a confidence need no more" in seen(result)
