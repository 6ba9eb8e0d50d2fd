"""Recorded answers are gated by name, on a task whose answers are written, and the report shows them."""

from __future__ import annotations

import json
import math

from inner_runs import Project, seen

GATES = """
def test_it_can_be_trusted(scores):
    assert scores.ece().below(0.3)
    assert scores.accuracy() > 0.5
"""


def prepare(project: Project, number: int = 200) -> None:
    project.write("conftest.py", "")
    project.write("test_gates.py", GATES)
    data = [{"number": place, "question": f"{place} and 1?", "answer": place + 1} for place in range(number)]
    answers = [
        {"id": place, "text": f" {place + 1 + place % 4 // 3}", "token_log_probabilities": [math.log(0.75)]}
        for place in range(number)
    ]
    answers[0]["text"] = ""
    answers[1]["text"] = "I don't know"
    project.write("sums.jsonl", "\n".join(map(json.dumps, data)))
    project.write("answers.jsonl", "\n".join(map(json.dumps, answers)))
    project.write("sums.toml", 'source = "sums.jsonl"\nid = "number"\nreferences = "answer"\ncalibration = 0\n')


def test_a_run_on_recorded_answers_loads_no_model_and_writes_a_report(project: Project) -> None:
    prepare(project)
    result = project.run("--llmcal-model", "recorded:answers.jsonl", "--llmcal-task", "sums.toml")
    result.assert_outcomes(passed=1)
    [model] = project.result().models
    assert (model.name, model.dtype, model.device) == ("recorded:answers.jsonl", "as recorded", "no device")
    ece, accuracy = project.gate("test_it_can_be_trusted").attempts[-1].records
    assert (accuracy.n, accuracy.estimate) == (200, 148 / 200)
    assert (ece.model, ece.task) == ("recorded:answers.jsonl", "sums")
    page = (project.folder / "reports/latest/index.html").read_text(encoding="utf-8")
    assert "recorded:answers.jsonl" in page
    assert "refused" in page


def test_a_file_that_lacks_an_item_is_named_with_it(project: Project) -> None:
    prepare(project)
    project.write("answers.jsonl", '{"id": "0", "text": "1", "token_log_probabilities": [-0.1]}\n')
    result = project.run("--llmcal-model", "recorded:answers.jsonl", "--llmcal-task", "sums.toml")
    result.assert_outcomes(errors=1)
    assert "item '1':" in seen(result)
    assert "answers.jsonl has no row of this id and prompt" in seen(result)


def test_a_file_that_is_not_there_is_named(project: Project) -> None:
    prepare(project)
    result = project.run("--llmcal-model", "recorded:none.jsonl", "--llmcal-task", "sums.toml")
    result.assert_outcomes(errors=1)
    assert "The model 'recorded:none.jsonl' could not be loaded: none.jsonl: there is no such file" in seen(result)
