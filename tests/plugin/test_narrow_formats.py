"""A narrow number format that was chosen on the CPU says in the run what it changed."""

from __future__ import annotations

import pytest
from inner_runs import Project, seen

NARROW = """
import os
from dataclasses import replace
from stand_ins import TableModel, note, pytest_llmcal_load_task
from pytest_llmcal.scoring.protocol import LogLikelihood

class Narrow(TableModel):
    def __init__(self, name):
        super().__init__(name)
        self.facts = replace(self.facts, dtype="bfloat16", device=os.environ["STAND_IN_DEVICE"])

    def in_float32(self):
        return TableModel(f"{self.facts.name} in float32")

    def log_likelihoods(self, requests, progress=None):
        answers = super().log_likelihoods(requests, progress)
        return [LogLikelihood(answer.total + 0.25 * (number == 0), 1) for number, answer in enumerate(answers)]

def pytest_llmcal_load_model(name):
    return Narrow(name)
"""

GATES = """
def test_one(scores):
    assert scores.accuracy() > 0.5

def test_two(score, task):
    assert score(task).accuracy() > 0.5
    assert score(task.calibration).accuracy() > 0.5
"""

SAID = (
    "{name} on world/qa ({split}): bfloat16 beside float32, on a sample: another answer is chosen in 0 of 64, "
    "and a log-likelihood differs by up to 0.25."
)


def narrow(project: Project, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setenv("STAND_IN_DEVICE", device)
    project.write("conftest.py", NARROW)
    project.gates(GATES)


def test_each_split_is_compared_once_and_terminal_and_run_say_what_was_found(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow(project, monkeypatch, "cpu")
    result = project.run("--llmcal-model", "a")
    result.assert_outcomes(passed=2)
    for split in ("test", "calibration"):
        sentence = SAID.format(name="a", split=split)
        assert seen(result).count(f"note: {sentence}") == 1
        assert sentence in project.result().environment["notes"]
    loads = [event for event in project.events() if event.startswith(("LOAD", "FREE"))]
    assert loads == ["LOAD a", *["LOAD a in float32", "FREE a in float32"] * 2, "FREE a"]


def test_where_items_are_scored_until_a_verdict_the_whole_split_is_compared_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow(project, monkeypatch, "cpu")
    project.gates(
        """
        def test_until(score, task):
            decision = score.until(task, verdict=lambda scores: scores.accuracy().above(0.65))
            assert decision
            assert 30 < decision.items < 1500
        """
    )
    result = project.run("--llmcal-model", "a")
    result.assert_outcomes(passed=1)
    assert seen(result).count("note: a on world/qa") == 1
    assert seen(result).count(f"note: {SAID.format(name='a', split='test')}") == 1
    assert project.events().count("LOAD a in float32") == 1


def test_a_part_of_a_split_is_compared_by_itself(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow(project, monkeypatch, "cpu")
    project.gates(
        """
        def test_parts(score, task):
            assert score(task.test[:30]).accuracy() > 0.5
            assert score(task).accuracy() > 0.5
        """
    )
    result = project.run("--llmcal-model", "a")
    result.assert_outcomes(passed=1)
    assert all(f"chosen in 0 of {number}," in seen(result) for number in (30, 64))


def test_on_cuda_where_it_is_the_default_nothing_is_compared(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow(project, monkeypatch, "cuda:0")
    result = project.run("--llmcal-model", "a")
    result.assert_outcomes(passed=2)
    assert "float32" not in seen(result)
    assert "LOAD a in float32" not in project.events()


@pytest.mark.slow
def test_the_embedded_model_in_bfloat16_is_compared_too(project: Project) -> None:
    project.write("conftest.py", "")
    project.gates(
        "@pytest.mark.llmcal(task='world/qa', limit=100)\ndef test_gate(scores):\n    assert scores.ece() < 1\n"
    )
    result = project.run_apart("--llmcal-device", "cpu", "--llmcal-dtype", "bfloat16")
    result.assert_outcomes(passed=1)
    result.stdout.re_match_lines(
        [r"note: world/gpt2 on world/qa \(test\): bfloat16 beside float32, on a sample: .* in \d of 64, .*"]
    )
