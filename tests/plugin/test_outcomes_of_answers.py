"""What is not an answer like any other, and what has no confidence, is told wherever a gate is."""

from __future__ import annotations

from inner_runs import Project, seen

GATES = """
import numpy as np
from pytest_llmcal import Scores
from pytest_llmcal.measurement import About

def written(missing, model):
    n = 400
    return Scores(
        np.full(n, 0.8), np.where(np.arange(n) % 10 < 9, 0.85, 0.35), ids=[str(i) for i in range(n)],
        outcomes=["refused"] * 3 + ["truncated"] * 5 + ["answered"] * (n - 8),
        left_out={f"lost-{i}": "unparseable" for i in range(missing)}, about=About(model="fair", task="stories"),
    )

def test_few(model):
    assert written(8, model).ece().below(0.1)

def test_many(model):
    assert written(100, model).ece().below(0.1)
"""


def test_kinds_of_answers_and_items_left_out_stand_in_the_terminal_the_run_and_the_page(project: Project) -> None:
    project.gates(GATES)
    result = project.run("--llmcal-model", "fair")
    result.assert_outcomes(passed=1, failed=1)
    text = seen(result)
    many = "100 of 500 items are left out: unparseable 100"
    assert f"fair, Answers to stories: 3 refused, 5 truncated; {many}" in text
    assert "fair, Answers to stories: 3 refused, 5 truncated; 8 of 408 items are left out: unparseable 8" in text
    assert f"  left out    {many}" in text
    assert f"{many}, and where more than 10% are, no claim holds" in text
    assert "  what next   have the model say a confidence that can be read" in text
    run = project.result()
    assert sorted(subject.portrait.left_out[0].items for subject in run.subjects) == [8, 100]
    assert {subject.portrait.is_graded for subject in run.subjects} == {True}
    assert sorted(record.left_out[0].items for gate in run.gates for record in gate.records) == [8, 100]
    page = (project.folder / "reports/latest/index.html").read_text(encoding="utf-8")
    for said in (
        "<dt>refused</dt><dd><bdi>3 items, 85.0% right</bdi>: counts as wrong, with the confidence that it was given",
        "<dt>truncated</dt><dd><bdi>5 items, 85.0% right</bdi>: judged as far as it goes",
        f"<dt>left out</dt><dd><bdi>{many}</bdi>: An item without a confidence",
        "<dt>graded</dt><dd>An answer may be partly right",
        "8 of 408 items are left out: unparseable 8",
    ):
        assert said in page


def test_graded_answers_that_are_half_right_stand_among_the_right_ones(project: Project) -> None:
    project.gates("""
from dataclasses import replace
import numpy as np
from pytest_llmcal import Scores

def test_grades(score, task):
    whole = score(task.test)
    grades = np.where(whole.correct, 0.9, 0.3)
    kinds = np.where(whole.correct, "answered", "refused").tolist()
    scores = Scores(whole.confidence, grades, ids=whole.ids, outcomes=kinds, about=whole.about)
    assert scores.accuracy().above(0.1)
""")
    project.run("--llmcal-model", "bold").assert_outcomes(passed=1)
    [subject] = project.result().subjects
    told = {(example.correct, example.correctness, example.outcome) for example in subject.examples}
    assert told == {(False, 0.3, "refused"), (True, 0.9, None)}
    page = (project.folder / "reports/latest/index.html").read_text(encoding="utf-8")
    assert '<span class="note">30.0% right</span> <span class="note">refused</span>' in page
