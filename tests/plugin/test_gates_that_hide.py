"""A gate is never green where too many items have no confidence, however it asks."""

from __future__ import annotations

import pytest
from inner_runs import Project, seen

GATES = """
import numpy as np
from pytest_llmcal import Scores

def written(missing, n=400):
    return Scores(np.full(n, 0.9), np.arange(n) % 10 < 9, left_out={f"lost-{i}": "unparseable" for i in range(missing)})

def test_a_verdict(model):
    assert written(100).ece().below(0.2)

def test_a_verdict_that_the_items_leave_open(model):
    assert written(100).ece().below(0.01)

def test_a_plain_comparison(model):
    assert written(100).ece() < 0.3

def test_a_plain_comparison_the_other_way_round(model):
    assert not written(100).ece() > 0.3

def test_few_are_left_out(model):
    assert written(40).ece() < 0.3
    assert written(40).ece().below(0.01)

def test_the_share_itself(model):
    assert written(100).unanswered() < 0.3
    assert written(100).unanswered().below(0.3)
"""


@pytest.mark.parametrize("counts_as", ["pass", "skip"])
def test_no_option_and_no_comparison_lets_a_hiding_model_pass(project: Project, counts_as: str) -> None:
    project.gates(GATES)
    result = project.run("--llmcal-model", "fair", "--llmcal-undecided", counts_as)
    result.assert_outcomes(failed=4, **({"passed": 2} if counts_as == "pass" else {"passed": 1, "skipped": 1}))
    text = seen(result)
    assert "100 of 500 items are left out: unparseable 100. But where more than 10% are, no claim holds" in text
    assert "test_a_plain_comparison[fair] - too many items left out" in text
    assert "--llmcal-undecided lets no such verdict pass" in text
