"""What cannot be judged is said in one sentence, without the frames of the judging."""

from __future__ import annotations

from inner_runs import Project, seen
from test_recorded_answers import prepare


def test_a_correctness_that_fails_is_an_error_of_one_sentence(project: Project) -> None:
    prepare(project)
    project.write(
        "sums.toml",
        'source = "sums.jsonl"\nid = "number"\nreferences = "answer"\ncalibration = 0\n'
        'correctness = "checks_of_none:absent"\n',
    )
    result = project.run("--llmcal-model", "recorded:answers.jsonl", "--llmcal-task", "sums.toml")
    result.assert_outcomes(errors=1)
    text = seen(result)
    assert "checks_of_none" in text
    assert "pytest_llmcal/scoring" not in text
    assert "pytest_llmcal/tasks" not in text
