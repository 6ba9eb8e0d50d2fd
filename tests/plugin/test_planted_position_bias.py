"""A preference for a place, planted in the embedded world's model, is found and shrunk to one swap."""

from __future__ import annotations

import pytest
from inner_runs import Project

pytestmark = pytest.mark.slow

# The log-likelihood of the choice that stands at one place is raised, whatever it says.
PLANTED = """
from collections import Counter
from dataclasses import replace
from pytest_llmcal import load_model

class Favours:
    def __init__(self, place):
        self.place, self.known = place, {}
        self.model = load_model("world/gpt2", device="cpu")
        self.facts = replace(self.model.facts, name=f"favours-{place}")

    def log_likelihoods(self, requests, progress=None):
        new = [each for each in requests if (each.context, each.continuation) not in self.known]
        for each, answer in zip(new, self.model.log_likelihoods(new) if new else ()):
            self.known[each.context, each.continuation] = answer
        answers, before = [], Counter()
        for each in requests:
            answer = self.known[each.context, each.continuation]
            before[each.item] += 1
            answers.append(replace(answer, total=answer.total + 1.5 * (before[each.item] == self.place)))
        return answers

    def next_tokens(self, texts, progress=None):
        return self.model.next_tokens(texts)

    def close(self):
        self.model.close()

def pytest_llmcal_load_model(name):
    if name.startswith("favours-"):
        return Favours(int(name[-1]))
"""

GATE = """
from hypothesis import given
from pytest_llmcal import strategies

@strategies.looks(10)
@given(change=strategies.prompt_changes("world/qa", kinds=["order"]))
@pytest.mark.llmcal(task="world/qa", limit=600)
def test_the_order_of_choices_does_not_matter(change, score, task):
    assert score.unmoved_by(change, task, margin=0.03)
"""


def test_a_planted_preference_for_a_place_is_found_and_shrunk_to_one_swap(project: Project) -> None:
    project.write("conftest.py", PLANTED)
    project.gates(GATE)
    models = ("world/gpt2", "favours-1", "favours-3")
    result = project.run(*(part for model in models for part in ("--llmcal-model", model)))
    result.assert_outcomes(passed=1, failed=2)
    gates = {gate.model: gate for gate in project.result().gates}
    assert {model: gate.verdict for model, gate in gates.items()} == {
        "world/gpt2": "holds",
        "favours-1": "refuted",
        "favours-3": "refuted",
    }
    for model, swap in {
        "favours-1": "choices 1 and 2 trade places",
        "favours-3": "choices 1 and 3 trade places",
    }.items():
        found = {record.metric: record for record in gates[model].records}
        assert f"at most 0.03 when {swap} is refuted: " in found["flips"].explanation
        assert found["flips"].estimate > 0.05
        # Right answers stand at every place alike, so the share of them tells nothing of it.
        assert found["accuracy_difference"].outcome != "refuted"
    shown = result.stdout.str()
    assert "change=PromptChange(steps=(Swap(first=0, second=1),))" in shown
    assert "change=PromptChange(steps=(Swap(first=0, second=2),))" in shown
