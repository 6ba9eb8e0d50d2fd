"""A gate on items that a calibrator was fitted on fails, unless that is what was asked for."""

from __future__ import annotations

from inner_runs import Project

GATE = """
import numpy as np
from pytest_llmcal import Scores

def test_gate(model, calibrator):
    random = np.random.default_rng(0)
    logits = random.normal(0, 1, (2000, 3))
    labels = (logits + random.gumbel(0, 1, (2000, 3))).argmax(axis=1)
    scores = Scores.from_logits(logits, labels, ids=[str(i) for i in range(2000)])
    fitted = calibrator("temperature").fit(scores)
    assert fitted.transform(scores{how}).ece().below(0.2)
"""
IGNORE = ("-W", "ignore::pytest_llmcal.calibrators.InSampleWarning")


def test_a_gate_on_the_items_of_the_fit_fails_and_says_what_to_do(project: Project) -> None:
    project.gates(GATE.format(how=""))
    result = project.run(*IGNORE)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*was fitted on these items, so this says nothing about new ones: fit it on others*"])
    assert project.result().gates[0].outcome == "failed"
    assert project.result().gates[0].records[0].in_sample


def test_it_is_judged_as_any_other_where_that_was_asked_for(project: Project) -> None:
    project.gates(GATE.format(how=", in_sample=True"))
    project.run(*IGNORE).assert_outcomes(passed=1)
