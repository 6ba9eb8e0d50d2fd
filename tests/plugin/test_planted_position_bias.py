"""A preference for the option listed first, planted in the embedded world's model, is found and shrunk to one swap."""

from __future__ import annotations

import pytest
from inner_runs import Project

pytestmark = pytest.mark.slow

# The world's questions with lettered options, and its model, which knows the answers and reads no options: it weighs
# what stands behind each letter. "favours-N" also likes the letter whose option the prompt lists at the N-th place.
PLANTED = """
import json, tempfile
from dataclasses import replace
from pathlib import Path
from pytest_llmcal import load_model, load_task

WORLD = load_task("world/qa", limit=600).test

def lettered():
    rows = (
        {"id": item.id, "question": item.prompt, "choices": [choice.strip() for choice in item.choices],
         "answer": item.answer}
        for item in WORLD
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lettered.jsonl")
        path.write_text("\\n".join(map(json.dumps, rows)))
        return load_task(path, style="letters", id="id", calibration=0, shuffle_choices=False)

LETTERED = lettered()

class ReadsLetters:
    def __init__(self, name, favoured=0):
        self.favoured = favoured
        self.model = load_model("world/gpt2", device="cpu")
        self.facts = replace(self.model.facts, name=name)

    def log_likelihoods(self, requests, progress=None):
        listed = [request.context.removeprefix("Question: ").split("\\n")[:-1] for request in requests]
        options = [dict(line.split(". ", 1) for line in lines) for _, *lines in listed]
        asked = [
            replace(request, context=question, continuation=" " + there[request.continuation.strip()])
            for request, (question, *_), there in zip(requests, listed, options)
        ]
        likes = [
            1.5 * (dict(enumerate(there, 1)).get(self.favoured) == request.continuation.strip())
            for request, there in zip(requests, options)
        ]
        answers = self.model.log_likelihoods(asked)
        return [replace(answer, total=answer.total + more) for answer, more in zip(answers, likes)]

    def next_tokens(self, texts, progress=None):
        return self.model.next_tokens(texts)

    def close(self):
        self.model.close()

def pytest_llmcal_load_model(name):
    return ReadsLetters(name, int(name[-1]) if name.startswith("favours-") else 0)

def pytest_llmcal_load_task(name):
    return LETTERED
"""

GATE = """
from conftest import LETTERED
from hypothesis import given
from pytest_llmcal import strategies

@strategies.looks(10)
@given(change=strategies.prompt_changes(LETTERED, kinds=["order"]))
@pytest.mark.llmcal(task="lettered")
def test_the_order_of_choices_does_not_matter(change, score, task):
    assert score.unmoved_by(change, task, margin=0.03)
"""


def test_a_planted_preference_for_a_listed_place_is_found_and_shrunk_to_one_swap(project: Project) -> None:
    project.write("conftest.py", PLANTED)
    project.gates(GATE)
    models = ("fair", "favours-1", "favours-3")
    result = project.run(*(part for model in models for part in ("--llmcal-model", model)))
    result.assert_outcomes(passed=1, failed=2)
    gates = {gate.model: gate for gate in project.result().gates}
    assert {model: gate.verdict for model, gate in gates.items()} == {
        "fair": "holds",
        "favours-1": "refuted",
        "favours-3": "refuted",
    }
    for model, swap in {
        "favours-1": "choices 1 and 2 trade places",
        "favours-3": "choices 1 and 3 trade places",
    }.items():
        found = {record.metric: record for record in gates[model].records}
        assert f"at most 0.03 when {swap} is refuted: " in found["flips"].explanation
        assert "no prompt shows" not in found["flips"].explanation
        assert found["flips"].estimate > 0.05
        # Right answers stand at every place alike, so the share of them tells nothing of it.
        assert found["accuracy_difference"].outcome != "refuted"
    shown = result.stdout.str()
    assert "change=PromptChange(steps=(Swap(first=0, second=1),))" in shown
    assert "change=PromptChange(steps=(Swap(first=0, second=2),))" in shown
